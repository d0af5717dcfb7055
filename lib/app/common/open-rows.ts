/**
 * Every row that still holds leases, over all tenants: launches that have not closed, or of whose machines some have no row,
 * and machines that have not ended. At most `leasesCounted` of each: of more, some are left out.
 */
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { unrecordedOf } from './bind-rows.ts';
import { leasesCounted } from './settings.ts';

export interface OpenRows {
  /**
   * Launches that are not closed. Leases of closed launches whose machines have no row count as such launches too.
   */
  readonly launches: readonly Launch[];
  readonly runners: readonly Runner[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

interface OpenDeps {
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly clock: Clock;
}

/** Later than any deadline: by then every listed row is overdue. */
const atLast = Number.MAX_SAFE_INTEGER;

export interface ListedLaunches {
  readonly all: readonly Launch[];
  readonly unclosed: readonly Launch[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

/** Launches alone, for callers that need no machine rows: one of those may be unreadable. */
export async function listedAcrossTenants({ launches }: Pick<OpenDeps, 'launches'>): Promise<ListedLaunches> {
  // In this order, so that a row which closes in between is in both lists and never in neither.
  const earlier = await launches.listOverdueAcrossTenants(atLast, leasesCounted);
  const watched = await launches.listWatchedAcrossTenants(atLast, leasesCounted);
  const all = [...earlier, ...watched];
  return {
    all,
    unclosed: all.filter(({ state }) => state !== 'closed'),
    isCut: Math.max(earlier.length, watched.length) >= leasesCounted,
  };
}

/** @param listing where they are listed already */
export async function openRowsAcrossTenants(
  deps: OpenDeps,
  listing: Promise<ListedLaunches> = listedAcrossTenants(deps),
): Promise<OpenRows> {
  const { all, unclosed, isCut: isListCut } = await listing;
  const { live, unrecorded } = await machinesOf(deps, all);
  const isCut = isListCut || live.length >= leasesCounted;
  const held = unrecorded.map(
    ({ launch, plannedJobs }): Launch => ({
      ...launch,
      state: 'answered',
      plannedJobs,
      instances: new Map(),
    }),
  );
  return { launches: [...unclosed, ...held], runners: live, isCut };
}

export interface LaunchedMachines {
  /** Those that have not ended. */
  readonly live: readonly Runner[];
  /** Of closed launches, the leases whose machines have no row. */
  readonly unrecorded: readonly { readonly launch: Launch; readonly plannedJobs: readonly PlannedJob[] }[];
}

export async function machinesOf(
  { runners, clock }: Pick<OpenDeps, 'runners' | 'clock'>,
  launches: readonly Launch[],
): Promise<LaunchedMachines> {
  const ids = launches.flatMap(({ instances }) => [...instances.values()]);
  const found = ids.length === 0 ? [] : await runners.findAcrossTenants(ids);
  const recorded = new Set(found.map(({ instanceId }) => instanceId));
  const now = clock.now();
  return {
    live: found.filter(({ state }) => state !== 'ended'),
    unrecorded: launches.flatMap((launch) => {
      const plannedJobs = unrecordedOf(launch, recorded, now);
      return plannedJobs.length === 0 ? [] : [{ launch, plannedJobs }];
    }),
  };
}
