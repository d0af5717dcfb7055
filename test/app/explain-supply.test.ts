/** What `mayfly explain` says of jobs that wait for what tenants share: caps, the pace of launches, and EC2's pools. */
import { describe, expect, it } from '@jest/globals';
import { explainWaiting } from '../../lib/app/insight/explain-waiting.ts';
import type { Facts, Supply } from '../../lib/app/insight/facts.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { type Closing, poolName } from '../../lib/core/pools.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { Tier } from '../../lib/core/tier.ts';
import { acme, givenJob, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { givenFacts, givenPlatform, now } from '../support/given-facts.ts';

const explained = (over: Partial<Facts> = {}, job: Partial<Job> = {}) =>
  explainWaiting(givenFacts(over), givenJob(job));
const ofTenant = (over: Partial<Tenant>) => ({ tenant: givenTenant(over) });
const ofTier = (over: Partial<Tier>) => ({ platform: givenPlatform({ tiers: [givenTier(over)] }) });
const why = (code: ReasonCode) => ({ reason: reason(code, `the sentence of ${code}`) });
const supply = (over: Partial<Supply>) => ({ supply: { closings: {}, caps: [], ...over } });

describe('a job under a cap over all tenants', () => {
  const waiter = (installationId: InstallationId, since: number) => ({
    ...{ installationId, since, tier: small, weight: 1 },
  });
  const capWith = (leases: number, ...waiters: ReturnType<typeof waiter>[]) =>
    supply({
      caps: [
        {
          cap: { name: 'cell', machines: 3 },
          use: { rows: [{ key: 'cell/0', leases, changes: 0 }], waiters },
        },
      ],
    });
  const other = InstallationId(7);

  it('waits only once the cap is used up', () => {
    expect(explained(capWith(2)).code).toBe('queued');
    expect(explained(capWith(3)).code).toBe('shared-cap');
  });

  it.each([
    ['; acme is number 1 of 2 in the line for the next one.', [waiter(other, 2), waiter(acme, 1)]],
    ['; acme is number 2 of 2 in the line for the next one.', [waiter(acme, 2), waiter(other, 1)]],
    ['.', [waiter(other, 1)]],
  ])('says where its tenant is in line: %s', (end, waiters) => {
    expect(explained(capWith(3, ...waiters)).line).toBe(
      `All 3 runners that all tenants share are in use${end}`,
    );
  });
});

describe('a job whose tenant starts machines too fast', () => {
  const platform = givenPlatform({ caps: { waitingJobsPerTenant: 9, launchesPerMinutePerTenant: 6 } });

  it('starts once the rate has room for one more', () => {
    // A machine uses ten seconds of the minute, of which five are left.
    expect(explained({ platform, ...ofTenant({ rateUsedUntil: now + 55_000 }) })).toMatchObject({
      code: 'launch-rate',
      line: 'acme reached its limit of machines started within a minute (6).',
      estimate: { seconds: 5 },
    });
  });
});

describe('a job whose pools are closed', () => {
  const closing = (cause: Closing['cause'], seconds: number, code: string = cause) => ({
    ...{ cause, code, until: now + seconds * 1000 },
  });
  const zone = 'us-east-1a';
  const pool = (instanceType: string) => poolName({ market: 'on-demand', instanceType, zone });

  it('ignores closings that have expired', () => {
    const over = { small: closing('fatal', 0), 'on-demand:small': closing('quota', -60) };
    expect(explained(supply({ closings: over })).code).toBe('queued');
  });

  it('waits for the quotas of both markets if its tier uses spot, until the first one opens', () => {
    const spot = ofTier({ spot: true });
    const ofSpot = { 'spot:small': closing('quota', 90, 'SpotQuota') };
    const both = { ...ofSpot, 'on-demand:small': closing('quota', 30, 'VcpuQuota') };
    expect(explained({ ...spot, ...supply({ closings: ofSpot }) }).code).toBe('queued');
    expect(explained({ ...spot, ...supply({ closings: both }) })).toMatchObject({
      code: 'quota',
      line: expect.stringContaining('VcpuQuota'),
      estimate: { seconds: 30 },
    });
    expect(explained(supply({ closings: ofSpot })).code).toBe('queued');
  });

  it('waits until the first of its own pools opens, not one of another tier', () => {
    const closings = {
      [pool('m5.large')]: closing('capacity', 10),
      'on-demand:medium': closing('quota', 20),
      [pool('t3.medium')]: closing('capacity', 180),
      [pool('c5.large')]: closing('capacity', 60),
    };
    const tier = ofTier({ instanceTypes: ['t3.medium', 'c5.large'] });
    expect(explained({ ...tier, ...supply({ closings }) }, why('capacity'))).toMatchObject({
      code: 'capacity',
      estimate: { seconds: 60, basis: 'the next pool is tried again then (capacity)' },
    });
  });

  it('waits for the quota of one market if that is its reason', () => {
    const facts = {
      ...ofTier({ spot: true }),
      ...supply({ closings: { 'spot:small': closing('quota', 50) } }),
    };
    expect(explained(facts, why('quota'))).toMatchObject({ code: 'quota', estimate: { seconds: 50 } });
  });

  it.each<Partial<Job>>([{}, why('runner-ended')])('waits for none of them where it has %j', (stored) => {
    const { code, estimate } = explained(
      supply({ closings: { [pool('t3.medium')]: closing('capacity', 60) } }),
      stored,
    );
    expect({ code, basis: estimate?.basis }).toEqual({
      code: stored.reason?.code ?? 'queued',
      basis: expect.stringContaining('a stock image takes about'),
    });
  });
});

it('no longer waits for a call to EC2 once its turn has come', () => {
  const turns = { [`${acme}/small`]: { at: now, calledAt: now } };
  const pace = { callsPerSecond: 1, nextCallAt: now, lineEndsAt: now, slowedAt: noon, turns };
  expect(explained(supply({ pace })).code).toBe('queued');
});
