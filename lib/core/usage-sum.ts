/**
 * Sums over records of machines of one day, tenant, tier, repository and workflow: reports are made from
 * them, and they are kept when the records have been deleted. Pure arithmetic, in whole micro-dollars; a
 * machine is in exactly one sum.
 */
import { dayOf } from './days.ts';
import type { InstallationId, JobId, TierName } from './ids.ts';
import type { Micros } from './micros.ts';
import type { Charge } from './own-rates.ts';
import { byComponent, type Component, components, totalOf } from './price.ts';
import type { UsageRecord } from './usage.ts';

export interface UsageSum {
  /** The day on which the machines were launched: `2026-11-21`, in UTC. */
  readonly day: string;
  readonly installationId: InstallationId;
  /** The account's name, as of the last machine. */
  readonly account: string;
  readonly tier: TierName;
  /** Absent: the machines ran no job. */
  readonly work?: Work;
  /** When the last of its machines was launched, epoch milliseconds. */
  readonly lastLaunchedAt: number;
  readonly machines: number;
  /** How many of the machines were spot machines. */
  readonly spotMachines: number;
  readonly jobs: number;
  /** Billed machine time. */
  readonly seconds: number;
  readonly cost: Readonly<Record<Component, Micros>>;
  readonly waste: Readonly<Record<WasteKind, Waste>>;
  /** What the tenant owes, for machines that ran a job; the others are the operator's cost. */
  readonly owed: Owed;
  /** Machines without a price, by the component that has none. */
  readonly unpriced: Readonly<Partial<Record<Component, number>>>;
  /** Instance types without a price. */
  readonly unpricedTypes: readonly string[];
  /** The days of the price lists. */
  readonly priceLists: readonly string[];
}

export interface Work {
  /** `owner/name`; absent: not known. */
  readonly repository?: string;
  readonly workflow?: string;
  /** In sums of one job. */
  readonly jobId?: JobId;
}

export interface Owed {
  /** At the operator's own rates. */
  readonly own: Charge;
  /** At cost, for machines without a rate in force at their launch. */
  readonly cost: Charge;
}

export interface Waste {
  readonly machines: number;
  readonly total: Micros;
}

export const wasteKinds = ['idle', 'lostSpot', 'cancelled'] as const;
/**
 * idle: it ran no job. lostSpot: its job was lost with the spot machine. cancelled: its job was cancelled
 * otherwise.
 */
export type WasteKind = (typeof wasteKinds)[number];

/** @param by.job a sum for each job, instead of for each workflow */
export function sumUp(records: Iterable<UsageRecord>, by: { readonly job?: boolean } = {}): UsageSum[] {
  const groups = new Map<string, { first: UsageRecord; records: UsageRecord[] }>();
  for (const record of records) {
    const { installationId, tier, job } = record;
    const key = JSON.stringify([
      ...[dayOf(record.launchedAt), installationId, tier],
      ...(job ? [job.repository ?? null, job.workflow ?? null, ...(by.job ? [job.jobId] : [])] : []),
    ]);
    const group = groups.get(key);
    if (group) group.records.push(record);
    else groups.set(key, { first: record, records: [record] });
  }
  return [...groups.values()].map(({ first, records: of }) => sumOf(first, of, by));
}

function sumOf(
  first: UsageRecord,
  records: readonly UsageRecord[],
  by: { readonly job?: boolean },
): UsageSum {
  const last = records.reduce((one, other) => (other.launchedAt > one.launchedAt ? other : one));
  const wasted = (kind: WasteKind) => {
    const machines = records.filter((record) => wasteOf(record) === kind);
    return { machines: machines.length, total: total(machines.map(({ cost }) => totalOf(cost))) };
  };
  const withoutPrice = (component: Component) =>
    records.filter(({ unpriced }) => unpriced.includes(component));
  return {
    day: dayOf(first.launchedAt),
    installationId: first.installationId,
    account: last.account,
    tier: first.tier,
    ...(first.job ? { work: workOf(first.job, by) } : {}),
    lastLaunchedAt: last.launchedAt,
    machines: records.length,
    spotMachines: records.filter(({ spot }) => spot).length,
    jobs: new Set(records.flatMap(({ job }) => job?.jobId ?? [])).size,
    seconds: total(records.map(({ seconds }) => seconds)),
    cost: byComponent((component) => total(records.map(({ cost }) => cost[component] ?? 0))),
    waste: { idle: wasted('idle'), lostSpot: wasted('lostSpot'), cancelled: wasted('cancelled') },
    owed: owedFor(records),
    unpriced: counted((component) => withoutPrice(component).length),
    unpricedTypes: unique(withoutPrice('compute').map(typeName)),
    priceLists: unique(records.map(({ rates }) => rates.list)),
  };
}

function owedFor(records: readonly UsageRecord[]): Owed {
  const ran = records.filter(({ job }) => job);
  const own = ran.flatMap(({ charge }) => charge ?? []);
  const others = ran.filter(({ charge }) => charge === undefined);
  return {
    own: charged(own),
    cost: charged(others.map(({ seconds, cost }) => ({ seconds, amount: totalOf(cost) }))),
  };
}

const charged = (charges: readonly Charge[]): Charge => ({
  seconds: total(charges.map(({ seconds }) => seconds)),
  amount: total(charges.map(({ amount }) => amount)),
});

const workOf = (
  { repository, workflow, jobId }: NonNullable<UsageRecord['job']>,
  by: { readonly job?: boolean },
): Work => ({
  ...(repository === undefined ? {} : { repository }),
  ...(workflow === undefined ? {} : { workflow }),
  ...(by.job ? { jobId } : {}),
});

const typeName = ({ instanceType, spot }: UsageRecord) => (spot ? `${instanceType} spot` : instanceType);

function wasteOf({ job, spot, endReason }: UsageRecord): WasteKind | undefined {
  if (!job) return 'idle';
  const isLost = job.conclusion === 'cancelled' || job.conclusion === 'failure';
  if (spot && endReason === 'instance-ended' && isLost) return 'lostSpot';
  return job.conclusion === 'cancelled' ? 'cancelled' : undefined;
}

/** The total of several sums, whatever they are about. */
export type Together = Omit<
  UsageSum,
  'day' | 'installationId' | 'account' | 'tier' | 'work' | 'lastLaunchedAt'
>;

export function together(sums: readonly Together[]): Together {
  const of = (kind: WasteKind) => ({
    machines: total(sums.map(({ waste }) => waste[kind].machines)),
    total: total(sums.map(({ waste }) => waste[kind].total)),
  });
  return {
    machines: total(sums.map(({ machines }) => machines)),
    spotMachines: total(sums.map(({ spotMachines }) => spotMachines)),
    jobs: total(sums.map(({ jobs }) => jobs)),
    seconds: total(sums.map(({ seconds }) => seconds)),
    cost: byComponent((component) => total(sums.map(({ cost }) => cost[component]))),
    waste: { idle: of('idle'), lostSpot: of('lostSpot'), cancelled: of('cancelled') },
    owed: {
      own: charged(sums.map(({ owed }) => owed.own)),
      cost: charged(sums.map(({ owed }) => owed.cost)),
    },
    unpriced: counted((component) => total(sums.map(({ unpriced }) => unpriced[component] ?? 0))),
    unpricedTypes: unique(sums.flatMap(({ unpricedTypes }) => unpricedTypes)),
    priceLists: unique(sums.flatMap(({ priceLists }) => priceLists)),
  };
}

/** Merges sums that were made from parts of the records. A job whose machines are in several parts is counted in each. */
export function merged(sums: readonly UsageSum[]): UsageSum[] {
  const keyOf = ({ day, installationId, tier, work }: UsageSum) =>
    JSON.stringify([day, installationId, tier, work && [work.repository, work.workflow, work.jobId]]);
  return [...Map.groupBy(sums, keyOf).values()].map(mergedOne);
}

function mergedOne(group: readonly UsageSum[]): UsageSum {
  const last = group.reduce((one, other) => (other.lastLaunchedAt > one.lastLaunchedAt ? other : one));
  return { ...last, ...together(group) };
}

/** Usually more than any tenant has in a day; with more, its row would not fit into 400 KB. */
const mostSumsOfDay = 1_000;
const others = '(others)';

/**
 * The sums of one tenant and day, reduced to `most`: the smallest are combined by tier, under the name `(others)`. No amount
 * is lost.
 */
export function bounded(sums: readonly UsageSum[], most = mostSumsOfDay): UsageSum[] {
  if (sums.length <= most) return [...sums];
  const sorted = sums.toSorted((one, other) => totalOf(other.cost) - totalOf(one.cost));
  const tiers = new Set(sums.map(({ tier }) => tier)).size;
  const kept = sorted.slice(0, Math.max(0, most - 2 * tiers));
  const rest = Map.groupBy(sorted.slice(kept.length), ({ tier, work }) => `${tier}/${work !== undefined}`);
  const merged = [...rest.values()].map((group): UsageSum => {
    const one = mergedOne(group);
    return { ...one, ...(one.work ? { work: { repository: others, workflow: others } } : {}) };
  });
  return [...kept, ...merged];
}

const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
const unique = (words: readonly string[]) => [...new Set(words)].toSorted();
const counted = (count: (component: Component) => number): Partial<Record<Component, number>> =>
  Object.fromEntries(components.map((component) => [component, count(component)]).filter(([, n]) => n !== 0));
