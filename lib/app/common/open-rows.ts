/**
 * Every row that still holds leases, over all tenants: launches that have not closed, and machines that have not ended. At
 * most `leasesCounted` of each: of more, some are left out.
 */
import type { Launch } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { leasesCounted } from './settings.ts';

export interface OpenRows {
  /** The open ones. */
  readonly launches: readonly Launch[];
  readonly runners: readonly Runner[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

interface OpenDeps {
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
}

/** Later than any deadline: by then every listed row is overdue. */
const atLast = Number.MAX_SAFE_INTEGER;

export async function openRowsAcrossTenants(deps: OpenDeps): Promise<OpenRows> {
  // In this order: what closes in between is in both, and never in neither.
  const launches = await deps.launches.listOverdueAcrossTenants(atLast, leasesCounted);
  const watched = await deps.launches.listWatchedAcrossTenants(atLast, leasesCounted);
  const runners = await liveRunnersOf(deps, [...launches, ...watched]);
  const isCut = Math.max(launches.length, watched.length, runners.length) >= leasesCounted;
  return { launches, runners, isCut };
}

/** These launches' machines that have not ended. */
export async function liveRunnersOf(
  { runners }: Pick<OpenDeps, 'runners'>,
  launches: readonly Launch[],
): Promise<Runner[]> {
  const ids = launches.flatMap(({ instances }) => [...instances.values()]);
  const found = ids.length === 0 ? [] : await runners.findAcrossTenants(ids);
  return found.filter(({ state }) => state !== 'ended');
}
