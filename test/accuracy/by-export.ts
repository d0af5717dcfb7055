/**
 * A simulated month as AWS's export has it: by resource, with what no record knows beside it. The rates of that are assumed,
 * and say nothing of how often it happens.
 */
import { type ComparedExport, type ExportedLine, tallyExport } from '../../lib/core/compare-export.ts';
import { comparedDays } from '../../lib/core/compared-day.ts';
import { type Correction, correctionBy } from '../../lib/core/correction.ts';
import { dayOf } from '../../lib/core/days.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { billItems, usualBill } from '../../lib/local/bill/bill-items.ts';
import type { SimulatedMonth } from './simulate-bill.ts';

const environment = 'my-saas';
const region = 'us-east-1';
const tenMinutes = 600_000;
const dayMilliseconds = 86_400_000;

/** One machine in so many was more than was asked for, and lived for ten minutes; one disk outlived its machine by a day. */
export const assumedStrays = { machines: 1_000, disks: 5_000 } as const;

/** What the bill has and no record. */
export function withStrays(month: SimulatedMonth): SimulatedMonth {
  const strays = month.records.flatMap(
    ({ instanceId, installationId, tier, instanceType, spot, startedAt }, n) => {
      const life = {
        ...{
          instanceType,
          spot,
          zone: 'us-east-1a',
          takenBack: false,
          diskGigabytes: 30,
          publicAddress: true,
        },
        ...{ instanceId: `${instanceId}-stray`, runningAt: startedAt, endedAt: startedAt + tenMinutes },
      };
      const machine = n % assumedStrays.machines === 0 ? billItems(region, life, usualBill) : [];
      const isLeft = n % assumedStrays.disks === 1;
      const alone = isLeft ? { ...life, endedAt: startedAt + dayMilliseconds } : undefined;
      const disk = alone
        ? billItems(region, alone, usualBill).filter(({ component }) => component === 'disk')
        : [];
      const of = { installationId, tier, spot, instanceId: life.instanceId };
      return [...machine, ...disk].map((item) => ({ ...item, ...of }));
    },
  );
  const days = new Set(month.records.map(({ launchedAt }) => dayOf(launchedAt)));
  return { records: month.records, bill: [...month.bill, ...strays.filter(({ day }) => days.has(day))] };
}

/** @param on the days that are compared */
export function comparedByExport(month: SimulatedMonth, on: readonly string[]): ComparedExport {
  const machines = month.records.map((record) => ({ ...record, day: dayOf(record.launchedAt) }));
  const tally = tallyExport({ environment, days: on, machines });
  for (const item of month.bill) tally.add(lineOf(item));
  return tally.result();
}

export function correctionByExport(month: SimulatedMonth, on: readonly string[]): Correction {
  const { bill } = comparedByExport(month, on);
  return correctionBy(
    comparedDays({ sums: sumUp(month.records), byTenant: bill, byTier: bill }, on, 'export'),
  );
}

function lineOf({ instanceId, spot, component, ...item }: SimulatedMonth['bill'][number]): ExportedLine {
  const isMachine = component === 'compute' || component === 'surplus';
  const resourceId = isMachine ? instanceId : `${component} of ${instanceId}`;
  return { ...item, component, resourceId, environment, isSpot: spot && component === 'compute' };
}
