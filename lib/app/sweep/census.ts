/**
 * What an operator wants to know of each tier each minute: how many jobs wait, how long the oldest has, whether anybody has
 * looked at it, and how many leases are held. It reads rows and changes none, and counts no tenant for itself.
 */
import type { TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import type { SweepDeps } from '../common/deps.ts';
import { leasesCounted } from '../common/settings.ts';

/** Later than any deadline: every row that is open is overdue by then. */
const atLast = Number.MAX_SAFE_INTEGER;

/** @param waiting the waiting jobs that the sweep saw, in any order */
export async function logCensus(deps: SweepDeps, waiting: readonly Job[]): Promise<void> {
  const held = await leasesByTier(deps);
  const jobs = Map.groupBy(waiting, ({ tier }) => tier);
  const now = deps.clock.now();
  for (const { name: tier } of deps.deployment.tiers) {
    const inTier = jobs.get(tier) ?? [];
    deps.telemetry.event(
      'info',
      'census',
      { tier, reasons: reasonsOf(inTier) },
      {
        JobsWaiting: inTier.length,
        OldestWaitSeconds: oldestSeconds(inTier, now),
        OldestUnexplainedWaitSeconds: oldestSeconds(unexplained(inTier), now),
        LeasesInUse: held.get(tier)?.size ?? 0,
      },
    );
  }
}

/** How many wait for which reason. */
function reasonsOf(jobs: readonly Job[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { reason } of jobs) {
    const code = reason?.code ?? 'none';
    counted[code] = (counted[code] ?? 0) + 1;
  }
  return counted;
}

/**
 * The jobs that are first in their tenant's line and have the reason they came with: a balance would have given them a
 * machine or another reason. Those behind them are explained by the ones before.
 */
function unexplained(inTier: readonly Job[]): Job[] {
  const lines = Map.groupBy(inTier, ({ installationId }) => installationId);
  const first = [...lines.values()].map((line) =>
    line.reduce((oldest, job) => (job.queuedAt < oldest.queuedAt ? job : oldest)),
  );
  return first.filter(({ reason }) => reason === undefined || reason.code === 'queued');
}

function oldestSeconds(jobs: readonly Job[], now: number): number {
  const oldest = jobs.reduce((before, { acceptedAt }) => Math.min(before, acceptedAt), now);
  return Math.round((now - oldest) / 1000);
}

/** By name, since a machine whose launch is still open would else count twice. */
async function leasesByTier(deps: SweepDeps): Promise<Map<TierName, Set<string>>> {
  const [runners, launches] = await Promise.all([
    deps.runners.listOverdueAcrossTenants(atLast, leasesCounted),
    deps.launches.listOverdueAcrossTenants(atLast, leasesCounted),
  ]);
  const held = new Map<TierName, Set<string>>();
  const note = (tier: TierName, leases: Iterable<string>) => {
    const known = held.get(tier) ?? new Set();
    held.set(tier, known);
    for (const lease of leases) known.add(lease);
  };
  for (const { tier, lease } of runners) note(tier, [lease]);
  for (const launch of launches) note(launch.tier, leasesOf(launch));
  return held;
}

/** Once answered, a launch holds the leases of the machines that came, and no others. */
const leasesOf = ({ state, plannedJobs, instances }: Launch): Iterable<string> =>
  state === 'answered' ? instances.keys() : plannedJobs.map(({ lease }) => lease);
