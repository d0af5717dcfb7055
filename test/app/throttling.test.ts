import { describe, expect, it } from '@jest/globals';
import { givenBusyPlatform, queueJobs, tenantNumber, throttled } from '../support/busy-platform.ts';
import { givenTier } from '../support/given.ts';

const tenants = Array.from({ length: 50 }, (_, n) => tenantNumber(n));
const minutes = 60_000;

/** 50 tenants have 20 jobs each, and EC2 answers every launch with RequestLimitExceeded. */
async function givenThrottledPlatform() {
  const platform = await givenBusyPlatform({
    deployment: { tiers: [givenTier({ maxRunners: 500 })] },
    tenants,
  });
  platform.ec2.refusal = throttled;
  for (const tenant of tenants) queueJobs(platform, tenant, 20);
  return platform;
}

/** The most calls that any window of so long saw. */
const most = (times: readonly number[], window: number) =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + window).length));

describe('1,000 jobs against an EC2 that always answers RequestLimitExceeded', () => {
  it('slow down to at most one call a second in all', async () => {
    const platform = await givenThrottledPlatform();
    await platform.runFor(10 * minutes);
    const heard = platform.callTimes[0]! + 20_000;
    const later = platform.callTimes.filter((time) => time > heard);
    expect(later.length).toBeGreaterThan(100);
    expect(most(later, 1_000)).toBe(1);
    expect(platform.callTimes.length).toBeLessThan(2 * 600);
    expect(platform.waiting()).toHaveLength(1000);
    expect(platform.failed).toEqual([]);
  });

  it('say why they wait, and give every tenant a call before any has many', async () => {
    const platform = await givenThrottledPlatform();
    await platform.runFor(10 * minutes);
    expect(new Set(platform.waiting().map(({ reason }) => reason?.code))).toEqual(new Set(['throttled']));
    const attempts = tenants.map(({ installationId }) =>
      Math.max(
        ...platform.stores.world
          .allJobs()
          .filter((job) => job.installationId === installationId)
          .map((job) => job.attempts),
      ),
    );
    expect(Math.min(...attempts)).toBeGreaterThan(0);
    expect(Math.max(...attempts) - Math.min(...attempts)).toBeLessThanOrEqual(3);
  });

  it('all start when it recovers, without another burst', async () => {
    const platform = await givenThrottledPlatform();
    await platform.runFor(5 * minutes);
    platform.ec2.refusal = undefined;
    const before = platform.callTimes.length;
    await platform.runFor(3 * minutes);
    expect(platform.waiting()).toEqual([]);
    expect(platform.launched).toHaveLength(1000);
    expect(most(platform.callTimes.slice(before), 1_000)).toBeLessThanOrEqual(20);
    expect(platform.failed).toEqual([]);
  });
});

describe('tenants that queue a job each while EC2 throttles', () => {
  async function givenTenants(count: number) {
    const crowd = Array.from({ length: count }, (_, n) => tenantNumber(n));
    const platform = await givenBusyPlatform({
      deployment: { tiers: [givenTier({ maxRunners: 500 })] },
      tenants: crowd,
    });
    const queueAll = () => {
      for (const tenant of crowd) queueJobs(platform, tenant, 1);
    };
    return { platform, queueAll };
  }

  it('all have their machine within four seconds of one throttle', async () => {
    const { platform, queueAll } = await givenTenants(60);
    platform.ec2.bucket = { most: 1000, perSecond: 0, left: 0, filledAt: platform.now() };
    queueJobs(platform, tenantNumber(0), 1);
    await platform.runFor(200);
    expect(platform.throttledCalls).toHaveLength(1);
    platform.ec2.bucket = undefined;
    queueAll();
    await platform.runFor(4_000);
    expect(platform.launched).toHaveLength(60);
  });

  it('find the rate at which EC2 accepts calls, with few refused ones', async () => {
    const { platform, queueAll } = await givenTenants(150);
    platform.ec2.bucket = { most: 50, perSecond: 5, left: 50, filledAt: platform.now() };
    queueAll();
    // The bucket gives 50 at once, and 150 in the 30 seconds that follow.
    await platform.runFor(30_000);
    expect(platform.launched).toHaveLength(150);
    expect(platform.throttledCalls.length).toBeLessThanOrEqual(30);
  });
});

describe('without throttling', () => {
  it('nothing is written for the pace, and tenants do not wait for each other', async () => {
    const platform = await givenBusyPlatform({
      deployment: { tiers: [givenTier({ maxRunners: 500 })] },
      tenants,
    });
    for (const tenant of tenants) queueJobs(platform, tenant, 1);
    await platform.runFor(2_000);
    expect(platform.launched).toHaveLength(50);
    expect(platform.notes.all.size).toBe(0);
  });
});
