/**
 * How long a freed machine's place stays empty: from GitHub's `completed` to the CreateFleet call for a waiting job
 * of the same tenant, through every function in between. For comparison: the time of the AWS calls alone, one after
 * the other.
 */
import type { CallRecord } from '../../lib/local/aws/service.ts';
import { judged } from './goals.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import { median, type Report } from './result.ts';
import { until } from './until.ts';

export async function measureNextLaunch(platform: BenchPlatform): Promise<Report> {
  const { handOvers: rounds } = platform.size;
  const tenant = await platform.newTenant({ maxRunners: 1 });
  await handOver(platform, tenant);
  const measured: HandOver[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await handOver(platform, tenant));
  const calls = median(measured.map((one) => one.calls));
  return {
    results: [
      judged('completed to the next CreateFleet', median(measured.map(({ seconds }) => seconds)), 's'),
      judged('of it answers of AWS', (calls * latencies.aws) / 1000, 's'),
    ],
    notes: [
      `Completed to the next CreateFleet: a tenant with a limit of one machine and a job that waits, median of ${rounds}. ` +
        `Between the two ${calls} calls were made, of ${latencies.aws} ms each; those made at the same time count once each.`,
    ],
  };
}

interface HandOver {
  readonly seconds: number;
  /** Calls to AWS between the two moments. */
  readonly calls: number;
}

/** One job runs to its end while another one waits for its place. */
async function handOver(platform: BenchPlatform, tenant: Tenant): Promise<HandOver> {
  const { laptop, events, size } = platform;
  const calls: CallRecord[] = [];
  const stopCalls = laptop.endpoint.onCall((call) => {
    if (call.caller !== 'operator') calls.push(call);
  });
  let completedAt = 0;
  const launches = () => calls.filter(({ action }) => action === 'CreateFleet').map(({ at }) => at);
  const jobs: number[] = [];
  const stopEvents = events(({ kind, text, fields, at }) => {
    if (kind === 'github' && text === 'job-completed' && fields['jobId'] === jobs[0]) completedAt = at;
  });
  try {
    const request = { repository: `${tenant.login}/app`, labels: ['self-hosted', 'small'] };
    const queue = (milliseconds: number) =>
      jobs.push(laptop.github.queueJob({ ...request, milliseconds }).jobId);
    queue(size.jobMilliseconds);
    await until('the first job has its machine', () => launches().length > 0);
    queue(100);
    await until(
      'the next machine is asked for',
      () => completedAt > 0 && launches().some((at) => at > completedAt),
    );
    const launchedAt = launches().find((at) => at > completedAt)!;
    await platform.rest(tenant);
    const between = calls.filter(({ at }) => at >= completedAt && at < launchedAt);
    return { seconds: (launchedAt - completedAt) / 1000, calls: between.length };
  } finally {
    stopCalls();
    stopEvents();
  }
}
