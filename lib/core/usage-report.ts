/** Groups sums of machines' costs as the operator requests: pure arithmetic, in whole micro-dollars. */
import type { Correction } from './correction.ts';
import type { Micros } from './micros.ts';
import { type Component, totalOf } from './price.ts';
import { type Together, together, type UsageSum, type Waste, type WasteKind } from './usage-sum.ts';

export const groupings = ['tenant', 'repository', 'workflow', 'tier', 'job', 'day'] as const;
export type Grouping = (typeof groupings)[number];

export interface CostLine {
  /** What the machines of the line have in common. */
  readonly name: string;
  readonly machines: number;
  readonly jobs: number;
  /** Billed machine time. */
  readonly seconds: number;
  readonly cost: Readonly<Record<Component, Micros>>;
  readonly total: Micros;
  /** After the comparison with AWS's bill; absent: no day was compared. */
  readonly afterComparison?: Micros;
}

export interface CostReport {
  readonly lines: readonly CostLine[];
  readonly total: CostLine;
  /** Waste: costs that served no job. A machine is counted once. */
  readonly waste: Readonly<Record<WasteKind, Waste>>;
  /** Machines without a price, by the component that has none. */
  readonly unpriced: Readonly<Partial<Record<Component, number>>>;
  /** Instance types without a price. */
  readonly unpricedTypes: readonly string[];
  /** The days of the price lists. */
  readonly priceLists: readonly string[];
}

/** The name for machines that ran no job, if lines are jobs. */
export const noJob = '(no job)';

/** @param sums by job, if lines are to be jobs */
export function costReport(
  sums: readonly UsageSum[],
  by: Grouping,
  correction?: Pick<Correction, 'costOf'>,
): CostReport {
  const groups = Map.groupBy(sums, (sum) => keyOf(sum, by));
  const after = (of: readonly UsageSum[]) =>
    correction ? { afterComparison: of.reduce((all, sum) => all + correction.costOf(sum), 0) } : {};
  const lines = [...groups.values()].map((group) => ({
    ...lineOf(nameOf(group, by), together(group)),
    ...after(group),
  }));
  const all = together(sums);
  const { waste, unpriced, unpricedTypes, priceLists } = all;
  return {
    lines: lines.toSorted(by === 'day' ? byName : byTotal),
    total: { ...lineOf('total', all), ...after(sums) },
    ...{ waste, unpriced, unpricedTypes, priceLists },
  };
}

/** Accounts may be renamed, and their installation stays. */
const keyOf = (sum: UsageSum, by: Grouping): string =>
  by === 'tenant' ? String(sum.installationId) : nameOfOne(sum, by);

function nameOf(group: readonly UsageSum[], by: Grouping): string {
  const last = group.reduce((one, other) => (other.lastLaunchedAt > one.lastLaunchedAt ? other : one));
  return nameOfOne(last, by);
}

function nameOfOne({ installationId, account, tier, day, work }: UsageSum, by: Grouping): string {
  switch (by) {
    case 'tenant':
      return `${account} (${installationId})`;
    case 'tier':
      return tier;
    case 'day':
      return day;
    case 'repository':
      return work ? (work.repository ?? unknown) : noJob;
    case 'workflow':
      return work ? `${work.repository ?? unknown}: ${work.workflow ?? unknown}` : noJob;
    case 'job':
      return work ? `${work.jobId} ${work.repository ?? unknown}: ${work.workflow ?? unknown}` : noJob;
  }
}

const unknown = '(unknown)';

const lineOf = (name: string, { machines, jobs, seconds, cost }: Together): CostLine => ({
  ...{ name, machines, jobs, seconds, cost },
  total: totalOf(cost),
});

const byName = (one: CostLine, other: CostLine) => (one.name < other.name ? -1 : 1);
const byTotal = (one: CostLine, other: CostLine) => other.total - one.total || byName(one, other);
