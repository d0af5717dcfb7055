/**
 * What scale-up writes for a burst of one tenant's jobs that reaches several copies at once, and how much of that
 * goes to failed transactions and conditions, because copies conflict. Machines do not boot here.
 */
import { judged } from './goals.ts';
import { type Reading, startMeter } from './meter.ts';
import type { BenchPlatform } from './platform.ts';
import type { Report, Result } from './result.ts';
import { until } from './until.ts';

export async function measureScaleUpUnits(platform: BenchPlatform): Promise<Report> {
  const { ec2 } = platform.laptop;
  ec2.setDials({ neverBoot: { probability: 1, count: null } });
  const results: Result[] = [];
  const notes: string[] = [];
  try {
    for (const jobs of platform.size.unitBursts) {
      const reading = await burst(platform, jobs);
      const { writeUnits } = reading.use;
      results.push(
        judged(`write units of scale-up a job, burst of ${jobs}`, writeUnits / jobs, 'write units'),
        judged(`failed writes, burst of ${jobs}`, (100 * reading.failedUnits) / writeUnits, '%'),
      );
      const parts = reading.unitsByPart
        .map(({ part, units }) => `${part.replace('scale-up ', '')} ${(units / jobs).toFixed(2)}`)
        .join(', ');
      notes.push(`Write units of scale-up a job in a burst of ${jobs}, by statement: ${parts}.`);
    }
  } finally {
    ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
  return { results, notes };
}

async function burst(platform: BenchPlatform, jobs: number): Promise<Reading> {
  const { laptop } = platform;
  const tenant = await platform.newTenant();
  const stop = startMeter(platform, ['scale-up']);
  for (let job = 0; job < jobs; job += 1) {
    laptop.github.queueJob({ repository: `${tenant.login}/app`, labels: ['self-hosted', 'small'] });
  }
  const slowly = { everyMilliseconds: 50, withinSeconds: 120 };
  const hasRows = async () => (await platform.runnerRowsOf(tenant)) >= jobs;
  await until(`${jobs} machines are started`, () => platform.machinesOf(tenant).length >= jobs, slowly);
  await until(`${jobs} runner rows exist`, hasRows, slowly);
  const queuesEmpty = () =>
    laptop.queues.list().every(({ arn }) => {
      const { visible, inFlight } = laptop.queues.counts(arn);
      return visible + inFlight === 0;
    });
  await until('all messages are dealt with', queuesEmpty, slowly);
  return stop();
}
