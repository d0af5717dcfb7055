/** Sums over records of machines, by what an operator asks for: pure arithmetic, in whole micro-dollars. */
import type { Micros } from './micros.ts';
import { type Component, components, totalOf } from './price.ts';
import type { UsageRecord } from './usage.ts';

export const groupings = ['tenant', 'repository', 'workflow', 'tier', 'job', 'day'] as const;
export type Grouping = (typeof groupings)[number];

export interface CostLine {
  /** What the machines of the line have in common. */
  readonly name: string;
  readonly machines: number;
  readonly jobs: number;
  /** That machines lived, and AWS charges for. */
  readonly seconds: number;
  readonly cost: Readonly<Record<Component, Micros>>;
  readonly total: Micros;
}

export interface Waste {
  readonly machines: number;
  readonly total: Micros;
}

export interface CostReport {
  readonly lines: readonly CostLine[];
  readonly total: CostLine;
  /** What no job got anything for. A machine is counted once. */
  readonly waste: {
    /** Machines that ran no job. */
    readonly idle: Waste;
    /** Jobs that were lost with their spot machine. */
    readonly lostSpot: Waste;
    /** Other jobs that were cancelled. */
    readonly cancelled: Waste;
  };
  /** Machines without a price, by the component that has none. */
  readonly unpriced: Readonly<Partial<Record<Component, number>>>;
  /** Whose instance type has no price. */
  readonly unpricedTypes: readonly string[];
  /** The days of the price lists. */
  readonly priceLists: readonly string[];
}

/** What machines that ran no job are called, where lines are of jobs. */
export const noJob = '(no job)';

export function costReport(records: readonly UsageRecord[], by: Grouping): CostReport {
  const groups = Map.groupBy(records, (record) => keyOf(record, by));
  const lines = [...groups.values()].map((group) => lineOf(nameOf(group, by), group));
  const wasted = (kind: WasteKind) => {
    const machines = records.filter((record) => wasteOf(record) === kind);
    return { machines: machines.length, total: sum(machines.map(({ cost }) => totalOf(cost))) };
  };
  const unpriced = (component: Component) => records.filter((record) => record.unpriced.includes(component));
  return {
    lines: lines.toSorted(by === 'day' ? byName : byTotal),
    total: lineOf('total', records),
    waste: { idle: wasted('idle'), lostSpot: wasted('lostSpot'), cancelled: wasted('cancelled') },
    unpriced: Object.fromEntries(
      components.flatMap((component) => {
        const count = unpriced(component).length;
        return count === 0 ? [] : [[component, count]];
      }),
    ),
    unpricedTypes: [...new Set(unpriced('compute').map(typeName))].toSorted(),
    priceLists: [...new Set(records.map(({ rates }) => rates.list))].toSorted(),
  };
}

const typeName = ({ instanceType, spot }: UsageRecord) => (spot ? `${instanceType} spot` : instanceType);

type WasteKind = keyof CostReport['waste'];

function wasteOf({ job, spot, endReason }: UsageRecord): WasteKind | undefined {
  if (!job) return 'idle';
  const isLost = job.conclusion === 'cancelled' || job.conclusion === 'failure';
  if (spot && endReason === 'instance-ended' && isLost) return 'lostSpot';
  return job.conclusion === 'cancelled' ? 'cancelled' : undefined;
}

/** Accounts may be renamed, and their installation stays. */
const keyOf = (record: UsageRecord, by: Grouping): string =>
  by === 'tenant' ? String(record.installationId) : nameOfOne(record, by);

function nameOf(group: readonly UsageRecord[], by: Grouping): string {
  const last = group.reduce((one, other) => (other.launchedAt > one.launchedAt ? other : one));
  return nameOfOne(last, by);
}

function nameOfOne({ installationId, account, tier, launchedAt, job }: UsageRecord, by: Grouping): string {
  switch (by) {
    case 'tenant':
      return `${account} (${installationId})`;
    case 'tier':
      return tier;
    case 'day':
      return new Date(launchedAt).toISOString().slice(0, 10);
    case 'repository':
      return job ? (job.repository ?? unknown) : noJob;
    case 'workflow':
      return job ? `${job.repository ?? unknown}: ${job.workflow ?? unknown}` : noJob;
    case 'job':
      return job ? `${job.jobId} ${job.repository ?? unknown}: ${job.workflow ?? unknown}` : noJob;
  }
}

const unknown = '(unknown)';

function lineOf(name: string, records: readonly UsageRecord[]): CostLine {
  const ofComponent = (component: Component) => sum(records.map(({ cost }) => cost[component] ?? 0));
  const cost = {
    compute: ofComponent('compute'),
    surplus: ofComponent('surplus'),
    disk: ofComponent('disk'),
    address: ofComponent('address'),
  };
  return {
    name,
    machines: records.length,
    jobs: new Set(records.flatMap(({ job }) => job?.jobId ?? [])).size,
    seconds: sum(records.map(({ seconds }) => seconds)),
    cost,
    total: totalOf(cost),
  };
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
const byName = (one: CostLine, other: CostLine) => (one.name < other.name ? -1 : 1);
const byTotal = (one: CostLine, other: CostLine) => other.total - one.total || byName(one, other);
