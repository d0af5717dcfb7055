/**
 * What happens after the deploy, as an operator and GitHub do it: the App's key goes in by `mayfly setup`, an organization
 * installs the App, a job is queued, and the signed webhooks of both travel through the deployed functions. Each effect is
 * waited for and looked at through AWS's own interfaces.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueUrlCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { runCommand } from '../../../../lib/cli/run-command.ts';
import { readOutputs } from '../../../../lib/cli/setup/deployment-outputs.ts';
import { setup } from '../../../../lib/cli/setup/setup.ts';
import type { MayflyConfig } from '../../../../lib/config/config.ts';
import { parseMessage } from '../../../../lib/contract/messages.ts';
import { tagKeys } from '../../../../lib/core/tags.ts';
import type { GitHubStandIn } from '../../../../lib/local/github/start-github.ts';
import { postWebhook, queuedPayload } from '../../../e2e/support/post-webhook.ts';
import { until } from '../../../e2e/support/until.ts';

export interface Deployed {
  readonly endpoint: string;
  readonly config: MayflyConfig;
  readonly github: GitHubStandIn;
  readonly folder: string;
  readonly tell: (progress: string) => void;
}

/** @returns what is not as it must be @throws Error where something awaited does not come */
export async function drive(deployed: Deployed): Promise<string[]> {
  const { endpoint, config, github, tell } = deployed;
  const findings: string[] = [];
  const expect = (is: boolean, otherwise: string) => void (is || findings.push(otherwise));
  const { url, secret } = await enterApp(deployed);
  const clients = {
    db: new DynamoDBClient({ endpoint }),
    sqs: new SQSClient({ endpoint }),
    lambda: new LambdaClient({ endpoint }),
    ec2: new EC2Client({ endpoint }),
  };
  const tier = config.defaultTier;
  const queueName = `${config.environment}-${tier}-builds`;
  // So that the message can be seen: scale-up would take it within a second.
  const resume = await pauseSource(clients.lambda, queueName);

  tell('GitHub says that acme installed the App');
  github.setWebhook({ url, secret });
  const { installationId, accountId } = github.install({ login: 'acme', repositories: ['app'] });
  const tenant = () => row(clients.db, config, 'tenants', { installation_id: installationId });
  await until('acme is a tenant', async () => (await tenant()) !== undefined, patience);
  const { status, max_runners: maxRunners } = (await tenant()) ?? {};
  expect(status?.S === 'active', `the tenant's status is ${status?.S}`);
  expect(
    Number(maxRunners?.N) === config.tiers[tier]?.maxRunners,
    `the tenant's max_runners is ${maxRunners?.N}`,
  );

  tell('a forged webhook, and a job of acme');
  const forged = { installationId, owner: { login: 'acme', id: accountId }, jobId: 1, labels: [tier] };
  const refusal = await postWebhook({
    url,
    secret: `${secret}?`,
    event: 'workflow_job',
    payload: queuedPayload(forged),
  });
  expect(refusal.status === 401, `a webhook with a wrong signature was answered with ${refusal.status}`);
  const labels = config.tiers[tier]?.labels ?? [];
  const { jobId } = github.queueJob({ repository: 'acme/app', labels: [...labels], milliseconds: 600_000 });
  const [message, ...others] = await receive(clients.sqs, queueName);
  const { kind, ...body } = parseMessage(message?.Body ?? '') as { kind: string; jobId?: number };
  expect(kind === 'job' && body.jobId === jobId, `the queue holds ${message?.Body}`);
  expect(others.length === 0, `the queue holds ${others.length} messages more than it should`);
  const group = message?.Attributes?.MessageGroupId;
  expect(group === String(installationId), `the message's group is ${group}, not the tenant`);

  tell('scale-up takes the message');
  await resume();
  const job = () => row(clients.db, config, 'jobs', { installation_id: installationId, job_id: jobId });
  await until('a machine is meant for the job', async () => (await job())?.['state']?.S === 'covered', {
    ...patience,
    seen: job,
  });
  const machines = await machinesOf(clients.ec2, config.environment);
  expect(machines.length === 1, `${machines.length} machines were started for one job`);
  return findings;
}

/** Functions of a stand-in start slowly on a busy machine. A message that failed once comes back after three minutes. */
const patience = { withinMilliseconds: 240_000 };

/** As an operator does with an App that exists already. The webhook's URL becomes one that this machine can reach. */
async function enterApp(deployed: Deployed): Promise<{ url: string; secret: string }> {
  const { endpoint, config, github, folder } = deployed;
  const said: string[] = [];
  const io = { out: (text: string) => void said.push(text), error: (text: string) => void said.push(text) };
  const world = { config, io, environment: { ...process.env, AWS_ENDPOINT_URL: endpoint } };
  const key = join(folder, 'app.pem');
  writeFileSync(key, github.privateKeyPem, { mode: 0o600 });
  const status = await runCommand([setup], ['setup', '--app-id', String(github.appId), '--key', key], world);
  if (status !== 0) throw new Error(`mayfly setup ended with ${status}: ${said.join('')}`);
  const outputs = await readOutputs({ ...world, options: {}, words: [] });
  const client = new SecretsManagerClient({ endpoint });
  const answer = await client.send(new GetSecretValueCommand({ SecretId: outputs.webhookSecretArn }));
  const [urlId] = new URL(outputs.webhookUrl).hostname.split('.');
  return { url: `${endpoint}/_aws/lambda-url/${urlId}/`, secret: answer.SecretString ?? '' };
}

async function pauseSource(client: LambdaClient, queueName: string): Promise<() => Promise<void>> {
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  const source = EventSourceMappings.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${queueName}`));
  if (!source?.UUID) throw new Error(`No function has ${queueName} as its source.`);
  const { UUID } = source;
  const enable = async (Enabled: boolean) =>
    void (await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled })));
  await enable(false);
  return () => enable(true);
}

async function row(
  client: DynamoDBClient,
  config: MayflyConfig,
  table: string,
  key: Readonly<Record<string, number>>,
) {
  const Key = Object.fromEntries(Object.entries(key).map(([name, value]) => [name, { N: String(value) }]));
  const TableName = `${config.environment}-${table}`;
  return (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
}

/** The messages stay in the queue, and visible. */
async function receive(client: SQSClient, queueName: string): Promise<Message[]> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queueName }));
  let messages: Message[] = [];
  const look = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ['All'],
    });
    messages = (await client.send(command)).Messages ?? [];
    return messages.length > 0;
  };
  await until(`a message is in ${queueName}`, look, patience);
  return messages;
}

async function machinesOf(client: EC2Client, environment: string) {
  const Filters = [{ Name: `tag:${tagKeys.environment}`, Values: [environment] }];
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}
