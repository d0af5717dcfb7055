/**
 * When the last CreateFleet call of a burst is sent: for many jobs of one tenant, for one job each of many tenants,
 * and for many tenants right after EC2 throttled once. Machines do not boot. For comparison, the first two also show
 * the same burst with the same latencies but no processor time, and how much processor time this machine spent.
 */
import { defaultScaleUpConcurrency } from '../../lib/config/check-account.ts';
import { chunksOf } from '../../lib/core/chunks.ts';
import type { CallRecord } from '../../lib/local/aws/service.ts';
import { judged } from './goals.ts';
import { modelBurst } from './modelled-burst.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import { type ProcessorTime, startProcessorClock } from './processor-time.ts';
import type { Report, Result } from './result.ts';
import { until } from './until.ts';

export async function measureBursts(platform: BenchPlatform): Promise<Report> {
  const { ec2 } = platform.laptop;
  const { burstOfOne, burstTenants, throttledTenants } = platform.size;
  ec2.setDials({ neverBoot: { probability: 1, count: null } });
  try {
    const many = await burst(platform, [await platform.newTenant()], burstOfOne);
    const crowd = await newTenants(platform, Math.max(burstTenants, throttledTenants));
    const wide = await burst(platform, crowd.slice(0, burstTenants), 1);
    const throttled = await afterThrottle(platform, crowd.slice(0, throttledTenants));
    return {
      results: [
        ...(await besideBaseline('1,000 jobs of one tenant', many, { tenants: 1, jobsOfEach: burstOfOne })),
        ...(await besideBaseline('100 tenants with a job each', wide, {
          tenants: burstTenants,
          jobsOfEach: 1,
        })),
        judged('60 tenants after one throttle: last machine', throttled, 's'),
      ],
      notes: [
        `Bursts: ${burstOfOne} jobs of one tenant took ${many.launches} CreateFleet calls; ${burstTenants} tenants with a job each ` +
          `took ${wide.launches}. AWS answers after ${latencies.aws} ms, CreateFleet after ${latencies.createFleet} ms.`,
        'Of a burst, "by latencies alone" is its model in virtual time: the same code and the same latencies, on processors that ' +
          'take no time. "processor time" is what all processes of the laptop used meanwhile, of one core: with two cores a burst ' +
          'takes at least half of it, and longer where others use them too. What is not the functions’ or the database’s is of the ' +
          'process that holds the other stand-ins: AWS’s endpoint, EC2, SQS, GitHub, and the benchmark.',
      ],
    };
  } finally {
    ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
}

async function besideBaseline(
  name: string,
  measured: Burst,
  shape: { tenants: number; jobsOfEach: number },
): Promise<Result[]> {
  const modelled = await modelBurst({ ...shape, copies: defaultScaleUpConcurrency, latencies });
  return [
    judged(`${name}: last CreateFleet sent`, measured.lastSent, 's'),
    judged(`${name}: by latencies alone`, modelled.lastSent, 's'),
    judged(`${name}: processor time`, measured.used.all, 's'),
    judged(`${name}: of it the functions`, measured.used.functions, 's'),
    judged(`${name}: of it the database`, measured.used.database, 's'),
  ];
}

async function newTenants(platform: BenchPlatform, count: number): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let n = 0; n < count; n += 1) tenants.push(await platform.newTenant());
  // The work that follows an installation is not part of a burst.
  await settle(platform);
  return tenants;
}

interface Burst {
  /** From the first job to the last CreateFleet call, seconds. */
  readonly lastSent: number;
  readonly launches: number;
  /** Seconds of one core, until everything is settled. */
  readonly used: ProcessorTime;
}

/** This many jobs of each tenant, all at once. */
async function burst(platform: BenchPlatform, tenants: readonly Tenant[], jobs: number): Promise<Burst> {
  const { laptop } = platform;
  const sent: number[] = [];
  const stop = laptop.endpoint.onCall(({ action, at }: CallRecord) => {
    if (action === 'CreateFleet') sent.push(at);
  });
  const machines = () => platform.machinesOf(...tenants).length;
  const wanted = machines() + tenants.length * jobs;
  const startedAt = Date.now();
  const processorClock = startProcessorClock();
  try {
    await queueAll(platform, tenants, jobs);
    await until(`${wanted} machines are started`, () => machines() >= wanted, { withinSeconds: 180 });
    await settle(platform);
    const lastSent = (Math.max(...sent) - startedAt) / 1000;
    return { lastSent, launches: sent.length, used: processorClock() };
  } finally {
    stop();
  }
}

/** GitHub gives up a webhook after 10 s: on a busy machine a thousand at once would take longer. */
const webhooksAtOnce = 200;

async function queueAll(platform: BenchPlatform, tenants: readonly Tenant[], jobs: number): Promise<void> {
  const all = tenants.flatMap((tenant) => Array.from({ length: jobs }, () => tenant));
  for (const [n, together] of chunksOf(all, webhooksAtOnce).entries()) {
    if (n > 0) await platform.laptop.github.settle();
    for (const tenant of together) queue(platform, tenant);
  }
}

/** Seconds from one throttle to the last machine of the tenants that queue a job each at that moment. */
async function afterThrottle(platform: BenchPlatform, tenants: readonly Tenant[]): Promise<number> {
  const { endpoint } = platform.laptop;
  const dials = endpoint.dials.list();
  const throttle = { code: 'RequestLimitExceeded', message: 'Request limit exceeded.', status: 503 };
  endpoint.dials.set([
    ...dials,
    { service: 'ec2', action: 'CreateFleet', caller: scaleUp(platform), error: throttle, count: 1 },
  ]);
  const isThrottled = new Promise<void>((resolve) => {
    const stop = endpoint.onCall(({ action, status }) => {
      if (action !== 'CreateFleet' || status !== 503) return;
      stop();
      resolve();
    });
  });
  const machines = () => platform.machinesOf(...tenants).length;
  const wanted = machines() + tenants.length;
  const [first, ...others] = tenants;
  queue(platform, first!);
  await isThrottled;
  const startedAt = performance.now();
  for (const tenant of others) queue(platform, tenant);
  await until('every tenant has its machine', () => machines() >= wanted, { withinSeconds: 120 });
  const seconds = (performance.now() - startedAt) / 1000;
  endpoint.dials.set(dials);
  await settle(platform);
  return seconds;
}

const scaleUp = ({ laptop }: BenchPlatform) => `${laptop.environment}-scale-up`;

const queue = ({ laptop }: BenchPlatform, { login }: Tenant) =>
  laptop.github.queueJob({ repository: `${login}/app`, labels: ['self-hosted', 'small'] });

/** Work that is left from one burst must not slow down the next one. */
async function settle({ laptop }: BenchPlatform): Promise<void> {
  await laptop.github.settle();
  const isEmpty = () =>
    laptop.queues.list().every(({ arn }) => {
      const { visible, inFlight } = laptop.queues.counts(arn);
      return visible + inFlight === 0;
    });
  await until('all messages are dealt with', isEmpty, { everyMilliseconds: 50, withinSeconds: 120 });
}
