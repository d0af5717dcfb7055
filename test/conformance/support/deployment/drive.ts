/**
 * What happens after the deploy, as an operator and GitHub do it: the App's key goes in by `mayfly setup`, an organization
 * installs the App, a job is queued, and the signed webhooks of both travel through the deployed functions. Each effect is
 * waited for and looked at through AWS's own interfaces.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { MayflyConfig } from '../../../../lib/config/config.ts';
import { parseMessage } from '../../../../lib/contract/messages.ts';
import type { GitHubStandIn } from '../../../../lib/local/github/start-github.ts';
import { postWebhook, queuedPayload } from '../../../e2e/support/post-webhook.ts';
import { until } from '../../../e2e/support/until.ts';
import { enterApp } from './enter-app.ts';
import { machinesOf, patience, pauseSource, receive, row } from './look.ts';

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

  tell('a forged webhook');
  const refusal = await forge(url, secret, tier);
  expect(refusal === 401, `a webhook with a wrong signature was answered with ${refusal}`);

  tell('GitHub says that acme installed the App');
  github.setWebhook({ url, secret });
  const { installationId } = github.install({ login: 'acme', repositories: ['app'] });
  const tenant = () => row(clients.db, config, 'tenants', { installation_id: installationId });
  await until('acme is a tenant', async () => (await tenant()) !== undefined, patience);
  const { status, max_runners: maxRunners } = (await tenant()) ?? {};
  expect(status?.S === 'active', `the tenant's status is ${status?.S}`);
  expect(
    Number(maxRunners?.N) === config.tiers[tier]?.maxRunners,
    `the tenant's max_runners is ${maxRunners?.N}`,
  );

  tell('a job of acme');
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
  const machines = () => machinesOf(clients.ec2, config.environment);
  await until('a machine is started', async () => (await machines()).length > 0, patience);
  const started = await machines();
  expect(started.length === 1, `${started.length} machines were started for one job`);
  const job = () => row(clients.db, config, 'jobs', { installation_id: installationId, job_id: jobId });
  const state = (await job())?.['state']?.S;
  expect(state === 'covered', `a machine was started for the job, and its state is ${state}`);
  return findings;
}

/** Its first start may take a stand-in on a busy machine longer than the function has. @returns the status of the answer */
async function forge(url: string, secret: string, tier: string): Promise<number> {
  const payload = queuedPayload({
    installationId: 1,
    owner: { login: 'acme', id: 2 },
    jobId: 3,
    labels: [tier],
  });
  const post = () => postWebhook({ url, secret: `${secret}?`, event: 'workflow_job', payload });
  let status = 0;
  const isAnswered = async () => {
    status = (await post()).status;
    return status < 500;
  };
  await until('the webhook function answers', isAnswered, { ...patience, seen: () => status });
  return status;
}
