import { describe, expect, it } from '@jest/globals';
import type { Runner } from '../../lib/core/runner.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import {
  type BusyPlatform,
  givenBusyPlatform,
  queueJob,
  queueJobs,
  tenantNumber,
} from '../support/busy-platform.ts';
import { givenTier, medium, noon } from '../support/given.ts';

const tenants = Array.from({ length: 50 }, (_, n) => tenantNumber(n));
const jobSeconds = 60;
const [large, ...others] = tenants as [Tenant, ...Tenant[]];

/** A tier of which all tenants together may have so many machines; each runs its job for a minute. */
const givenShared = (cap: number, world: { tenants?: readonly Tenant[]; cell?: number } = {}) =>
  givenBusyPlatform({
    deployment: {
      tiers: [givenTier({ maxRunners: 500, ...(world.cell ? {} : { capOverAllTenants: cap }) })],
      caps: {
        waitingJobsPerTenant: 10_000,
        launchesPerMinutePerTenant: 500,
        ...(world.cell ? { machinesInAll: world.cell } : {}),
      },
    },
    tenants: world.tenants ?? tenants,
    jobMilliseconds: () => jobSeconds * 1000,
  });

const counts = (launched: readonly Runner[], of: readonly Tenant[]) =>
  of.map(
    ({ installationId }) => launched.filter((runner) => runner.installationId === installationId).length,
  );

/** 1 where all got the same, 1/n where one got everything. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  const squares = values.reduce((all, value) => all + value * value, 0);
  return (sum * sum) / (values.length * squares);
}

/** As SQS fair queues deliver: in turn, while several tenants have messages. */
function queueFairly(platform: BusyPlatform, backlog: readonly (readonly [Tenant, number])[]): void {
  for (let n = 0; backlog.some(([, count]) => n < count); n++) {
    for (const [tenant, count] of backlog) if (n < count) queueJob(platform, tenant, n);
  }
}

/** Looks at the machines that live, each second. */
async function mostAtOnce(platform: BusyPlatform, seconds: number): Promise<number> {
  let most = 0;
  for (let second = 0; second < seconds; second++) {
    await platform.runFor(1000);
    most = Math.max(most, platform.liveMachines().length);
  }
  return most;
}

describe('fair shares of a capped tier', () => {
  it.each([
    { cap: 10, minutes: 30 },
    { cap: 25, minutes: 15 },
    { cap: 120, minutes: 6 },
  ])(
    'of $cap machines, 50 tenants with a backlog get equal shares, though one has 1,000 jobs',
    async ({ cap, minutes }) => {
      const platform = await givenShared(cap);
      queueFairly(platform, [[large, 1000], ...others.map((tenant) => [tenant, 40] as const)]);
      const most = await mostAtOnce(platform, minutes * 60);
      expect(most).toBe(cap);
      expect(jain(counts(platform.launched, tenants))).toBeGreaterThanOrEqual(0.98);
      expect(platform.failed).toEqual([]);
    },
  );

  it('starts the only job of a tenant as soon beside a large one as beside 49 equals', async () => {
    const startOf = async (backlog: (platform: BusyPlatform) => void) => {
      const platform = await givenShared(10);
      backlog(platform);
      await platform.runFor(90_000);
      const lone = tenants[49]!;
      queueJobs(platform, lone, 1);
      await platform.runFor(12 * 60_000);
      const place = platform.launched.findIndex((runner) => runner.installationId === lone.installationId);
      return platform.launched[place]!.launchedAt - noon - 90_000;
    };
    const besideEquals = await startOf((platform) => {
      for (const tenant of tenants.slice(0, 49)) queueJobs(platform, tenant, 20);
    });
    const besideLarge = await startOf((platform) => {
      queueJobs(platform, large, 1000);
      for (const tenant of tenants.slice(1, 49)) queueJobs(platform, tenant, 20);
    });
    expect(besideLarge).toBeLessThanOrEqual(besideEquals + 1000);
  });

  it('gives twice as much to a tenant of weight 2', async () => {
    const pair = [tenantNumber(1), tenantNumber(2, { weight: 2 })];
    const platform = await givenShared(9, { tenants: pair });
    for (const tenant of pair) queueJobs(platform, tenant, 300);
    await platform.runFor(20 * 60_000);
    const settled = platform.launched.filter(({ launchedAt }) => launchedAt > noon + 2 * 60_000);
    const [one, two] = counts(settled, pair);
    expect(two! / one!).toBeGreaterThan(1.8);
    expect(two! / one!).toBeLessThan(2.2);
  });

  it('gives a tenant that waits in two tiers as much as one that waits in one', async () => {
    const both = { tier: medium, labels: ['self-hosted', 'linux', 'x64', 'medium'] };
    const platform = await givenBusyPlatform({
      deployment: {
        tiers: [givenTier({ maxRunners: 500 }), givenTier({ ...both, name: medium, maxRunners: 500 })],
        caps: { waitingJobsPerTenant: 10_000, launchesPerMinutePerTenant: 500, machinesInAll: 5 },
      },
      tenants: tenants.slice(0, 8),
      jobMilliseconds: ({ plannedJob }) => 30_000 + (plannedJob % 7) * 5_000,
    });
    for (const [n, tenant] of tenants.slice(0, 8).entries()) {
      queueJobs(platform, tenant, 100);
      for (let job = 0; n < 4 && job < 100; job++) queueJob(platform, tenant, 100 + job, both);
    }
    await platform.runFor(30 * 60_000);
    expect(jain(counts(platform.launched, tenants.slice(0, 8)))).toBeGreaterThanOrEqual(0.99);
    const inMedium = platform.launched.filter(({ tier }) => tier === medium);
    expect(jain([inMedium.length * 3, platform.launched.length - inMedium.length])).toBeGreaterThan(0.99);
  });

  it('lends unused shares to other tenants, and takes them back job by job', async () => {
    const platform = await givenShared(10);
    queueJobs(platform, large, 200);
    await platform.runFor(30_000);
    expect(platform.liveMachines()).toHaveLength(10);
    for (const tenant of others.slice(0, 4)) queueJobs(platform, tenant, 50);
    await platform.runFor(10 * 60_000);
    const late = platform.launched.filter(({ launchedAt }) => launchedAt > noon + 5 * 60_000);
    expect(jain(counts(late, [large, ...others.slice(0, 4)]))).toBeGreaterThanOrEqual(0.98);
  });

  it('keeps a cap over the whole cell, and every job runs in the end', async () => {
    const platform = await givenShared(0, { cell: 7 });
    for (const tenant of tenants.slice(0, 10)) queueJobs(platform, tenant, 5);
    expect(await mostAtOnce(platform, 12 * 60)).toBe(7);
    expect(platform.waiting()).toEqual([]);
    expect(platform.launched).toHaveLength(50);
    expect(platform.failed).toEqual([]);
    const use = await platform.launches.capUseAcrossTenants({ name: 'cell', machines: 7 });
    expect(use.waiters).toEqual([]);
    expect(use.rows).toMatchObject([{ leases: 0 }]);
  });
});
