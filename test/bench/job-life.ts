/**
 * What a job costs over its whole life, from its first webhook to the end of its machine: real jobs, run to
 * completion on machines that boot, once as a burst and once one at a time. Every call that a job causes in any
 * function counts.
 */
import { looksInVain } from '../../lib/app/common/settings.ts';
import { type BillLine, billLines, functionTimeDollars, perMillion, totalDollars } from './bill.ts';
import { itemsOf, renderItems } from './breakdown.ts';
import { judged } from './goals.ts';
import { type Reading, startMeter } from './meter.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import type { Report } from './result.ts';
import type { Size } from './size.ts';
import { until } from './until.ts';

export async function measureJobLife(platform: BenchPlatform): Promise<Report> {
  const { burstJobs: burstSize, singleJobs } = platform.size;
  const tenant = await platform.newTenant();
  // Warm up what a busy platform has loaded: containers, secrets (kept five minutes), tokens (an hour). Twice,
  // because the first burst is over before every copy has had a job.
  await runJobs(platform, tenant, burstSize);
  await runJobs(platform, tenant, burstSize);
  // Right afterwards, because idle copies end after a while.
  const burst = await metered(platform, () => runJobs(platform, tenant, burstSize));
  // Single jobs leave scale-up in the state of a process that gets one job at a time: after a burst it first polls
  // for more.
  for (let job = 0; job < looksInVain; job += 1) await runJobs(platform, tenant, 1);
  const singles = await metered(platform, async () => {
    for (let job = 0; job < singleJobs; job += 1) await runJobs(platform, tenant, 1);
  });
  const lines = perMillion(billLines(burst.use), burstSize);
  const dollars = totalDollars(lines);
  const singleLines = perMillion(billLines(singles.use), singleJobs);
  const singleDollars = totalDollars(singleLines);
  return {
    results: [
      judged('calls over a life, burst', callsPerJob(burst, burstSize), 'calls a job'),
      judged('calls over a life, one at a time', callsPerJob(singles, singleJobs), 'calls a job'),
      judged('write units a job, burst', burst.use.writeUnits / burstSize, 'write units'),
      judged('write units a job, one at a time', singles.use.writeUnits / singleJobs, 'write units'),
      judged('dollars per million jobs, burst', dollars, '$'),
      ...lines.map(({ item, dollars: share }) => judged(`dollars, burst: ${item}`, share, '$')),
      judged('dollars per million jobs, one at a time', singleDollars, '$'),
    ],
    notes: notes({ burst, singles, lines, singleLines, size: platform.size }),
  };
}

interface Measured {
  readonly burst: Reading;
  readonly singles: Reading;
  readonly lines: readonly BillLine[];
  readonly singleLines: readonly BillLine[];
  readonly size: Size;
}

async function metered(platform: BenchPlatform, work: () => Promise<void>): Promise<Reading> {
  const stop = startMeter(platform);
  await work();
  return stop();
}

async function runJobs(platform: BenchPlatform, tenant: Tenant, count: number): Promise<void> {
  const { laptop, size } = platform;
  const labels = ['self-hosted', 'small'];
  const request = { repository: `${tenant.login}/app`, labels, milliseconds: size.jobMilliseconds };
  const ids = new Set(Array.from({ length: count }, () => laptop.github.queueJob(request).jobId));
  const isCompleted = () =>
    laptop.github
      .state()
      .jobs.filter(({ id }) => ids.has(id))
      .every(({ status }) => status === 'completed');
  await until(`${count} jobs are completed`, isCompleted, { everyMilliseconds: 50 });
  await platform.rest(tenant);
}

const callsPerJob = ({ awsCalls, githubCalls }: Reading, jobs: number) => (awsCalls + githubCalls) / jobs;

function notes({ burst, singles, lines, singleLines, size }: Measured): string[] {
  const { burstJobs: burstSize, singleJobs, jobMilliseconds } = size;
  const each = (calls: number, jobs: number) => (calls / jobs).toFixed(2);
  const list = ({ byAction }: Reading, jobs: number) =>
    byAction.map(({ action, calls }) => `${action} ${each(calls, jobs)}`).join(', ');
  const writes = ({ unitsByPart }: Reading, jobs: number) =>
    unitsByPart.map(({ part, units }) => `${part} ${each(units, jobs)}`).join(', ');
  const functions = burst.use.functions
    .filter(({ invocations }) => invocations > 0)
    .map((use) => {
      const seconds = (use.billedMilliseconds / burstSize / 1000).toFixed(2);
      const dollars = ((functionTimeDollars(use) / burstSize) * 1e6).toFixed(2);
      return `${use.name} ${each(use.invocations, burstSize)} times, ${seconds} s at ${use.memoryMegabytes} MB, $${dollars}`;
    })
    .join('; ');
  const largest = lines.reduce((one, other) => (other.dollars > one.dollars ? other : one));
  return [
    `A job's life: a burst of ${burstSize} jobs of one tenant, each ${jobMilliseconds / 1000} s long, on machines that boot ` +
      `and claim, after two others that loaded containers, secrets and tokens; and ${singleJobs} jobs one at a time, after ${looksInVain} more. GitHub answers after ${latencies.github} ms, a machine shuts down ` +
      `for ${size.shutdownMilliseconds / 1000} s.`,
    `Calls a job in the burst: ${list(burst, burstSize)}, GitHub ${each(burst.githubCalls, burstSize)}.`,
    `Calls a job, one at a time: ${list(singles, singleJobs)}, GitHub ${each(singles.githubCalls, singleJobs)}.`,
    `A job in the burst uses ${each(burst.use.writeUnits, burstSize)} write units and ${each(burst.use.readUnits, burstSize)} ` +
      `read units, indexes included. Its functions: ${functions}. The largest item is ${largest.item}.`,
    `Write units a job in the burst, by statement: ${writes(burst, burstSize)}.`,
    `Write units a job, one at a time, by statement: ${writes(singles, singleJobs)}.`,
    `Dollars a million jobs, one at a time: ${singleLines.map(({ item, dollars }) => `${item} ${dollars.toFixed(2)}`).join(', ')}.`,
    ['Where it goes:', ...renderItems(itemsOf(burst, burstSize), itemsOf(singles, singleJobs))].join('\n  '),
    "A function's time is its processor time on one core here, loading included, and its waiting for calls at the latencies " +
      'above; a Lambda function of 256 MB has a seventh of a core. The prices are those of us-east-1 and in test/bench/prices.ts. ' +
      'Left out is what does not grow with jobs: idle polling of queues, and what runs on a schedule.',
  ];
}
