/**
 * Counts leases from rows: a machine that has not ended holds its own, and a launch that is still open holds
 * those that no machine has yet. The counts on tenants and caps must be the same.
 */
import type { InstallationId, TierName } from './ids.ts';
import type { Launch } from './launch.ts';
import type { Runner } from './runner.ts';

export interface LeaseCensus {
  readonly byTenant: ReadonlyMap<InstallationId, ReadonlyMap<TierName, number>>;
  /** By the key of a cap's row. */
  readonly byCapRow: ReadonlyMap<string, number>;
  /** Tenants and rows of caps with a launch that is still open: which of its leases have rows is not settled. */
  readonly unsettled: ReadonlySet<InstallationId | string>;
}

type Holder = Pick<Runner, 'installationId' | 'tier' | 'capRows'>;

export function countLeases(runners: readonly Runner[], launches: readonly Launch[]): LeaseCensus {
  const byTenant = new Map<InstallationId, Map<TierName, number>>();
  const byCapRow = new Map<string, number>();
  const count = ({ installationId, tier, capRows = [] }: Holder, leases: number) => {
    const tiers = byTenant.get(installationId) ?? new Map<TierName, number>();
    byTenant.set(installationId, tiers.set(tier, (tiers.get(tier) ?? 0) + leases));
    for (const key of capRows) byCapRow.set(key, (byCapRow.get(key) ?? 0) + leases);
  };
  for (const runner of runners) if (runner.state !== 'ended') count(runner, 1);
  for (const launch of launches) if (launch.state !== 'closed') count(launch, unplaced(launch));
  const open = launches.filter(({ state }) => state !== 'closed');
  const unsettled = new Set(open.flatMap(({ installationId, capRows = [] }) => [installationId, ...capRows]));
  return { byTenant, byCapRow, unsettled };
}

/** The machines that are known have rows of their own. */
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
