/**
 * The stand-ins that a laptop consists of, started and connected: AWS's services behind one endpoint, EC2 and GitHub.
 * `close` stops them in the order that leaves nothing behind; if this process dies instead, a guard does it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CloudFormationService, createCloudFormationService } from './aws/cloudformation.ts';
import { createCostExplorerService, readBillDials } from './aws/cost-explorer.ts';
import { createDataExportsService } from './aws/data-exports.ts';
import { type DynamoEngine, startDynamoEngine } from './aws/dynamo-engine.ts';
import { createDynamoService, type DynamoService } from './aws/dynamodb.ts';
import type { KeyRates } from './aws/dynamodb-limits.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws/endpoint.ts';
import { createLambdaService, type LambdaService } from './aws/lambda.ts';
import { createLogsService, type LogsService } from './aws/logs.ts';
import { createPricingService } from './aws/pricing.ts';
import { createS3Service, type S3Service } from './aws/s3.ts';
import { createSecretsService, type SecretsService } from './aws/secrets.ts';
import { createSqsService, type SqsService } from './aws/sqs.ts';
import { createStsService } from './aws/sts.ts';
import { billLines } from './bill/bill-lines.ts';
import { createEc2, type Ec2StandIn } from './ec2/ec2.ts';
import { type GitHubStandIn, startGitHub } from './github/start-github.ts';
import { startGuardedFolder } from './guard/start-guard.ts';
import type { Emit } from './laptop-event.ts';

/** An account number that no one has. */
export const laptopAccountId = '000000000000';

/** baked: with the runner program in it, as from one's own pipeline. stock: each machine installs it. */
export type MachineImage = 'baked' | 'stock';

export interface ServicesOptions {
  readonly region: string;
  readonly endpointPort?: number;
  readonly githubPort?: number;
  readonly bootMilliseconds?: number;
  readonly machineImage?: MachineImage;
  readonly seed?: number;
  readonly emit: Emit;
}

export interface Services {
  readonly endpoint: AwsEndpoint;
  readonly dynamodb: DynamoService;
  readonly queues: SqsService;
  readonly secrets: SecretsService;
  readonly s3: S3Service;
  readonly logs: LogsService;
  readonly lambda: LambdaService;
  readonly stacks: CloudFormationService;
  readonly ec2: Ec2StandIn;
  readonly github: GitHubStandIn;
  /** A folder that is removed with the services. */
  readonly folder: string;
  /** Machines first, then what they and the functions talk to. */
  close(): Promise<void>;
}

export async function startServices(options: ServicesOptions): Promise<Services> {
  const { region, emit } = options;
  const place = { region, accountId: laptopAccountId };
  const guarded = await startGuardedFolder();
  const folder = guarded.path;
  const started: { github?: GitHubStandIn; engine?: DynamoEngine; endpoint?: AwsEndpoint; ec2?: Ec2StandIn } =
    {};
  const close = async () => {
    await started.ec2?.close();
    await started.github?.stop();
    await started.endpoint?.close();
    await started.engine?.close();
    await guarded.close();
  };
  try {
    const opening = await Promise.allSettled([
      startGitHub({ ...githubOptions(options) }).then((github) => {
        started.github = github;
      }),
      startDynamoEngine(join(folder, 'database')).then((engine) => {
        started.engine = engine;
      }),
    ]);
    for (const result of opening) if (result.status === 'rejected') throw result.reason;
    const github = started.github!;
    const dynamodb = createDynamoService({ engineUrl: started.engine!.url });
    const queues = createSqsService({ ...place, endpointUrl: () => started.endpoint!.url });
    const secrets = createSecretsService(place);
    const s3 = createS3Service();
    const logs = createLogsService(place);
    const lambda = createLambdaService(place);
    const stacks = createCloudFormationService();
    const bill = createCostExplorerService(Date.now, (dials) =>
      billLines(started.ec2?.instances() ?? [], { ...place, dials, now: Date.now() }),
    );
    const exports = createDataExportsService({ accountId: laptopAccountId, s3, bill });
    const pricing = createPricingService(region);
    const ec2 = startEc2({ ...options, folder, s3Url: () => started.endpoint!.url });
    started.ec2 = ec2;
    const endpoint = await startAwsEndpoint({
      ...place,
      services: [
        ...[dynamodb, queues, secrets, s3, logs, lambda, stacks],
        ...[createStsService(), bill, exports, pricing, ec2],
      ],
      ...(options.endpointPort === undefined ? {} : { port: options.endpointPort }),
    });
    started.endpoint = endpoint;
    endpoint.addControl('/_bill', (dials) => bill.setDials(readBillDials(dials)));
    endpoint.addControl('/_exports', () => exports.deliver());
    endpoint.addControl('/_ec2', (change) => ec2.setDials(change));
    endpoint.addControl('/_dynamodb', (rates) => limitKeys(dynamodb, rates));
    endpoint.onCall(({ caller, service, action, outcome, questions }) => {
      if (outcome === 'denied') emit('denied', `${caller} may not ${service}:${action}`, { questions });
    });
    return {
      endpoint,
      dynamodb,
      queues,
      secrets,
      s3,
      logs,
      lambda,
      stacks,
      ec2,
      github,
      folder,
      async close() {
        queues.close();
        dynamodb.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function githubOptions({ githubPort, seed, emit }: ServicesOptions) {
  return {
    ...(githubPort === undefined ? {} : { port: githubPort }),
    ...(seed === undefined ? {} : { seed }),
    onEvent: ({ name, fields }: { name: string; fields: Readonly<Record<string, unknown>> }) =>
      emit('github', name, fields),
  };
}

function startEc2({
  region,
  folder,
  bootMilliseconds,
  machineImage,
  s3Url,
  emit,
}: ServicesOptions & { folder: string; s3Url: () => string }): Ec2StandIn {
  const workDirectory = join(folder, 'machines');
  mkdirSync(workDirectory, { recursive: true });
  return createEc2({
    region,
    accountId: laptopAccountId,
    workDirectory,
    s3Url,
    ...(machineImage === 'stock' ? { runnerHome: machineImage } : {}),
    ...(bootMilliseconds === undefined ? {} : { bootMilliseconds }),
    onEvent: (event) =>
      event.kind === 'state'
        ? emit('machine', `${event.instanceId} is ${event.state}`, { ...event })
        : emit('console', event.text, { instanceId: event.instanceId }),
  });
}

/**
 * What a key takes in a second, as JSON, such as DynamoDB's own `{"writesPerSecond": 1000, "readsPerSecond": 3000}`;
 * null: no limit.
 */
function limitKeys(dynamodb: DynamoService, given: unknown): unknown {
  const rates = given as KeyRates | null;
  const isRate = (rate: unknown) => typeof rate === 'number' && rate > 0;
  if (rates !== null && !(isRate(rates?.writesPerSecond) && isRate(rates?.readsPerSecond))) {
    throw new Error('It must be null, or writesPerSecond and readsPerSecond, both greater than 0.');
  }
  dynamodb.limitKeys(rates ?? undefined);
  return rates;
}
