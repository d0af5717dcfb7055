/** Costs after a comparison: what AWS billed on the days that were compared, and by the same ratios on the others. */
import { describe, expect, it } from '@jest/globals';
import type { BilledCost } from '../../lib/core/compare-bill.ts';
import { comparedDays, lineOfDay } from '../../lib/core/compared-day.ts';
import { correctionBy } from '../../lib/core/correction.ts';
import { InstallationId, InstanceId, TierName } from '../../lib/core/ids.ts';
import type { Component } from '../../lib/core/price.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp, type UsageSum } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';

const days = ['2026-11-01', '2026-11-02'];
const dollar = 1_000_000;

interface Used {
  readonly day?: string;
  readonly tenant?: number;
  readonly tier?: string;
  /** On record. */
  readonly surplus?: number;
}

/** An hour of a machine: a dollar of compute, and of credits what is said. */
function used({ day = days[0]!, tenant = 101, tier = 'small', surplus = dollar }: Used = {}): UsageSum {
  const launchedAt = Date.parse(day);
  const runner = givenRunner({
    ...{
      installationId: InstallationId(tenant),
      tier: TierName(tier),
      instanceId: InstanceId(`i-${tenant}`),
    },
    ...{ launchedAt, startedAt: launchedAt },
    rates: { list: '2026-07-20', compute: dollar, surplus, disk: 0, address: 0 },
  });
  return sumUp([
    usageOf({ runner, reason: 'stood-down', endedAt: launchedAt + 3_600_000, job: undefined }),
  ])[0]!;
}

const billed = (
  dollars: number,
  component: Component,
  { day = days[0]!, tenant = 101, tier = 'small' }: Used = {},
) => ({
  ...{
    day,
    installationId: InstallationId(tenant),
    tier: TierName(tier),
    component,
    micros: dollars * dollar,
  },
});

const compare = (sums: readonly UsageSum[], bill: readonly BilledCost[], of = days.slice(0, 1)) =>
  comparedDays({ sums, byTenant: bill, byTier: bill }, of, 'cost-explorer');

describe('a correction', () => {
  it("brings a tenant's compared days to what AWS billed it for, and others' to theirs", () => {
    const sums = [used(), used({ tier: 'medium' }), used({ tenant: 102 })];
    const bill = [billed(1.5, 'compute'), billed(1, 'surplus'), billed(3, 'compute', { tenant: 102 })];
    const { costOf } = correctionBy(compare(sums, bill));
    expect(sums.map(costOf)).toEqual([1_250_000, 1_250_000, 3_000_000]);
  });

  it('takes the ratios of the same tier for a day that was not compared', () => {
    const sums = [used(), used({ tier: 'medium' })];
    const bill = [billed(1, 'compute'), billed(0.5, 'surplus'), billed(2, 'compute', { tier: 'medium' })];
    const { costOf, days: on } = correctionBy(compare(sums, bill));
    expect(on).toEqual(['2026-11-01']);
    const later = (of: Used) => costOf(used({ day: days[1]!, tenant: 999, ...of }));
    expect(later({ surplus: 2 * dollar })).toBe(2 * dollar);
    expect(later({ tier: 'medium' })).toBe(2 * dollar);
    expect(later({ tier: 'new' })).toBe(1_500_000 + 250_000);
  });

  it('keeps what is billed for a component without any record', () => {
    const sums = [used({ surplus: 0 })];
    const { costOf } = correctionBy(compare(sums, [billed(1, 'compute'), billed(0.5, 'surplus')]));
    expect(sums.map(costOf)).toEqual([1_500_000]);
  });

  it('ignores a day on which machines ran but the bill has none', () => {
    expect(compare([used()], [])).toEqual([]);
    const { costOf } = correctionBy([]);
    expect(costOf(used())).toBe(2 * dollar);
  });

  it('keeps the smallest of more than 3,000 tenants together', () => {
    const tenants = Array.from({ length: 3_010 }, (_, n) => n + 1);
    const sums = tenants.map((tenant) => used({ tenant }));
    const [day] = compare(
      sums,
      tenants.map((tenant) => billed(tenant, 'compute', { tenant })),
    );
    expect(day?.tenants).toHaveLength(3_001);
    expect(lineOfDay(day!)).toMatchObject({ recorded: 2 * dollar * tenants.length });
    const { costOf } = correctionBy([day!]);
    const all = sums.reduce((sum, one) => sum + costOf(one), 0);
    expect(Math.abs(all - (lineOfDay(day!)?.billed ?? 0))).toBeLessThan(sums.length);
  });
});

describe('the uncertainty of a correction', () => {
  const tenants = Array.from({ length: 10 }, (_, n) => n + 1);
  const off = (amounts: readonly number[]) =>
    correctionBy(
      compare(
        tenants.map((tenant) => used({ tenant })),
        amounts.map((amount, n) => billed(amount, 'compute', { tenant: n + 1 })),
      ),
    ).uncertainty;

  it('is zero if all tenants differ by the same ratio, and grows with the spread', () => {
    expect(off(tenants.map(() => 3))).toBe(0);
    const [small = 0, large = 0] = [0.1, 0.4].map((part) =>
      off(tenants.map((n) => 3 + (n % 2 ? part : -part))),
    );
    expect(small).toBeGreaterThan(0.01);
    expect(large / small).toBeCloseTo(4, 1);
  });

  it('is unknown with data from few tenants', () => {
    expect(correctionBy(compare([used()], [billed(3, 'compute')])).uncertainty).toBeUndefined();
  });
});
