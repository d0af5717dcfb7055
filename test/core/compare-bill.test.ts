/** The records against the bill: by day, tenant and component, and neither is changed. */
import { describe, expect, it } from '@jest/globals';
import { type BilledCost, compareBill, componentOf } from '../../lib/core/compare-bill.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';

const days = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];

/** An hour of a machine: a dollar of compute and one of credits. */
const givenSums = (day: string, tenant = 101) => {
  const launchedAt = Date.parse(day);
  const rates = { list: '2026-07-20', compute: 1_000_000, surplus: 1_000_000, disk: 0, address: 0 };
  const runner = givenRunner({
    installationId: InstallationId(tenant),
    launchedAt,
    startedAt: launchedAt,
    rates,
  });
  return sumUp([usageOf({ runner, reason: 'stood-down', endedAt: launchedAt + 3_600_000, job: undefined })]);
};
const billed = (day: string, dollars: number, of: Partial<BilledCost> = {}): BilledCost => ({
  ...{ day, installationId: InstallationId(101), component: 'compute', micros: dollars * 1_000_000 },
  ...of,
});
const sums = days.flatMap((day) => givenSums(day));

describe('a comparison with the bill', () => {
  it('has each day, tenant and component, and separates what no record explains', () => {
    const bill = [
      billed('2026-11-01', 1),
      billed('2026-11-01', 0.5, { component: 'surplus' }),
      billed('2026-11-01', 9, { installationId: InstallationId(102) }),
      { day: '2026-11-01', micros: 7_000_000 },
      billed('2026-11-09', 100),
    ];
    const found = compareBill({ sums, bill }, days.slice(0, 1));
    expect(found).toMatchObject({
      days: [{ name: '2026-11-01', recorded: 2_000_000, billed: 10_500_000, ratio: 5.25 }],
      tenants: [
        { installationId: 101, recorded: 2_000_000, billed: 1_500_000, ratio: 0.75 },
        { installationId: 102, recorded: 0, billed: 9_000_000 },
      ],
      unexplained: 7_000_000,
    });
    expect(found.components.map(({ name, billed: of }) => [name, of])).toEqual([
      ['compute', 10_000_000],
      ['surplus', 500_000],
      ['disk', 0],
      ['address', 0],
    ]);
    expect(found.tenants[1]).not.toHaveProperty('ratio');
  });

  it.each([
    [[2, 2, 2, 2], 0],
    [[9, 9, 9, 2.05], 0],
    [[2, 2, 2, 2.07], 1],
    [[2, 1.9, 2.1, 1.93], 3],
    [[0, 0, 0, 0], 4],
  ])('of bills of %j dollars has differed by more than 3%% for %i days', (dollars, apart) => {
    const bill = dollars.map((each, n) => billed(days[n]!, each));
    expect(compareBill({ sums, bill }, days).daysApart).toBe(apart);
  });

  it('continues the count of differing days from the month before', () => {
    const bill = [2.5, 2.5].map((each, n) => billed(days[n]!, each));
    const earlier = ['2026-10-30', '2026-10-31'].map((name) => ({ name, recorded: 1, billed: 2, ratio: 2 }));
    const quiet = { name: '2026-10-29', recorded: 1, billed: 1, ratio: 1 };
    const two = days.slice(0, 2);
    expect(compareBill({ sums, bill }, two, [quiet, ...earlier]).daysApart).toBe(4);
    expect(compareBill({ sums, bill }, two, [...earlier, quiet]).daysApart).toBe(2);
  });

  it.each([
    ['BoxUsage:t3.medium', 'compute'],
    ['EUW1-SpotUsage:m5.large', 'compute'],
    ['CPUCredits:t3', 'surplus'],
    ['EUC1-EBS:VolumeUsage.gp3', 'disk'],
    ['EBS:VolumeP-IOPS.gp3', 'disk'],
    ['PublicIPv4:InUseAddress', 'address'],
    ['DataTransfer-Out-Bytes', undefined],
    ['EBS:SnapshotUsage', undefined],
  ])('maps %s to %s', (usageType, component) => {
    expect(componentOf(usageType)).toBe(component);
  });
});
