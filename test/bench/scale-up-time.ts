/**
 * How long a burst of jobs takes from the first webhook to the last machine. Machines do not boot here: a hundred of
 * them would share this machine's cores with what is measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { judged } from './goals.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import { median, type Report } from './result.ts';
import { until } from './until.ts';

export async function measureScaleUpTime(platform: BenchPlatform): Promise<Report> {
  const { ec2 } = platform.laptop;
  const { scaleUpSizes: sizes, scaleUpRounds: rounds } = platform.size;
  ec2.setDials({ neverBoot: { probability: 1, count: null } });
  const seconds = new Map(sizes.map((size) => [size, [] as number[]]));
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const size of sizes) seconds.get(size)!.push(await scaleUp(platform, size));
    }
  } finally {
    ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
  const results = sizes.map((size) =>
    judged(`scale-up of ${size} job${size === 1 ? '' : 's'}`, median(seconds.get(size)!), 's'),
  );
  const hundred = seconds.get(100);
  return {
    results: [
      ...results,
      ...(hundred
        ? [
            judged(
              'scale-up of 100 jobs, against one JIT config a second',
              100 / median(hundred),
              'times faster',
            ),
          ]
        : []),
    ],
    notes: [
      `Scale-up: from the first webhook sent (all at once, one tenant) until CreateFleet was answered for every ` +
        `machine and each has its runner row; median of ${rounds} rounds, each with a new tenant and warm functions. ` +
        `AWS answers after ${latencies.aws} ms, CreateFleet after ${latencies.createFleet} ms. Machines do not boot in ` +
        'this measurement.',
      'A system that mints one JIT config a second before it launches needs 25 s for 25 jobs and 100 s for 100.',
    ],
  };
}

async function scaleUp(platform: BenchPlatform, jobs: number): Promise<number> {
  const tenant = await platform.newTenant();
  const startedAt = performance.now();
  queueJobs(platform, tenant, jobs);
  await until(`${jobs} machines are started`, () => platform.machinesOf(tenant).length >= jobs);
  await until(`${jobs} runner rows exist`, async () => (await platform.runnerRowsOf(tenant)) >= jobs);
  const seconds = (performance.now() - startedAt) / 1000;
  // Work that is left from this round must not slow down the next one.
  await sleep(300);
  return seconds;
}

function queueJobs({ laptop }: BenchPlatform, { login }: Tenant, jobs: number): void {
  for (let job = 0; job < jobs; job += 1) {
    laptop.github.queueJob({ repository: `${login}/app`, labels: ['self-hosted', 'small'] });
  }
}
