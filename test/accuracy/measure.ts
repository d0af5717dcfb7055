/** How near records are to the bill: for machines on demand, spot and burstable ones, and for tenants, before and after a comparison. */
import { comparedDays } from '../../lib/core/compared-day.ts';
import { type Correction, correctionBy } from '../../lib/core/correction.ts';
import { totalOf } from '../../lib/core/price.ts';
import { sumUp, type UsageSum } from '../../lib/core/usage-sum.ts';
import { type BillDials, usualBill } from '../../lib/local/bill/bill-items.ts';
import { comparedByExport, correctionByExport, withStrays } from './by-export.ts';
import { type SimulatedMonth, simulateBill } from './simulate-bill.ts';

export interface Accuracy {
  readonly name: string;
  /** The records are off by so much: 0.02 is 2% too high. */
  readonly off: number;
  readonly atMost: number;
}

/** What AWS charges for processors that are less busy than the records take them to be. */
const bill = { ...usualBill, busyThousandths: 510, busySpreadThousandths: 200 };
/** Jobs that use from none to all of their processors: one day's machines say less of the next day's. */
const anyBill = { ...bill, busySpreadThousandths: 490 };
const tenants = 10;
const days = 30;

/** @param jobs of each kind of machine */
export function measureAccuracy({ jobs, seed }: { jobs: number; seed: number }): Accuracy[] {
  const simulate = (n: number, of: { instanceType: string; spot: boolean; bill?: BillDials }) =>
    simulateBill({ bill, ...of, jobs, tenants, days, seed: seed + n });
  const onDemand = simulate(1, { instanceType: 'm5.large', spot: false });
  const spot = simulate(2, { instanceType: 'm5.large', spot: true });
  const burstable = simulate(3, { instanceType: 't3.medium', spot: false });
  const any = simulate(4, { instanceType: 't3.medium', spot: false, bill: anyBill });
  const anyDay = afterDays(any, 1);
  const steady = together([onDemand, spot]);
  const all = together([steady, burstable]);
  const month = withStrays(all);
  const afterExport = afterDays(burstable, 1, correctionByExport);
  return [
    { name: 'on demand', off: off(onDemand), atMost: 0.02 },
    { name: 'spot', off: off(spot), atMost: 0.05 },
    { name: 'burstable, CPU credits as estimated', off: off(burstable), atMost: 0.15 },
    { name: 'burstable, after one day of comparison', off: afterDays(burstable, 1).off, atMost: 0.03 },
    { name: 'burstable of any CPU use, after one day', off: anyDay.off, atMost: anyDay.uncertainty },
    { name: 'burstable of any CPU use, after a week', off: afterDays(any, 7).off, atMost: 0.03 },
    { name: 'burstable, after one day of an export', off: afterExport.off, atMost: 0.03 },
    { name: 'worst tenant, no burstable machines', off: worstTenant(steady), atMost: 0.01 },
    { name: 'worst tenant, corrected by the bill', off: offCorrected(all), atMost: 0.0001 },
    {
      name: 'worst tenant, corrected by an export',
      off: offCorrected(month, byExport(month)),
      atMost: 0.0001,
    },
    { name: 'worst tenant, burstable of any CPU use', off: offCorrected(any), atMost: 0.0001 },
    { name: 'tagged spend without a record', off: unexplained(month), atMost: 0.02 },
  ];
}

const byExport = (month: SimulatedMonth) => correctionByExport(month, daysOf(sumUp(month.records)));

/** As a share of what is on the bill. */
function unexplained(month: SimulatedMonth): number {
  const { explained } = comparedByExport(month, daysOf(sumUp(month.records)));
  return 1 - (explained.part ?? 0);
}

const together = (months: readonly SimulatedMonth[]): SimulatedMonth => ({
  records: months.flatMap(({ records }) => records),
  bill: months.flatMap(({ bill: of }) => of),
});

const billed = ({ bill: of }: Pick<SimulatedMonth, 'bill'>) =>
  of.reduce((sum, { micros }) => sum + micros, 0);
const recorded = (sums: readonly UsageSum[]) => sums.reduce((sum, { cost }) => sum + totalOf(cost), 0);
const off = (month: SimulatedMonth) => recorded(sumUp(month.records)) / billed(month) - 1;

const ofTenant = ({ records, bill: of }: SimulatedMonth, tenant: number): SimulatedMonth => ({
  records: records.filter(({ installationId }) => installationId === tenant),
  bill: of.filter(({ installationId }) => installationId === tenant),
});

const worst = (offs: readonly number[]) =>
  offs.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
const tenantsOf = (month: SimulatedMonth) =>
  Array.from({ length: tenants }, (_, n) => ofTenant(month, n + 1));
const worstTenant = (month: SimulatedMonth) => worst(tenantsOf(month).map(off));

/** Of the days after those that were compared. The first day has no machines of the day before, so it is left out. */
function afterDays(
  { records, bill: of }: SimulatedMonth,
  count: number,
  correct: (month: SimulatedMonth, on: readonly string[]) => Correction = correctionOfMonth,
) {
  const sums = sumUp(records);
  const compared = daysOf(sums).slice(1, 1 + count);
  const last = compared.at(-1)!;
  const correction = correct({ records, bill: of }, compared);
  const later = sums.filter(({ day }) => day > last);
  const truth = billed({ bill: of.filter(({ day }) => day > last) });
  return { off: corrected(later, correction) / truth - 1, uncertainty: correction.uncertainty ?? 0 };
}

const daysOf = (sums: readonly UsageSum[]) => [...new Set(sums.map(({ day }) => day))].toSorted();

/** Once all of the month's days are compared. What machines cost after its last midnight is on the next month's bill. */
function offCorrected(month: SimulatedMonth, correction = correctionOfMonth(month)): number {
  const sums = sumUp(month.records);
  const compared = new Set(daysOf(sums));
  return worst(
    Array.from({ length: tenants }, (_, n) => {
      const own = sums.filter(({ installationId }) => installationId === n + 1);
      const truth = ofTenant(month, n + 1).bill.filter(({ day }) => compared.has(day));
      return corrected(own, correction) / billed({ bill: truth }) - 1;
    }),
  );
}

const correctionOfMonth = (
  { records, bill: of }: SimulatedMonth,
  on: readonly string[] = daysOf(sumUp(records)),
) => correctionBy(comparedDays({ sums: sumUp(records), byTenant: of, byTier: of }, on, 'cost-explorer'));

const corrected = (sums: readonly UsageSum[], { costOf }: Correction) =>
  sums.reduce((sum, one) => sum + costOf(one), 0);
