/**
 * Counts leases from rows: a machine that has not ended holds its own, and an open launch holds those that
 * have no machine yet. The counts on tenants and caps must be the same.
 */
import { dayOf } from './days.ts';
import type { InstallationId, TierName } from './ids.ts';
import type { Launch } from './launch.ts';
import type { Micros } from './micros.ts';
import type { Runner } from './runner.ts';
import type { HeldLeases } from './spend-counts.ts';

export interface LeaseCensus {
  readonly byTenant: ReadonlyMap<InstallationId, ReadonlyMap<TierName, number>>;
  /** What those leases are expected to cost, and when they were taken, in the form of the tenant's row. */
  readonly heldByTenant: ReadonlyMap<InstallationId, HeldLeases>;
  /** By the key of a cap's row. */
  readonly byCapRow: ReadonlyMap<string, number>;
  /** Tenants and rows of caps with an open launch: which of its leases have rows is not settled. */
  readonly unsettled: ReadonlySet<InstallationId | string>;
}

type Holder = Pick<Runner, 'installationId' | 'tier' | 'capRows' | 'leaseCost'>;

interface Holding {
  readonly holder: Holder;
  readonly leases: number;
  readonly takenAt: number;
}

/** Of each row that may hold leases. */
function* holdings(runners: readonly Runner[], launches: readonly Launch[]): Iterable<Holding> {
  for (const runner of runners)
    if (runner.state !== 'ended') yield { holder: runner, leases: 1, takenAt: runner.launchedAt };
  for (const launch of launches)
    if (launch.state !== 'closed')
      yield { holder: launch, leases: unplaced(launch), takenAt: launch.createdAt };
}

/** Of all tenants together. */
export function leasesByTier(
  runners: readonly Runner[],
  launches: readonly Launch[],
): ReadonlyMap<TierName, number> {
  const held = new Map<TierName, number>();
  for (const { holder, leases } of holdings(runners, launches))
    held.set(holder.tier, (held.get(holder.tier) ?? 0) + leases);
  return held;
}

export function countLeases(runners: readonly Runner[], launches: readonly Launch[]): LeaseCensus {
  const byTenant = new Map<InstallationId, Map<TierName, number>>();
  const byCapRow = new Map<string, number>();
  const heldByTenant = new Map<InstallationId, Held>();
  for (const holding of holdings(runners, launches)) {
    const { holder, leases } = holding;
    const { installationId, tier, capRows = [] } = holder;
    const nothing = { expected: new Map(), overrun: new Map(), since: new Map() };
    const held = heldByTenant.get(installationId) ?? nothing;
    heldByTenant.set(installationId, withLeases(held, holding));
    const tiers = byTenant.get(installationId) ?? new Map<TierName, number>();
    byTenant.set(installationId, tiers.set(tier, (tiers.get(tier) ?? 0) + leases));
    for (const key of capRows) byCapRow.set(key, (byCapRow.get(key) ?? 0) + leases);
  }
  const open = launches.filter(({ state }) => state !== 'closed');
  const unsettled = new Set(open.flatMap(({ installationId, capRows = [] }) => [installationId, ...capRows]));
  return { byTenant, heldByTenant, byCapRow, unsettled };
}

interface Held extends HeldLeases {
  readonly expected: Map<string, Micros>;
  readonly overrun: Map<string, Micros>;
  readonly since: Map<string, Map<TierName, number>>;
}

function withLeases(held: Held, { holder: { tier, leaseCost }, leases, takenAt }: Holding): Held {
  const day = dayOf(takenAt);
  const { expected, overrun, since } = held;
  const ofDay = since.get(day) ?? new Map<TierName, number>();
  expected.set(day, (expected.get(day) ?? 0) + leases * (leaseCost?.expected ?? 0));
  if (leaseCost?.overrun !== undefined)
    overrun.set(day, (overrun.get(day) ?? 0) + leases * leaseCost.overrun);
  since.set(day, ofDay.set(tier, (ofDay.get(tier) ?? 0) + leases * Math.floor(takenAt / 1000)));
  return held;
}

/** Whether both agree; entries of zero may be missing. */
export function sameHeld(one: HeldLeases | undefined, other: HeldLeases | undefined): boolean {
  return JSON.stringify(heldEntries(one)) === JSON.stringify(heldEntries(other));
}

/** The entries that are not zero, in order. */
export const heldEntries = (held: HeldLeases | undefined): readonly (readonly [string, string, number])[] =>
  [
    ...[...(held?.expected ?? [])].map(([day, micros]) => [day, '', micros] as const),
    ...[...(held?.overrun ?? [])].map(([day, micros]) => [day, 'overrun', micros] as const),
    ...[...(held?.since ?? [])].flatMap(([day, tiers]) =>
      [...tiers].map(([tier, seconds]) => [day, tier as string, seconds] as const),
    ),
  ]
    .filter(([, , count]) => count !== 0)
    .toSorted();

/** Machines that are already known have their own rows. */
const unplaced = ({ plannedJobs, instances }: Launch) =>
  plannedJobs.filter(({ lease }) => !instances.has(lease)).length;

/** Whether both counts are equal; a tier without leases may be missing. */
export function sameCounts(
  one: ReadonlyMap<TierName, number>,
  other: ReadonlyMap<TierName, number>,
): boolean {
  return [...new Set([...one.keys(), ...other.keys()])].every(
    (tier) => (one.get(tier) ?? 0) === (other.get(tier) ?? 0),
  );
}
