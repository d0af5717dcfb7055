/** How many calls scale-up makes for ten jobs of one tenant that it gets as one batch, counted where they arrive. */
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
    // The first batch of a process also reads the ticket secret: that is counted over a job's whole life.
    await invoke(platform, scaleUp, await platform.newTenant());
    const tenant = await platform.newTenant();
    laptop.endpoint.calls.reset();
    await invoke(platform, scaleUp, tenant);
    const counts = laptop.endpoint.calls.counts().filter(({ caller }) => caller === scaleUp);
    const calls = counts.reduce((sum, count) => sum + count.calls, 0);
    if (platform.machinesOf(tenant).length !== batchSize) {
      throw new Error(
        `Scale-up started ${platform.machinesOf(tenant).length} machines for a batch of ${batchSize} jobs.`,
      );
    }
    const list = counts.map(({ action, calls: times }) => `${action} ${times}`).join(', ');
    return {
      results: [judged('calls in scale-up, batch of 10', calls / batchSize, 'calls a job')],
      notes: [`Scale-up's calls for a batch of ${batchSize} jobs: ${list}. It makes none to GitHub.`],
    };
  } finally {
    laptop.ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
}

async function invoke({ laptop }: BenchPlatform, scaleUp: string, tenant: Tenant): Promise<void> {
  const queueArn = `arn:aws:sqs:${laptop.region}:${laptop.accountId}:${laptop.environment}-small-builds`;
  const messages = Array.from({ length: batchSize }, (_, number) => ({
    messageId: randomUUID(),
    receiptHandle: 'handed over directly',
    body: JSON.stringify(queuedJob(tenant, number + 1)),
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
