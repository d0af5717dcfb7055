/**
 * When the last CreateFleet call of a burst is sent: many jobs of one tenant, one job each of many tenants, and many tenants
 * right after EC2 throttled once. Machines do not boot. What the same calls would take one after the other, without any work of
 * the platform between them, stands beside the first.
 */
import type { CallRecord } from '../../lib/local/aws/service.ts';
import { judged } from './goals.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import type { Report } from './result.ts';
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
        judged('1,000 jobs of one tenant: last CreateFleet sent', many.lastSent, 's'),
        judged('100 tenants with a job each: last CreateFleet sent', wide.lastSent, 's'),
        judged('60 tenants after one throttle: last machine', throttled, 's'),
      ],
      notes: [
        `Bursts: ${burstOfOne} jobs of one tenant took ${many.launches} CreateFleet calls; ${burstTenants} tenants with a job each ` +
          `took ${wide.launches}. AWS answers after ${latencies.aws} ms, CreateFleet after ${latencies.createFleet} ms. The processes of ` +
          'functions, stand-ins and GitHub share the cores: on a busy machine their time is most of this.',
      ],
    };
  } finally {
    ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
}

async function newTenants(platform: BenchPlatform, count: number): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let n = 0; n < count; n += 1) tenants.push(await platform.newTenant());
  return tenants;
}

interface Burst {
  /** From the first job to the last CreateFleet call, seconds. */
  readonly lastSent: number;
  readonly launches: number;
}

/** So many jobs of each tenant, all at once. */
async function burst(platform: BenchPlatform, tenants: readonly Tenant[], jobs: number): Promise<Burst> {
  const { laptop } = platform;
  const sent: number[] = [];
  const stop = laptop.endpoint.onCall(({ action, at }: CallRecord) => {
    if (action === 'CreateFleet') sent.push(at);
  });
  const machines = () => tenants.reduce((sum, tenant) => sum + platform.machinesOf(tenant).length, 0);
  const wanted = machines() + tenants.length * jobs;
  const startedAt = Date.now();
  try {
    for (const tenant of tenants) for (let job = 0; job < jobs; job += 1) queue(platform, tenant);
    await until(`${wanted} machines are started`, () => machines() >= wanted, { withinSeconds: 180 });
    await settle(platform);
    return { lastSent: (Math.max(...sent) - startedAt) / 1000, launches: sent.length };
  } finally {
    stop();
  }
}

/** From one throttle to the last machine of the tenants that queue a job each right then, seconds. */
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
  const machines = () => tenants.reduce((sum, tenant) => sum + platform.machinesOf(tenant).length, 0);
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

/** What is still under way of one burst must not slow the next one. */
async function settle({ laptop }: BenchPlatform): Promise<void> {
  await laptop.github.settle();
  const isEmpty = () =>
    laptop.queues.list().every(({ arn }) => {
      const { visible, inFlight } = laptop.queues.counts(arn);
      return visible + inFlight === 0;
    });
  await until('all messages are dealt with', isEmpty, { everyMilliseconds: 50, withinSeconds: 120 });
}
