import { describe, expect, it } from '@jest/globals';
import { lifeOf, rangesOfLives, usualSeconds } from '../../lib/core/lives.ts';
import { machineRates } from '../../lib/core/price.ts';
import { countedCost, leaseCost, overrunCost, settlementOf, unspent } from '../../lib/core/spend.ts';
import { spendBound } from '../../lib/core/spend-bound.ts';
import type { SpendCaps } from '../../lib/core/spend-counts.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { ceilingPerHour } from '../../lib/core/tier-price.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { givenDeployment, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const { limits, tiers } = givenDeployment();
const region = 'us-east-1';
const place = { region };
const longestSeconds = 600 + 120 + 21_600 + 180;
const livesOf = (...counts: number[]) =>
  new Map([[small, Array.from({ length: rangesOfLives }, (_, n) => counts[n] ?? 0)]]);
const cost = (over: Partial<Tenant> = {}, tier = givenTier()) =>
  leaseCost(givenTenant(over), tier, { place, limits, strict: false });
const bound = (over: Partial<Tenant>, more: { refuses?: boolean; exact?: boolean; type?: string } = {}) => {
  const { type, ...question } = more;
  const tier = givenTier(type ? { instanceTypes: [type] } : {});
  const tenant = givenTenant(over);
  const lease = leaseCost(tenant, tier, { place, limits, strict: false });
  return spendBound({ tenant, tier, place, cost: lease, now: noon, refuses: false, ...question });
};
const endedAfter = (seconds: number, over: Parameters<typeof givenRunner>[0] = {}) => {
  const rates = machineRates({ region, instanceType: 't3.medium', spot: false, machine: givenTier().billed });
  const runner = givenRunner({ rates, startedAt: noon, ...over });
  return usageOf({ runner, reason: 'job-completed', endedAt: noon + seconds * 1000, job: undefined });
};

describe('the most that a machine of a tier costs in an hour', () => {
  it('is that of its most expensive type, with credits, disk and address', () => {
    const [, large] = tiers;
    // t3.large: 83,200 and 2 × 50,000 × (0.6 − 0.3); m5.large: 96,000. A disk of 30 GB: 3,288; an address: 5,000.
    expect(ceilingPerHour(place, large!)).toBe(83_200 + 30_000 + 3_288 + 5_000);
  });

  it('is unknown if one of the types, or the region, has no price', () => {
    expect(ceilingPerHour(place, givenTier({ instanceTypes: ['t3.medium', 'x9.large'] }))).toBeUndefined();
    expect(ceilingPerHour({ region: 'ap-nowhere-1' }, givenTier())).toBeUndefined();
  });

  it('is no less than the record of any machine of it, however long it lived', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: longestSeconds }), fc.boolean(), (seconds, spot) => {
        const { expected, ceiling } = cost({ caps: { strict: true } });
        const counted = countedCost(endedAfter(seconds, { spot }), ceiling);
        return counted > 0 && counted <= expected;
      }),
    );
  });
});

describe('the cost of a machine that runs beyond its limits', () => {
  const lease = cost({ caps: { strict: true } });
  const costOf = (seconds: number) => Math.ceil(((lease.ceiling ?? 0) * seconds) / 3600) + 4;

  it.each([
    // The machine's end comes three minutes after its deadline, ten more are counted ahead, in steps of a quarter of an hour.
    [22_500, 23_400],
    [22_620, 23_400],
    [22_621, 24_300],
    [25_000, 26_100],
  ])('is counted, %i s before its deadline, as that of %i s', (seconds, counted) => {
    const until = noon + seconds * 1000;
    const more = overrunCost({ launchedAt: noon, leaseCost: lease }, { until, limits });
    const overrun = costOf(counted) - costOf(longestSeconds);
    expect(more).toEqual({ ...lease, expected: costOf(counted), overrun });
  });
});

describe('the expected cost of a lease', () => {
  it('is that of the longest life, until ten machines of the tier have ended', () => {
    const longest = cost().expected;
    expect(longest).toBe(Math.ceil(((cost().ceiling ?? 0) * longestSeconds) / 3600) + 4);
    expect(cost({ lives: livesOf(9) }).expected).toBe(longest);
    expect(cost({ lives: livesOf(10) }).expected).toBeLessThan(longest / 100);
  });

  it("is that of the tenant's ninth of ten machines, each tier by itself", () => {
    expect(usualSeconds(livesOf(50, 30, 10, 10).get(small))).toBe(240);
    expect(usualSeconds(livesOf(50, 30, 9, 11).get(small))).toBe(480);
    expect(usualSeconds(livesOf(90, 10).get(medium))).toBeUndefined();
    const [, mediumTier] = tiers;
    expect(cost({ lives: livesOf(90) }, mediumTier).expected).toBeGreaterThan(1_000_000 / 2);
  });

  it('is that of the longest life if the tenant or the deployment is strict', () => {
    const lives = livesOf(90);
    expect(cost({ lives, caps: { strict: true } }).expected).toBe(cost().expected);
    const strict = leaseCost(givenTenant({ lives }), givenTier(), { place, limits, strict: true });
    expect(strict.expected).toBe(cost().expected);
    const lenient = givenTenant({ lives, caps: { strict: false } });
    const own = leaseCost(lenient, givenTier(), { place, limits, strict: true });
    expect(own.expected).toBeLessThan(cost().expected);
  });

  it('is undefined if the tier has no price', () => {
    expect(cost({}, givenTier({ instanceTypes: ['x9.large'] }))).toEqual({ expected: 0 });
  });

  it.each([
    [0, 0],
    [60, 0],
    [61, 1],
    [120, 1],
    [240, 2],
    [10_000_000, 11],
  ])('puts a life of %p seconds into range %p', (seconds, range) => expect(lifeOf(seconds)).toBe(range));
});

describe('what a freed lease changes', () => {
  const leaseCosts = { launchedAt: noon, leaseCost: { expected: 300_000, ceiling: 100_000 } };

  it('is the cost in the record, minus the expected cost', () => {
    const record = endedAfter(360);
    const total = Object.values(record.cost).reduce((sum, part) => sum + part, 0);
    expect(settlementOf(leaseCosts, record)).toEqual({
      ...{ launchedAt: noon, change: total - 300_000, expected: 300_000, life: 3 },
    });
  });

  it('is the most that the machine can have cost if a component has no price', () => {
    const spot = endedAfter(3_600, { rates: { list: 'x', disk: 2_400_000, address: 5_000 } });
    expect(spot.unpriced).not.toEqual([]);
    expect(settlementOf(leaseCosts, spot).change).toBe(100_004 - 300_000);
  });

  it('includes an address if it is unknown whether it had one', () => {
    const rates = machineRates({
      region,
      instanceType: 't3.medium',
      spot: false,
      machine: givenTier().billed,
    });
    const { address: _none, ...others } = rates;
    const [known, unknown] = [endedAfter(3_600), endedAfter(3_600, { rates: others })];
    expect(unknown.unpriced).toEqual(['address']);
    expect(countedCost(unknown, 999_999)).toBe(countedCost(known, 999_999));
  });

  it('is the whole expected cost if no machine came', () => {
    const leaseCost = { expected: 300_000 };
    expect(unspent({ createdAt: noon, leaseCost })).toEqual({
      ...{ launchedAt: noon, change: -300_000, expected: 300_000 },
    });
  });

  it('is the whole cost if the lease is from an earlier version', () => {
    expect(settlementOf({ launchedAt: noon }, endedAfter(360)).change).toBeGreaterThan(0);
  });
});

describe('room under spend caps', () => {
  const lives = livesOf(100);
  const one = cost({ lives }).expected;
  const spent = (month: number, day = 0) =>
    new Map([
      ['2026-11', month],
      ['2026-11-21', day],
    ]);
  const room = (caps: SpendCaps, counts?: ReadonlyMap<string, number>) =>
    bound({ lives, caps, ...(counts ? { spent: counts } : {}) });

  it('is not asked about without caps', () => {
    expect(room({})).toBeUndefined();
    expect(room({ strict: true })).toBeUndefined();
  });

  it('is the rest of the tighter one', () => {
    expect(room({ month: one * 10 })?.machines).toBe(10);
    expect(room({ month: one * 10 }, spent(one * 7))?.machines).toBe(3);
    expect(room({ month: one * 10, day: one * 4 }, spent(one * 3, one * 3))?.machines).toBe(1);
    expect(room({ month: one * 2, day: one * 4 }, spent(one * 3, one * 3))?.machines).toBe(0);
  });

  it('ignores other days and months', () => {
    const counts = new Map([
      ['2026-10', one * 99],
      ['2026-11-20', one * 99],
    ]);
    expect(room({ month: one * 10, day: one * 4 }, counts)?.machines).toBe(4);
  });

  it('counts what earlier installations of the account spent', () => {
    expect(bound({ lives, caps: { month: one * 10 }, carried: spent(one * 9) })?.machines).toBe(1);
  });

  it('shows amounts and date: to the cent on request, otherwise in steps, so that stored reasons rarely change', () => {
    const caps = { month: 20_000_000 };
    const exact = bound({ lives, caps, spent: spent(19_999_999) }, { exact: true });
    expect(exact?.reason).toEqual({
      code: 'spend-cap',
      text: expect.stringMatching(
        /^acme has used or reserved \$20\.00 of the \$20\.00 of its monthly spend cap \(spend_cap\) for 2026-11, and one more small machine may cost \$0\.\d{4}\. The job starts on 2026-12-01 \(UTC\), when machines end/,
      ),
    });
    const stored = (micros: number) => bound({ lives, caps, spent: spent(micros) })?.reason.text;
    expect(stored(19_850_000)).toContain('more than $19.80 of the $20.00');
    expect(stored(19_850_000)).toBe(stored(19_990_000));
    expect(stored(20_000_000)).toContain('all of the $20.00');
    expect(bound({ lives, caps })?.until).toBe(Date.parse('2026-12-01T00:00:00Z'));
    expect(bound({ lives, caps: { day: 20_000_000 } })?.until).toBe(Date.parse('2026-11-22T00:00:00Z'));
    expect(bound({ lives, caps: { day: 100 } })).not.toHaveProperty('until');
    expect(bound({ lives, caps: { day: 100 } })?.reason.text).toContain(
      'the job starts when the operator raises daily_cap',
    );
  });

  it('is none if a cap cannot be read, or a type has no price', () => {
    const unreadable = bound({ caps: { unreadable: 'spend_cap is {"S":"much"}; it must be a number.' } });
    expect(unreadable).toMatchObject({
      machines: 0,
      reason: { text: expect.stringContaining('{"S":"much"}') },
    });
    const unpriced = bound({ caps: { month: 1e9 } }, { type: 'x9.large' });
    expect(unpriced).toMatchObject({
      machines: 0,
      reason: { text: expect.stringContaining('no price for x9.large') },
    });
  });

  it('refuses only once nothing runs that may cost less than expected', () => {
    const caps = { month: 1 };
    expect(bound({ caps, leases: 1 }, { refuses: true })?.refuses).toBe(false);
    expect(bound({ caps }, { refuses: true })?.refuses).toBe(true);
    expect(bound({ caps })?.refuses).toBe(false);
  });
});
