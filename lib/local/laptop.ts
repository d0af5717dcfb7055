/**
 * The whole platform on one machine, from the synthesized template: what `npm start`, the demo, the benchmark and the
 * end-to-end tests run. It needs no account and no network, and once closed leaves no process, port or folder behind.
 */
import defaultConfig from '../../mayfly.config.ts';
import type { MayflyConfig } from '../config/config.ts';
import { ownImageParameters } from '../config/image-parameters.ts';
import type { FunctionName } from '../contract/functions.ts';
import type { AppSecret } from '../contract/secrets.ts';
import { tables } from '../contract/tables.ts';
import type { DynamoService } from './aws/dynamodb.ts';
import type { AwsEndpoint } from './aws/endpoint.ts';
import type { Credentials } from './aws/principals.ts';
import type { S3Service } from './aws/s3.ts';
import type { PolicyDocument } from './aws/service.ts';
import type { SqsService } from './aws/sqs.ts';
import type { Ec2StandIn } from './ec2/ec2.ts';
import type { GitHubStandIn } from './github/start-github.ts';
import type { EventBus } from './lambda/event-bus.ts';
import type { FunctionHost } from './lambda/function-host.ts';
import { createLaptopCloud, type LaptopCloud } from './laptop-cloud.ts';
import { type Emit, emitTo, type LaptopEvent } from './laptop-event.ts';
import { laptopAccountId, type MachineImage, type Services, startServices } from './laptop-services.ts';
import { type LaptopSettings, synthesizeLaptop } from './laptop-synthesis.ts';
import { watchWebhook } from './laptop-webhook.ts';
import { assertPortIsFree } from './port.ts';
import { loadAssembly } from './template/assembly.ts';
import { createAssembly, type LoadedAssembly } from './template/load.ts';
import { registry } from './template/registry.ts';

export interface LaptopOptions {
  /** Default: mayfly.config.ts. GitHub's address, the App and the identity certificates are the laptop's own. */
  readonly config?: MayflyConfig;
  readonly onEvent?: (event: LaptopEvent) => void;
  /** 0 or absent: any free one. */
  readonly webhookPort?: number;
  readonly endpointPort?: number;
  readonly githubPort?: number;
  /** From a machine's launch until it runs. */
  readonly bootMilliseconds?: number;
  /** Default baked, with which machines boot faster. */
  readonly machineImage?: MachineImage;
  /** As after a first deployment: no App is stored, and GitHub knows of no webhook. Default: both exist. */
  readonly withoutApp?: boolean;
  /** Containers of one function, at most. Default 10. */
  readonly concurrency?: number;
  /** Copies of all functions at once, as in the account's quota: ten in a new one. Default: no limit. */
  readonly accountConcurrency?: number;
  /** Content of the account's managed policies, by ARN: a permissions boundary is not part of the template. */
  readonly managedPolicies?: Readonly<Record<string, PolicyDocument>>;
  /** A container ends after so long without work. Default two minutes. */
  readonly idleMilliseconds?: number;
  /** Containers of each function that are loaded at the start. Default: one of each that all jobs need. */
  readonly prewarm?: number;
  /** Default true. False: schedules fire only by name, so that nothing happens except what a test does. */
  readonly firesByClock?: boolean;
  /** For the GitHub stand-in's probabilities. */
  readonly seed?: number;
  /**
   * Synthesizes another app, which contains a deployment of `config`'s environment and region, with these settings, into
   * the folder. Default: this repository's app.
   */
  readonly synthesize?: (settings: LaptopSettings, outdir: string) => void;
  /** Contains `<function>/handler.ts`; for tests of the laptop itself. */
  readonly handlersFolder?: string;
}

export interface Laptop {
  readonly region: string;
  readonly environment: string;
  readonly accountId: string;
  readonly endpointUrl: string;
  readonly operatorCredentials: Credentials;
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly claimUrl: string;
  /** Opened by the link that `mayfly setup --page` prints. */
  readonly setupUrl: string;
  /** Ends with a slash. */
  readonly admissionApiUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** A secret's current value, by name or ARN. */
  secret(id: string): string;
  readonly tables: Readonly<Record<keyof typeof tables, string>>;
  /** Its call log counts every call by caller, service and action; its dials slow down calls and make them fail. */
  readonly endpoint: AwsEndpoint;
  /** Its dials: what a key takes in a second, slow transactions, late indexes, expired rows. */
  readonly dynamodb: DynamoService;
  readonly queues: SqsService;
  readonly buckets: S3Service;
  readonly github: GitHubStandIn;
  readonly ec2: Ec2StandIn;
  readonly functions: FunctionHost;
  readonly events: EventBus;
  /** Closing again waits for the first time. */
  close(): Promise<void>;
}

/** @throws AssemblyError with everything in the template that cannot run here; ConfigurationError */
export async function startLaptop(options: LaptopOptions = {}): Promise<Laptop> {
  const emit = emitTo(options.onEvent);
  const config = options.config ?? defaultConfig;
  const { environment, region } = config;
  // The only port that is opened after the synthesis, which may take half a minute.
  await assertPortIsFree(options.webhookPort ?? 0);
  emit('progress', 'starting GitHub, the database and the AWS endpoint');
  const services = await startServices({ ...options, region, emit });
  let laptopCloud: LaptopCloud | undefined;
  try {
    emit('progress', 'synthesizing the CDK app and bundling its functions');
    const directory = await synthesizeLaptop(config, { ...options, services, emit });
    emit('progress', 'creating the resources of the template');
    const webhook = { function: `${environment}-webhook`, secret: () => '' };
    laptopCloud = createLaptopCloud({
      ...options,
      region,
      services,
      emit,
      portFor: (name) => (name === webhook.function ? (options.webhookPort ?? 0) : 0),
      async tap(name, request) {
        if (name !== webhook.function) return;
        watchWebhook(request, { secret: webhook.secret(), emit, adopt: services.github.adopt });
      },
    });
    const { cloud, functions, events, close } = laptopCloud;
    addExistingSubnets(config, cloud);
    addExistingParameters(config, cloud);
    const { outputs } = await createAssembly(loadAssembly(directory), registry, cloud);
    services.stacks.setOutputs(outputs);
    webhook.secret = () => services.secrets.get(output(outputs, 'WebhookSecretArn'));
    if (!options.withoutApp) connectGitHub(outputs, services);
    let closing: Promise<void> | undefined;
    await prewarm(functions, { copies: options.prewarm, environment, emit });
    emit('progress', 'ready', { webhookUrl: output(outputs, 'WebhookEndpoint') });
    return {
      region,
      environment,
      accountId: laptopAccountId,
      endpointUrl: services.endpoint.url,
      operatorCredentials: services.endpoint.operatorCredentials,
      webhookUrl: output(outputs, 'WebhookEndpoint'),
      webhookSecret: webhook.secret(),
      claimUrl: output(outputs, 'ClaimEndpoint'),
      setupUrl: output(outputs, 'SetupPage'),
      admissionApiUrl: output(outputs, 'AdmissionApi'),
      outputs,
      secret: (id) => services.secrets.get(id),
      tables: tableNames(environment),
      endpoint: services.endpoint,
      dynamodb: services.dynamodb,
      queues: services.queues,
      buckets: services.s3,
      github: services.github,
      ec2: services.ec2,
      functions,
      events,
      close: () => {
        closing ??= close().then(() => services.close());
        return closing;
      },
    };
  } catch (error) {
    await laptopCloud?.close();
    await services.close();
    throw error;
  }
}

/** A template contains no existing network; the laptop's account has one, as in the configuration. */
function addExistingSubnets({ network }: MayflyConfig, cloud: LaptopCloud['cloud']): void {
  if (network === undefined || !('vpcId' in network)) return;
  for (const { id, zone } of network.subnets) {
    cloud.machines.addSubnet({ id, vpcId: network.vpcId, availabilityZone: zone });
  }
}

/** Nor does it contain the operator's own parameters. */
function addExistingParameters(config: MayflyConfig, cloud: LaptopCloud['cloud']): void {
  for (const name of ownImageParameters(config))
    cloud.machines.addParameter({ name, dataType: 'aws:ec2:image' });
}

/** What an operator does after a deployment: store the App in its secret, and the webhook's URL and secret in the App. */
function connectGitHub(outputs: LoadedAssembly['outputs'], { secrets, github }: Services): void {
  const app: AppSecret = { appId: String(github.appId), privateKey: github.privateKeyPem };
  secrets.put(output(outputs, 'AppSecretArn'), JSON.stringify(app));
  const secret = secrets.get(output(outputs, 'WebhookSecretArn'));
  github.setWebhook({ url: output(outputs, 'WebhookEndpoint'), secret });
}

const forAllJobs: readonly FunctionName[] = ['webhook', 'tenant-manager', 'scale-up', 'claim', 'lifecycle'];

/** So that the first webhook does not wait for five processes. The others load with their first call, as on Lambda. */
async function prewarm(
  functions: FunctionHost,
  { copies, environment, emit }: { copies: number | undefined; environment: string; emit: Emit },
): Promise<void> {
  const needed = forAllJobs.map((name) => `${environment}-${name}`);
  const names = copies === undefined ? needed : functions.names;
  emit('progress', `loading ${names.length} functions`);
  const all = Array.from({ length: copies ?? 1 }, () => names).flat();
  await Promise.all(all.map((name) => functions.prewarm(name)));
}

function tableNames(environment: string): Laptop['tables'] {
  const named = Object.entries(tables).map(([key, { suffix }]) => [key, `${environment}-${suffix}`]);
  return Object.fromEntries(named) as Laptop['tables'];
}

function output(outputs: LoadedAssembly['outputs'], name: string): string {
  const value = outputs[name];
  if (value !== undefined) return value;
  throw new Error(`The stacks have no output ${name}; they have ${Object.keys(outputs).join(', ')}.`);
}
