/**
 * An account with one deployment in it, as far as the operator's commands see it, behind the laptop's IAM: tables, queues,
 * secrets, stacks and a machine, and the little of Lambda and of quotas that commands ask for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateFleetCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Attributes } from '../../lib/adapters/dynamodb/attributes.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { tables } from '../../lib/contract/tables.ts';
import { createCloudFormationService } from '../../lib/local/aws/cloudformation.ts';
import { type CostExplorerService, createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import { startDynamoEngine } from '../../lib/local/aws/dynamo-engine.ts';
import { createDynamoService } from '../../lib/local/aws/dynamodb.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createLambdaService } from '../../lib/local/aws/lambda.ts';
import { createPricingService } from '../../lib/local/aws/pricing.ts';
import { createSecretsService } from '../../lib/local/aws/secrets.ts';
import type { AwsAnswer, AwsService } from '../../lib/local/aws/service.ts';
import { createSqsService, type SqsService } from '../../lib/local/aws/sqs.ts';
import { createStsService } from '../../lib/local/aws/sts.ts';
import { createEc2, type Ec2StandIn } from '../../lib/local/ec2/ec2.ts';
import { type GitHubStandIn, startGitHub } from '../../lib/local/github/start-github.ts';
import config from '../../mayfly.config.ts';
import { commands } from './commands.ts';
import { recordingIo } from './support.ts';

export const place = { region: 'us-east-1', accountId: '123456789012' };

/** The same deployment, as in somebody's own CDK app. */
export const ownStack = 'CiPlatform';

export interface OperatorAccount {
  readonly ec2: Ec2StandIn;
  readonly endpoint: AwsEndpoint;
  readonly github: GitHubStandIn;
  readonly queues: SqsService;
  readonly bill: CostExplorerService;
  readonly folder: string;
  /** Where the platform takes webhooks. */
  readonly webhookUrl: string;
  /** A row of one of the environment's tables. */
  put(table: keyof typeof tables, row: Attributes): Promise<void>;
  /** As it is stored; undefined: there is none. */
  get(table: keyof typeof tables, key: Attributes): Promise<Attributes | undefined>;
  /** Of somebody who may do everything. */
  readonly rows: DynamoDBClient;
  /** Environment variables of somebody who may do everything. */
  readonly operator: Readonly<Record<string, string>>;
  /** Runs a command of `mayfly` as somebody who may do everything. */
  run(...args: string[]): Promise<{ status: number; out: string; error: string }>;
  /** A machine that carries the environment's tag. @returns its id */
  launch(environment: string, installationId?: number): Promise<string>;
  close(): Promise<void>;
}

export async function givenOperatorAccount(environment: string): Promise<OperatorAccount> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-operator-'));
  const [github, engine] = await Promise.all([startGitHub(), startDynamoEngine()]);
  const dynamodb = createDynamoService({ engineUrl: engine.url });
  const queues = createSqsService({ ...place, endpointUrl: () => endpoint.url });
  const secrets = createSecretsService(place);
  const stacks = createCloudFormationService();
  const ec2 = createEc2({ ...place, workDirectory: folder, bootMilliseconds: 5 });
  ec2.setDials({ shutdownMilliseconds: 5 });
  const lambda = createLambdaService(place);
  let isRead = true;
  lambda.addMapping({
    uuid: 'mapping-1',
    functionName: `${environment}-scale-up`,
    eventSourceArn: `arn:aws:sqs:${place.region}:${place.accountId}:${environment}-small-builds`,
    isEnabled: () => isRead,
    switch(enabled) {
      isRead = enabled;
    },
  });
  const bill = createCostExplorerService();
  const prices = createPricingService(place.region);
  const services = [
    dynamodb,
    queues,
    secrets,
    stacks,
    withReads(ec2),
    lambda,
    serviceQuotas,
    parameters,
    createStsService(),
    bill,
    prices,
  ];
  const endpoint: AwsEndpoint = await startAwsEndpoint({ ...place, services });
  for (const { suffix, ...schema } of Object.values(tables)) {
    await dynamodb.createTable(tableInput(`${environment}-${suffix}`, schema));
  }
  for (const name of [
    'small-builds',
    'medium-builds',
    'large-builds',
    'lifecycle',
    'completions',
    'admission',
    'installations',
  ]) {
    queues.createQueue({ name: `${environment}-${name}` });
    queues.createQueue({ name: `${environment}-${name}-dead-letters` });
  }
  const webhookServer = await startWebhookEndpoint();
  const tags = { 'ghr:environment': environment };
  const app = secrets.create({ name: 'StateAppSecret', secretString: '{"appId":"","privateKey":""}', tags });
  const webhook = secrets.create({ name: 'StateWebhookSecret', tags });
  const setup = secrets.create({ name: 'StateSetupSecret', tags });
  const ofState = { AppSecretArn: app.arn, WebhookSecretArn: webhook.arn, SetupSecretArn: setup.arn };
  const ofControlPlane = {
    SetupPage: 'https://setup.example.com/',
    WebhookEndpoint: webhookServer.url,
    GitHubApi: github.url,
    GitHubWeb: github.url,
  };
  const put = (stack: string, outputs: Readonly<Record<string, string>>) =>
    stacks.setOutputs(
      Object.fromEntries(Object.entries(outputs).map(([key, value]) => [`${stack}.${key}`, value])),
    );
  put(`${environment}-state`, ofState);
  put(`${environment}-control-plane`, ofControlPlane);
  put(ownStack, { ...ofState, ...ofControlPlane });
  github.setWebhook({ url: 'http://127.0.0.1:1/', secret: 'old' });
  ec2.defineSubnet({ subnetId: 'subnet-a', availabilityZone: 'us-east-1a' });
  for (const [tier, image] of Object.entries(images)) {
    ec2.defineParameter({ name: image, dataType: 'aws:ec2:image' });
    ec2.defineLaunchTemplate({
      name: `${environment}-${tier}`,
      data: { ...tierTemplate, ImageId: `resolve:ssm:${image}` },
      tags: new Map([['ghr:environment', environment]]),
    });
  }
  const { operatorCredentials: credentials, url } = endpoint;
  const operator = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const rows = new DynamoDBClient({ endpoint: url, region: place.region, credentials });
  ec2.defineLaunchTemplate({ name: 'machine', data: { ImageId: 'ami-0123456789abcdef0', UserData: script } });
  return {
    ec2,
    endpoint,
    github,
    queues,
    bill,
    folder,
    webhookUrl: webhookServer.url,
    async put(table, Item) {
      const TableName = `${environment}-${tables[table].suffix}`;
      await rows.send(new PutItemCommand({ TableName, Item }));
    },
    async get(table, Key) {
      const TableName = `${environment}-${tables[table].suffix}`;
      return (await rows.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
    },
    async run(...args) {
      const { io, printed } = recordingIo();
      const status = await runCommand(commands, args, { config, io, environment: operator });
      return { status, ...printed() };
    },
    operator,
    rows,
    launch: (owner, installationId) => launch(endpoint, owner, installationId),
    async close() {
      rows.destroy();
      await webhookServer.close();
      await ec2.close();
      await github.stop();
      queues.close();
      dynamodb.close();
      await endpoint.close();
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The webhook's address, as far as somebody without the secret sees it. */
async function startWebhookEndpoint(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const script = Buffer.from('#!/usr/bin/env bash\nsleep 600\n').toString('base64');

async function launch(endpoint: AwsEndpoint, environment: string, installationId?: number): Promise<string> {
  const client = new EC2Client({
    endpoint: endpoint.url,
    region: place.region,
    credentials: endpoint.operatorCredentials,
  });
  const Tags = [
    { Key: 'ghr:environment', Value: environment },
    { Key: 'ghr:launch_id', Value: 'launch' },
    ...(installationId === undefined ? [] : [{ Key: 'ghr:tenant_id', Value: String(installationId) }]),
  ];
  const { Instances = [] } = await client.send(
    new CreateFleetCommand({
      Type: 'instant',
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
      LaunchTemplateConfigs: [
        { LaunchTemplateSpecification: { LaunchTemplateName: 'machine', Version: '$Latest' } },
      ],
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  client.destroy();
  return Instances[0]?.InstanceIds?.[0] ?? '';
}

interface Key {
  readonly name: string;
  readonly type: 'S' | 'N';
}

interface Schema {
  readonly partitionKey: Key;
  readonly sortKey?: Key;
  readonly indexes: Readonly<Record<string, { name: string; partitionKey?: Key; sortKey?: Key }>>;
}

function tableInput(TableName: string, { partitionKey, sortKey, indexes }: Schema) {
  const keys = [
    partitionKey,
    sortKey,
    ...Object.values(indexes).flatMap((index) => [index.partitionKey, index.sortKey]),
  ];
  const named = new Map(keys.flatMap((key) => (key ? [[key.name, key.type] as const] : [])));
  const schema = (hash: Key, range?: Key) => [
    { AttributeName: hash.name, KeyType: 'HASH' },
    ...(range ? [{ AttributeName: range.name, KeyType: 'RANGE' }] : []),
  ];
  const made = Object.values(indexes).map((index) => ({
    IndexName: index.name,
    KeySchema: schema(index.partitionKey ?? partitionKey, index.sortKey),
    Projection: { ProjectionType: 'ALL' },
    isLocal: index.partitionKey === undefined,
  }));
  const plain = (isLocal: boolean) =>
    made.filter((index) => index.isLocal === isLocal).map(({ isLocal: _kind, ...index }) => index);
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...named].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: schema(partitionKey, sortKey),
    ...(plain(false).length > 0 ? { GlobalSecondaryIndexes: plain(false) } : {}),
    ...(plain(true).length > 0 ? { LocalSecondaryIndexes: plain(true) } : {}),
  };
}

const xml = (body: string): AwsAnswer => ({ status: 200, headers: { 'content-type': 'text/xml' }, body });
const json = (body: unknown): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Of the tiers: AWS's own, one that Image Builder writes, the operator's. */
const images = {
  small: '/aws/service/canonical/ubuntu/ami-id',
  medium: '/imagebuilder/my-saas/linux-x64',
  large: '/images/own',
};

const tierTemplate = {
  SecurityGroupIds: ['sg-1'],
  InstanceInitiatedShutdownBehavior: 'terminate' as const,
  MetadataOptions: {
    HttpTokens: 'required' as const,
    HttpEndpoint: 'enabled' as const,
    HttpPutResponseHopLimit: 1,
    InstanceMetadataTags: 'enabled' as const,
  },
  BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
};

const offerings = ['t3.medium', 't3.large', 'm5.large', 't3.xlarge', 'm5.xlarge']
  .map((type) => `<item><instanceType>${type}</instanceType><location>us-east-1a</location></item>`)
  .join('');

/** What `preflight` and `verify` read, and the stand-in for EC2 has no use for. */
function withReads(ec2: Ec2StandIn): AwsService {
  const reads: Readonly<Record<string, string>> = {
    DescribeInstanceTypes: '<instanceTypeSet/>',
    DescribeVpcs: '<vpcSet/>',
    DescribeAddresses: '<addressesSet/>',
    DescribeAvailabilityZones: `<availabilityZoneInfo>${[...'abcdef'].map((letter) => `<item><zoneName>us-east-1${letter}</zoneName></item>`).join('')}</availabilityZoneInfo>`,
    DescribeSubnets:
      '<subnetSet><item><subnetId>subnet-a</subnetId><availabilityZone>us-east-1a</availabilityZone></item></subnetSet>',
    DescribeInstanceTypeOfferings: `<instanceTypeOfferingSet>${offerings}</instanceTypeOfferingSet>`,
  };
  return {
    ...ec2,
    async handle(call) {
      const answer = reads[call.action];
      return answer ? xml(`<${call.action}Response>${answer}</${call.action}Response>`) : ec2.handle(call);
    },
  };
}

const serviceQuotas: AwsService = {
  service: 'servicequotas',
  questions: ({ action, input, region, accountId }) => [
    {
      action: `servicequotas:${action}`,
      resource: `arn:aws:servicequotas:${region}:${accountId}:${input['ServiceCode']}/${input['QuotaCode']}`,
      context: {},
    },
  ],
  handle: async () => json({ Quota: { Value: 1000 } }),
};

/** Every parameter that is asked for holds an image. */
const parameters: AwsService = {
  service: 'ssm',
  questions: ({ action, input, region, accountId }) =>
    (input['Names'] as string[]).map((name) => ({
      action: `ssm:${action}`,
      resource: `arn:aws:ssm:${region}:${accountId}:parameter${name}`,
      context: {},
    })),
  handle: async ({ input }) =>
    json({ Parameters: (input['Names'] as string[]).map((Name) => ({ Name, DataType: 'aws:ec2:image' })) }),
};
