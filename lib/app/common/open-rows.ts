/**
 * Every row that still holds leases, over all tenants: launches that have not closed, or of whose machines some have
 * no row, and machines that have not ended. At most `leasesCounted` of each; beyond that, some are left out. A row
 * that a manual edit broke is left out and named: a caller that compares counts must skip its tenant.
 */
import { InstanceId, type LaunchId } from '../../core/ids.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { unrecordedOf } from './bind-rows.ts';
import { leasesCounted } from './settings.ts';

export interface OpenRows {
  /**
   * Launches that are not closed. Leases of closed launches whose machines have no row count as such launches too.
   */
  readonly launches: readonly Launch[];
  readonly runners: readonly Runner[];
  /** Launches and machines that may hold leases, and cannot be read. */
  readonly unreadable: readonly UnreadableRow[];
  /** The ids of all listed launches, readable or not. */
  readonly listed: ReadonlySet<string>;
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
  readonly unreadable: readonly UnreadableRow[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

/** Launches alone, for callers that need no machine rows. */
export async function listedAcrossTenants({ launches }: Pick<OpenDeps, 'launches'>): Promise<ListedLaunches> {
  // In this order, so that a row which closes in between is in both lists and never in neither.
  const unreadable: UnreadableRow[] = [];
  const earlier = await launches.listOverdueAcrossTenants(atLast, leasesCounted, unreadable);
  const watched = await launches.listWatchedAcrossTenants(atLast, leasesCounted, unreadable);
  const all = [...earlier, ...watched];
  return {
    all,
    unclosed: all.filter(({ state }) => state !== 'closed'),
    unreadable,
    isCut: Math.max(earlier.length, watched.length) + unreadable.length >= leasesCounted,
  };
}

/** @param listing where they are listed already */
export async function openRowsAcrossTenants(
  deps: OpenDeps,
  listing: Promise<ListedLaunches> = listedAcrossTenants(deps),
): Promise<OpenRows> {
  const { all, unclosed, isCut: isListCut, ...listed } = await listing;
  const { live, unrecorded, ...machines } = await machinesOf(deps, all);
  const unreadable = [...listed.unreadable, ...machines.unreadable];
  const ids = [...all.map(({ launchId }) => launchId as string), ...listed.unreadable.map(({ key }) => key)];
  const isCut = isListCut || live.length >= leasesCounted;
  const held = unrecorded.map(
    ({ launch, plannedJobs }): Launch => ({
      ...launch,
      state: 'answered',
      plannedJobs,
      instances: new Map(),
    }),
  );
  return { launches: [...unclosed, ...held], runners: live, unreadable, listed: new Set(ids), isCut };
}

export interface LaunchedMachines {
  /** Those that have not ended. */
  readonly live: readonly Runner[];
  readonly ended: readonly Runner[];
  /** Of closed launches, the leases whose machines have no row. */
  readonly unrecorded: readonly { readonly launch: Launch; readonly plannedJobs: readonly PlannedJob[] }[];
  /** Those that cannot be read, each under the tenant of its launch. They may have ended, or not. */
  readonly unreadable: readonly UnreadableMachine[];
}

export interface UnreadableMachine extends UnreadableRow {
  readonly launchId: LaunchId;
}

export async function machinesOf(
  { runners, clock }: Pick<OpenDeps, 'runners' | 'clock'>,
  launches: readonly Launch[],
): Promise<LaunchedMachines> {
  const ids = launches.flatMap(({ instances }) => [...instances.values()]);
  const skipped: UnreadableRow[] = [];
  const found = ids.length === 0 ? [] : await runners.findAcrossTenants(ids, skipped);
  const unreadable = ofTheirLaunches(skipped, launches);
  const recorded = new Set([
    ...found.map(({ instanceId }) => instanceId),
    ...skipped.map(({ key }) => InstanceId(key)),
  ]);
  const now = clock.now();
  return {
    live: found.filter(({ state }) => state !== 'ended'),
    ended: found.filter(({ state }) => state === 'ended'),
    unrecorded: launches.flatMap((launch) => {
      const plannedJobs = unrecordedOf(launch, recorded, now);
      return plannedJobs.length === 0 ? [] : [{ launch, plannedJobs }];
    }),
    unreadable,
  };
}

function ofTheirLaunches(
  skipped: readonly UnreadableRow[],
  launches: readonly Launch[],
): UnreadableMachine[] {
  if (skipped.length === 0) return [];
  const launchOf = new Map(
    launches.flatMap((launch) => [...launch.instances.values()].map((id) => [id as string, launch] as const)),
  );
  return skipped.flatMap(({ key, error }) => {
    const launch = launchOf.get(key);
    return launch ? [{ key, error, installationId: launch.installationId, launchId: launch.launchId }] : [];
  });
}
