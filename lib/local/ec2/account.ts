/**
 * What the EC2 stand-in knows: launch templates, subnets and instances, as plain records, and lookups that fail with
 * EC2's own errors. It starts and ends nothing.
 */
import { randomBytes } from 'node:crypto';
import { AwsError } from '../aws/service.ts';
import type { Members } from './xml.ts';

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
export type Lifecycle = 'spot' | 'on-demand';

/** Launch template data in the spelling of CloudFormation and the API; typed only as far as the stand-in uses it. */
export interface LaunchTemplateData {
  readonly ImageId?: string;
  readonly InstanceType?: string;
  /** Base64. */
  readonly UserData?: string;
  readonly SecurityGroupIds?: readonly string[];
  readonly IamInstanceProfile?: { readonly Arn?: string; readonly Name?: string };
  readonly NetworkInterfaces?: readonly { readonly Groups?: readonly string[]; readonly SubnetId?: string }[];
  readonly InstanceInitiatedShutdownBehavior?: 'stop' | 'terminate';
  readonly CreditSpecification?: { readonly CpuCredits?: string };
  readonly MetadataOptions?: {
    readonly HttpTokens?: 'optional' | 'required';
    readonly HttpEndpoint?: 'enabled' | 'disabled';
    readonly InstanceMetadataTags?: 'enabled' | 'disabled';
    readonly HttpPutResponseHopLimit?: number;
  };
  readonly BlockDeviceMappings?: readonly {
    readonly Ebs?: { readonly KmsKeyId?: string; readonly Encrypted?: boolean };
  }[];
  readonly TagSpecifications?: readonly {
    readonly ResourceType: string;
    readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  }[];
  readonly [other: string]: unknown;
}

export interface LaunchTemplate {
  readonly launchTemplateId: string;
  readonly launchTemplateName: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Oldest first; a version's number is its position, counted from 1. */
  readonly versions: LaunchTemplateData[];
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
}

export interface GatewayEndpoint {
  readonly id: string;
  /** `com.amazonaws.us-east-1.s3`. */
  readonly service: string;
  readonly routeTableIds: readonly string[];
}

export interface Instance {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly fleetId: string;
  readonly clientToken: string;
  readonly instanceType: string;
  readonly lifecycle: Lifecycle;
  readonly subnet: Subnet;
  readonly imageId: string;
  readonly privateIp: string;
  readonly template: { readonly id: string; readonly version: number; readonly data: LaunchTemplateData };
  readonly tags: Map<string, string>;
  /** Of its only disk. */
  readonly volumeTags: ReadonlyMap<string, string>;
  readonly interfaceTags: ReadonlyMap<string, string>;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  /** When EC2 announced that it takes the machine back, epoch milliseconds; absent: not yet. */
  takenBackAt?: number;
  state: InstanceState;
  /** Why it last changed its state, in EC2's words. */
  stateReason?: { readonly code: string; readonly message: string };
  terminatedAt?: number;
  /** When AWS begins and ends to charge for it. */
  runningAt?: number;
  shuttingDownAt?: number;
  /** The end of the machine's output. */
  console: string;
}

export interface Ec2Account {
  readonly region: string;
  readonly accountId: string;
  readonly templates: Map<string, LaunchTemplate>;
  readonly subnets: Map<string, Subnet>;
  /** Subnet → its route table. */
  readonly routeTables: Map<string, string>;
  readonly gatewayEndpoints: GatewayEndpoint[];
  /** The name of its role, by the profile's ARN. */
  readonly instanceProfiles: Map<string, string>;
  readonly instances: Map<string, Instance>;
  /** Systems Manager parameters of this account: the data type by the parameter's name. */
  readonly parameters: Map<string, string>;
  /** CreateFleet's answers, by fleet. */
  readonly fleets: Map<string, { readonly createdAt: number; readonly answer: Members }>;
}

export const newId = (prefix: string) => `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;

export const isLive = (instance: Instance) => instance.state === 'pending' || instance.state === 'running';

/** EC2 shows a new machine late, and forgets an ended one. */
export function isVisible(
  instance: Instance,
  { now, lagMilliseconds, terminatedVisibleMilliseconds }: Visibility,
): boolean {
  const isForgotten = now - (instance.terminatedAt ?? now) > terminatedVisibleMilliseconds;
  return now - instance.launchedAt >= lagMilliseconds && !isForgotten;
}

/** As EC2 describes it: for a while after its end as it was before. */
export function asDescribed(
  instance: Instance,
  { now, endLagMilliseconds }: { readonly now: number; readonly endLagMilliseconds: number },
): Instance {
  const isLate = now - (instance.shuttingDownAt ?? 0) < endLagMilliseconds;
  if (!isLate) return instance;
  const { stateReason: _, ...before } = instance;
  return { ...before, state: 'running' };
}

interface Visibility {
  readonly now: number;
  readonly lagMilliseconds: number;
  readonly terminatedVisibleMilliseconds: number;
}

/** Whatever the parameter's name: it stands for some image. */
export const imageOf = (given: string | undefined): string =>
  given?.startsWith('ami-') ? given : 'ami-0f00000000000000f';

export function securityGroupsOf(data: LaunchTemplateData): readonly string[] {
  return data.SecurityGroupIds ?? data.NetworkInterfaces?.[0]?.Groups ?? [];
}

/** The endpoint through which a subnet reaches S3; undefined: it uses the internet. */
export function s3EndpointOf(account: Ec2Account, subnetId: string): GatewayEndpoint | undefined {
  const routeTable = account.routeTables.get(subnetId);
  return account.gatewayEndpoints.find(
    ({ service, routeTableIds }) =>
      service.endsWith('.s3') && routeTable !== undefined && routeTableIds.includes(routeTable),
  );
}

export interface TemplateReference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** @throws AwsError as EC2 does: no such template, no such version */
export function findTemplate(account: Ec2Account, reference: TemplateReference) {
  const template = [...account.templates.values()].find(
    (candidate) =>
      candidate.launchTemplateId === reference.id || candidate.launchTemplateName === reference.name,
  );
  if (!template) {
    const [kind, given] = reference.id ? ['Id', reference.id] : ['Name', reference.name];
    throw new AwsError(
      `InvalidLaunchTemplate${kind}.NotFoundException`,
      `The specified launch template, with template ${kind?.toLowerCase()} ${given}, does not exist.`,
    );
  }
  const asked = reference.version ?? '$Default';
  const version = asked === '$Latest' ? template.versions.length : asked === '$Default' ? 1 : Number(asked);
  const data = template.versions[version - 1];
  if (!data) {
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${asked} for the launch template with ID ` +
        `${template.launchTemplateId}.`,
    );
  }
  return { template, version, data };
}

/** All of them, or none. @throws AwsError that lists the missing ids */
export function findInstances(account: Ec2Account, instanceIds: readonly string[]): Instance[] {
  const unknown = instanceIds.filter((id) => !account.instances.has(id));
  if (unknown.length > 0) {
    const [noun, verb] = unknown.length === 1 ? ['ID', 'does'] : ['IDs', 'do'];
    throw new AwsError(
      'InvalidInstanceID.NotFound',
      `The instance ${noun} '${unknown.join(', ')}' ${verb} not exist`,
    );
  }
  return [...new Set(instanceIds)].map((id) => account.instances.get(id) as Instance);
}
