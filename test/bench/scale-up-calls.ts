/**
 * How many calls scale-up makes for ten jobs that come as one batch, of one tenant or of ten, counted at the
 * receiver.
 */
import { randomUUID } from 'node:crypto';
import type { JobEvent } from '../../lib/contract/messages.ts';
import { InstallationId, JobId, TierName } from '../../lib/core/ids.ts';
import { sqsEvent } from '../../lib/local/lambda/sqs-event.ts';
import { judged } from './goals.ts';
import type { BenchPlatform, Tenant } from './platform.ts';
import type { Report } from './result.ts';

const batchSize = 10;

export async function measureScaleUpCalls(platform: BenchPlatform): Promise<Report> {
  const { laptop } = platform;
  const scaleUp = `${laptop.environment}-scale-up`;
  laptop.ec2.setDials({ neverBoot: { probability: 1, count: null } });
  try {
    // A process's first batch also reads the ticket secret; that is counted over a job's whole life.
    await invoke(platform, scaleUp, await newTenants(platform, 1));
    const one = await countCalls(platform, scaleUp, await newTenants(platform, 1));
    const ten = await countCalls(platform, scaleUp, await newTenants(platform, batchSize));
    return {
      results: [
        judged('calls in scale-up, batch of 10', one.calls / batchSize, 'calls a job'),
        judged('calls in scale-up, 10 jobs of 10 organizations', ten.calls, 'calls'),
      ],
      notes: [
        `Scale-up's calls for a batch of ${batchSize} jobs: ${one.list}; where they are of ${batchSize} organizations: ` +
          `${ten.list}. It makes none to GitHub.`,
      ],
    };
  } finally {
    laptop.ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
}

async function newTenants(platform: BenchPlatform, count: number): Promise<Tenant[]> {
  const tenants = await Promise.all(Array.from({ length: count }, () => platform.newTenant()));
  // The work that follows an installation must not be counted with the batch.
  for (const tenant of tenants) await platform.rest(tenant);
  return tenants;
}

async function countCalls(platform: BenchPlatform, scaleUp: string, tenants: readonly Tenant[]) {
  const { laptop } = platform;
  laptop.endpoint.calls.reset();
  await invoke(platform, scaleUp, tenants);
  const counts = laptop.endpoint.calls.counts().filter(({ caller }) => caller === scaleUp);
  const calls = counts.reduce((sum, count) => sum + count.calls, 0);
  const machines = platform.machinesOf(...tenants).length;
  if (machines !== batchSize) {
    throw new Error(`Scale-up started ${machines} machines for a batch of ${batchSize} jobs.`);
  }
  return { calls, list: counts.map(({ action, calls: times }) => `${action} ${times}`).join(', ') };
}

/** One batch, with its jobs distributed over the tenants. */
async function invoke({ laptop }: BenchPlatform, scaleUp: string, tenants: readonly Tenant[]): Promise<void> {
  const queueArn = `arn:aws:sqs:${laptop.region}:${laptop.accountId}:${laptop.environment}-small-builds`;
  const messages = Array.from({ length: batchSize }, (_, number) => ({
    messageId: randomUUID(),
    receiptHandle: 'handed over directly',
    body: JSON.stringify(queuedJob(tenants[number % tenants.length]!, number + 1)),
    attributes: {},
  }));
  const result = await laptop.functions.invoke(
    scaleUp,
    sqsEvent(messages, { queueArn, region: laptop.region }),
  );
  const failures =
    'payload' in result && (result.payload as { batchItemFailures: unknown[] }).batchItemFailures;
  if (!failures || failures.length > 0) throw new Error(`Scale-up failed: ${JSON.stringify(result)}`);
}

const queuedJob = ({ installationId, accountId, login }: Tenant, number: number): JobEvent => ({
  kind: 'job',
  action: 'queued',
  installationId: InstallationId(installationId),
  jobId: JobId(number),
  runId: number,
  repository: `${login}/app`,
  repositoryOwnerId: accountId,
  labels: ['self-hosted', 'small'],
  tier: TierName('small'),
  queuedAt: Date.now(),
  delivery: randomUUID(),
  runnerName: null,
  conclusion: null,
});
