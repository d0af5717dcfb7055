/** The records against the bill by machine: what has no price on record is in no figure of either side. */
import { describe, expect, it } from '@jest/globals';
import { type BilledCost, compareBill, withoutUnpricedAddresses } from '../../lib/core/compare-bill.ts';
import {
  type ExportedLine,
  type RecordedMachine,
  tallyExport,
  withoutLeftOut,
} from '../../lib/core/compare-export.ts';
import { comparedDays, lineOfDay, pricedLineOf } from '../../lib/core/compared-day.ts';
import { correctionBy } from '../../lib/core/correction.ts';
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import type { Component, MachineRates } from '../../lib/core/price.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { acme, medium, small } from '../support/given.ts';

const [first, second] = ['2026-11-01', '2026-11-02'];
const days = [first, second];
const hour = 3_600_000;
/** A dollar an hour of each. */
const all: MachineRates = { list: 'x', compute: 1e6, surplus: 0, disk: 730e6, address: 1e6 };
const { disk: _disk, ...diskless } = all;

const used = (
  id: string,
  over: { rates?: MachineRates; tier?: typeof small; day?: string; at?: number } = {},
) => {
  const launchedAt = Date.parse(over.day ?? first) + (over.at ?? 0);
  const runner = givenRunner({
    ...{ instanceId: InstanceId(id), installationId: acme, tier: over.tier ?? small },
    ...{ launchedAt, startedAt: launchedAt, rates: over.rates ?? all },
  });
  return usageOf({ runner, reason: 'stood-down', endedAt: launchedAt + hour, job: undefined });
};
type Used = ReturnType<typeof used>;
const dayOfLaunch = ({ launchedAt }: Used) => new Date(launchedAt).toISOString().slice(0, 10);

const billed = (
  record: Used,
  component: Component,
  day = dayOfLaunch(record),
  micros = 1e6,
): ExportedLine => ({
  ...{ day, component, micros, isSpot: false, environment: 'my-saas' },
  resourceId: component === 'compute' ? record.instanceId : `${component} of ${record.instanceId}`,
  ...{ installationId: record.installationId, tier: record.tier },
});

function compared(records: readonly Used[], bill: readonly ExportedLine[]) {
  const machines = records.map((record): RecordedMachine => ({ ...record, day: dayOfLaunch(record) }));
  const tally = tallyExport({ environment: 'my-saas', days, machines });
  for (const line of bill) tally.add(line);
  const found = tally.result();
  const kinds = new Map(found.kinds.map(({ name, recorded, billed }) => [name, [recorded, billed]]));
  return { ...found, kinds, sums: withoutLeftOut(sumUp(records), found.leftOut) };
}
const wholly = (record: Used) => (['compute', 'disk', 'address'] as const).map((one) => billed(record, one));

describe('usage without a recorded price', () => {
  it('is left out on both sides, for disks as for compute, by tenant, tier and day', () => {
    const records = [used('i-1'), used('i-2', { rates: diskless }), used('i-3', { day: second })];
    const found = compared(records, records.flatMap(wholly));
    expect(found.kinds.get('compute on demand')).toEqual([3e6, 3e6]);
    expect(found.kinds.get('address')).toEqual([3e6, 3e6]);
    expect(found.kinds.get('disk')).toEqual([1e6, 1e6]);
    expect(found.sums.map(({ day, cost }) => [day, cost.disk, cost.compute])).toEqual([
      [first, 0, 2e6],
      [second, 1e6, 1e6],
    ]);
    const disksOf = (bill: readonly BilledCost[]) =>
      bill.filter(({ component }) => component === 'disk').map(({ day, micros }) => [day, micros]);
    expect(disksOf(found.pricedBill)).toEqual([[second, 1e6]]);
    expect(disksOf(found.bill)).toEqual([
      [first, 2e6],
      [second, 1e6],
    ]);
    expect(found.explained).toMatchObject({ tagged: 9e6, known: 9e6 });
  });

  it('stays in for other tiers and tenants', () => {
    const records = [used('i-1'), used('i-2', { tier: medium, rates: diskless })];
    const other = { ...billed(records[1]!, 'disk'), installationId: InstallationId(acme + 1) };
    const found = compared(records, [...records.flatMap(wholly), other]);
    expect(found.kinds.get('disk')).toEqual([1e6, 2e6]);
    expect(found.leftOut).toEqual([{ day: first, installationId: acme, tier: medium, component: 'disk' }]);
  });

  it('is left out of each day on which its machine lived', () => {
    const late = used('i-1', { rates: diskless, at: 23.5 * hour });
    const found = compared([late], [billed(late, 'disk', first, 5e5), billed(late, 'disk', second, 5e5)]);
    expect(found.kinds.get('disk')).toEqual([0, 0]);
    expect(found.leftOut.map(({ day }) => day)).toEqual(days);
  });
});

describe('addresses without a price', () => {
  it('are left out of both sides of their days if the bill is known by tag', () => {
    const { address: _address, ...addressless } = all;
    const records = [used('i-1', { rates: addressless }), used('i-2'), used('i-3', { day: second })];
    const line = (day: string, component: Component): BilledCost => ({
      ...{ day, component, installationId: acme, micros: 1e6 },
    });
    const bill = days.flatMap((day) => [line(day, 'compute'), line(day, 'address')]);
    const { sums, bill: priced, leftOut } = withoutUnpricedAddresses(sumUp(records), bill);
    expect(sums.map(({ cost }) => [cost.compute, cost.address])).toEqual([
      [2e6, 0],
      [1e6, 1e6],
    ]);
    expect(priced).toEqual(bill.filter((_, n) => n !== 1));
    expect(leftOut).toEqual([{ day: first, component: 'address' }]);
  });
});

describe('the stored comparison if addresses have no price', () => {
  const { address: _address, ...addressless } = { ...all, disk: 36.5e6 };
  const record = used('i-1', { rates: addressless });
  const amounts: [Component, number][] = [
    ['compute', 1e6],
    ['disk', 5e4],
    ['address', 1.2e5],
  ];
  const lines = amounts.map(([component, micros]) => billed(record, component, first, micros));
  const byTag = lines.map(
    ({ day, component, micros, installationId, tier }): BilledCost => ({
      ...({ day, component, micros, installationId, tier } as BilledCost),
    }),
  );
  const found = compared([record], lines);
  const byTagPriced = withoutUnpricedAddresses(sumUp([record]), byTag);

  it.each([
    ['by tag', byTag, byTagPriced],
    ['by machine', found.bill, { sums: found.sums, bill: found.pricedBill }],
  ])('equals the bill, and does not count as different: a bill %s', (_, bill, priced) => {
    const sums = sumUp([record]);
    const comparison = compareBill(priced, [first]);
    expect(comparison.daysApart).toBe(0);
    const kept = comparedDays({ sums, byTenant: bill, byTier: bill }, [first], 'export', comparison.days);
    expect(sums.map(correctionBy(kept).costOf)).toEqual([1_170_000]);
    expect(kept.map(lineOfDay)).toMatchObject([{ recorded: 1_050_000, billed: 1_170_000 }]);
    expect(kept.map(pricedLineOf)).toEqual(comparison.days);
    expect(pricedLineOf(kept[0]!)).toMatchObject({ recorded: 1_050_000, billed: 1_050_000 });
  });

  it('is one line if nothing was left out', () => {
    const sums = sumUp([used('i-1')]);
    const bill = byTag.map((cost) => ({ ...cost, micros: 1e6 }));
    const [kept] = comparedDays(
      { sums, byTenant: bill, byTier: bill },
      [first],
      'export',
      compareBill({ sums, bill }, [first]).days,
    );
    expect(kept).not.toHaveProperty('priced');
    expect(pricedLineOf(kept!)).toEqual(lineOfDay(kept!));
  });
});

describe('what the comparison shows', () => {
  const stranger = (n: number, micros = 1e6): ExportedLine => ({
    ...billed(used('i-0'), 'compute', first, micros),
    resourceId: `i-stranger-${n}`,
  });

  it('has at most ten machines without a record, and ten that differ', () => {
    const records = Array.from({ length: 12 }, (_, n) => used(`i-${n}`));
    const bill = records.map((record, n) => billed(record, 'compute', first, 2e6 + n));
    const strangers = Array.from({ length: 12 }, (_, n) => stranger(n, 1e6 + n));
    const { explained, machines } = compared(records, [...bill, ...strangers]);
    const named = Array.from({ length: 10 }, (_, n) => 11 - n);
    expect(machines.mostApart.map(({ name }) => name)).toEqual(named.map((n) => `i-${n}`));
    expect(explained.unknown.map(({ resourceId }) => resourceId)).toEqual(
      named.map((n) => `i-stranger-${n}`),
    );
  });

  it.each([
    [0.97, 1],
    [0.96, 0],
    [1.03, 1],
    [1.04, 0],
  ])('calls a machine that costs %d of its record close, or not: %i', (ratio, close) => {
    const record = used('i-1');
    expect(compared([record], [billed(record, 'compute', first, ratio * 1e6)]).machines).toMatchObject({
      ...{ matched: 1, close },
    });
  });

  it('distinguishes ten thousand unknown resources, and no more', () => {
    const bill = Array.from({ length: 10_001 }, (_, n) => stranger(n, n < 10_000 ? 1 : 9e9));
    const { explained } = compared([], bill);
    expect(explained.unknown.map(({ micros }) => micros)).toEqual(new Array(10).fill(1));
    expect(explained.tagged).toBe(9e9 + 10_000);
  });
});
