import { describe, expect, it } from '@jest/globals';
import { givenBusyPlatform, queueJobs, tenantNumber } from '../support/busy-platform.ts';
import { givenTier } from '../support/given.ts';

const throttled = {
  class: 'throttled',
  code: 'RequestLimitExceeded',
  message: 'Request limit exceeded.',
} as const;
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
  it('make at most one call a second in all, once the first answers are heard', async () => {
    const platform = await givenThrottledPlatform();
    await platform.runFor(10 * minutes);
    const heard = platform.callTimes[0]! + 1_800;
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
        ...platform
          .waiting()
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
    expect(most(platform.callTimes.slice(before), 1_000)).toBeLessThanOrEqual(4);
    expect(platform.failed).toEqual([]);
  });
});

describe('in ordinary times', () => {
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
