/**
 * Where resources are created: the laptop's services, each reduced to the few calls that a template needs. The loader
 * knows only this interface, so a test can pass fakes, and the laptop the real stand-ins.
 */
import type { KeyRegistry } from '../aws/keys.ts';
import type { SwitchableMapping } from '../aws/lambda.ts';
import type { PolicyDocument } from '../aws/service.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import type { QueueSource } from '../lambda/event-source.ts';
import type { FunctionCredentials } from '../lambda/function-definition.ts';
import type { FunctionHost } from '../lambda/function-host.ts';
import type { UrlRequest } from '../lambda/url-event.ts';
import type { PolicyRegistry } from './policy-registry.ts';

export interface Cloud {
  readonly region: string;
  readonly accountId: string;
  readonly availabilityZones: readonly string[];
  readonly policies: PolicyRegistry;
  /** The account's managed policies, by ARN. */
  readonly managedPolicies: Readonly<Record<string, PolicyDocument>>;
  /** Which of the account's keys encrypt what. */
  readonly keys: KeyRegistry;
  readonly functions: FunctionHost;
  readonly events: EventBus;
  readonly queues: QueueSource & {
    /** `attributes` as SQS names them, with texts as values. */
    create(queue: { name: string; attributes: Readonly<Record<string, string>> }): Promise<{ url: string }>;
    setPolicy(queueUrl: string, policy: PolicyDocument): void;
    /** How long a received message is hidden. */
    visibilitySeconds(queueArn: string): number;
    /** Sends as EventBridge, for one of its rules. */
    sendFromRule(queueArn: string, message: { body: string; ruleArn: string }): Promise<void>;
  };
  readonly tables: {
    /** `input` is that of CreateTable. */
    create(input: Readonly<Record<string, unknown>>, timeToLiveAttribute: string | undefined): Promise<void>;
    /** The table's own policy. */
    setPolicy(name: string, policy: PolicyDocument): void;
  };
  readonly secrets: {
    create(secret: {
      name: string;
      value?: string;
      generate?: Readonly<Record<string, unknown>>;
      tags?: Readonly<Record<string, string>>;
    }): Promise<{ arn: string }>;
  };
  createLogGroup(name: string): void;
  /** A queue that a function reads; an operator may disable that. */
  addEventSourceMapping(mapping: SwitchableMapping): void;
  readonly buckets: {
    create(bucket: { name: string; blocksPublicPolicies: boolean }): void;
    setPolicy(bucket: string, policy: PolicyDocument): void;
  };
  readonly machines: {
    associateRouteTable(subnetId: string, routeTableId: string): void;
    /** `service` as AWS names it: `com.amazonaws.us-east-1.s3`. */
    addGatewayEndpoint(endpoint: { id: string; service: string; routeTableIds: readonly string[] }): void;
    /** Systems Manager parameters; templates look images up in them. */
    addParameter(parameter: { name: string; dataType: string }): void;
    /** Returns its ARN. */
    addInstanceProfile(profile: { name: string; role: string }): string;
    addSubnet(subnet: { id: string; vpcId: string; availabilityZone: string }): void;
    /** `data` is RequestLaunchTemplateData in EC2's own shape. */
    addLaunchTemplate(template: {
      id: string;
      name: string;
      data: Readonly<Record<string, unknown>>;
      /** Of the template itself. */
      tags: ReadonlyMap<string, string>;
    }): void;
  };
  /** Keys with which a function calls the endpoint, under its role's policies. */
  addPrincipal(principal: {
    name: string;
    arn: string;
    policies: readonly PolicyDocument[];
    boundary?: PolicyDocument | undefined;
    isTemporary?: boolean;
  }): FunctionCredentials;
  readonly urls: {
    /** 0: any free one. */
    portFor(functionName: string): number;
    tap(functionName: string, request: UrlRequest): Promise<void>;
  };
  /** Something that a resource started failed, and nobody waits for its answer. */
  onFault(where: string, error: unknown): void;
  /** To be closed with the laptop, in reverse order. */
  onClose(close: () => Promise<void>): void;
}
