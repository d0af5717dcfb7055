/** The running services, as the template loader needs them. It adapts and decides nothing. */
import type { PolicyDocument } from './aws/service.ts';
import { EventBus } from './lambda/event-bus.ts';
import { FunctionHost } from './lambda/function-host.ts';
import type { UrlRequest } from './lambda/url-event.ts';
import type { Emit } from './laptop-event.ts';
import { laptopAccountId, type Services } from './laptop-services.ts';
import type { Cloud } from './template/cloud.ts';
import { PolicyRegistry } from './template/policy-registry.ts';

export interface CloudOptions {
  readonly region: string;
  readonly services: Services;
  readonly emit: Emit;
  /** Containers of one function, at most. */
  readonly concurrency?: number;
  readonly idleMilliseconds?: number;
  readonly accountConcurrency?: number;
  readonly managedPolicies?: Readonly<Record<string, PolicyDocument>>;
  readonly firesByClock?: boolean;
  portFor(functionName: string): number;
  tap(functionName: string, request: UrlRequest): Promise<void>;
}

export interface LaptopCloud {
  readonly cloud: Cloud;
  readonly functions: FunctionHost;
  readonly events: EventBus;
  /** Ends event sources, URLs, schedules and containers; the services stay. */
  close(): Promise<void>;
}

export function createLaptopCloud(options: CloudOptions): LaptopCloud {
  const { region, services, emit } = options;
  const { endpoint, queues, logs, ec2 } = services;
  const closers: (() => Promise<void>)[] = [];
  const onFault = (where: string, error: unknown) => emit('fault', `${where}: ${String(error)}`);
  const functions = new FunctionHost({
    region,
    endpointUrl: endpoint.url,
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    ...(options.idleMilliseconds === undefined ? {} : { idleMilliseconds: options.idleMilliseconds }),
    ...(options.accountConcurrency === undefined ? {} : { accountConcurrency: options.accountConcurrency }),
    onLine({ functionName, logGroup, logStream, text, stream }) {
      logs.append(logGroup, logStream, text);
      emit('log', text, { functionName, stream });
    },
  });
  services.lambda.runFunctionsBy(functions);
  const events = new EventBus({
    region,
    accountId: laptopAccountId,
    ...(options.firesByClock === undefined ? {} : { firesByClock: options.firesByClock }),
    onFault: (error, rule) => onFault(`rule ${rule}`, error),
  });
  const cloud: Cloud = {
    region,
    accountId: laptopAccountId,
    availabilityZones: [...'abcdef'].map((letter) => region + letter),
    policies: new PolicyRegistry(endpoint.iam),
    managedPolicies: options.managedPolicies ?? {},
    keys: endpoint.keys,
    functions,
    events,
    queues: {
      create: async (queue) => queues.createQueue(queue),
      setPolicy: (url, policy) => queues.setPolicy(url, JSON.stringify(policy)),
      visibilitySeconds: (arn) => queues.visibilitySeconds(arn),
      receive: (arn, receiving) => queues.receive(arn, receiving),
      delete: async (arn, receiptHandles) => queues.delete(arn, receiptHandles),
      async sendFromRule(queue, { body, ruleArn }) {
        queues.sendAsService({ queue, principalService: 'events.amazonaws.com', sourceArn: ruleArn, body });
      },
    },
    ...resourceMakers(services),
    createLogGroup: (name) => logs.createGroup(name),
    addEventSourceMapping: (mapping) => services.lambda.addMapping(mapping),
    addPrincipal: (principal) => endpoint.addPrincipal(principal),
    urls: { portFor: options.portFor, tap: options.tap },
    onFault,
    onClose: (close) => closers.unshift(close),
  };
  const stopListening = ec2.onStateChange((detail) => {
    const event = { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail };
    void events.putEvent(event);
  });
  const stopHearingWarnings = ec2.onSpotWarning((detail) => {
    const event = { source: 'aws.ec2', 'detail-type': 'EC2 Spot Instance Interruption Warning', detail };
    void events.putEvent(event);
  });
  const close = async () => {
    stopListening();
    stopHearingWarnings();
    events.close();
    await Promise.all([functions.close(), ...closers.map((closer) => closer())]);
  };
  return { cloud, functions, events, close };
}

function resourceMakers({
  dynamodb,
  secrets,
  s3,
  ec2,
}: Services): Pick<Cloud, 'tables' | 'secrets' | 'buckets' | 'machines'> {
  return {
    tables: {
      create: (input, timeToLiveAttribute) =>
        dynamodb.createTable(
          input as { TableName: string },
          timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute },
        ),
      setPolicy: dynamodb.setPolicy,
    },
    secrets: {
      create: async ({ name, value, generate, tags = {} }) =>
        secrets.create({
          name,
          ...(value === undefined ? {} : { secretString: value }),
          ...(generate ? { generate } : {}),
          tags,
        }),
    },
    buckets: {
      create: (bucket) => s3.createBucket(bucket),
      setPolicy: (bucket, policy) => s3.setPolicy(bucket, policy),
    },
    machines: {
      associateRouteTable: (subnetId, routeTableId) => ec2.associateRouteTable(subnetId, routeTableId),
      addGatewayEndpoint: (endpoint) => ec2.addGatewayEndpoint(endpoint),
      addSubnet: ({ id, ...subnet }) => ec2.defineSubnet({ subnetId: id, ...subnet }),
      addParameter: (parameter) => ec2.defineParameter(parameter),
      addInstanceProfile: (profile) => ec2.defineInstanceProfile(profile),
      addLaunchTemplate: (template) => ec2.defineLaunchTemplate(template),
    },
  };
}
