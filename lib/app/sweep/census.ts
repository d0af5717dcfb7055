/**
 * What an operator wants to know about each tier each minute: how many jobs wait, how long the oldest has, whether anyone
 * has looked at it, and how many leases are held. It only reads rows, and has no figures by tenant.
 */
import { type Job, waitsSince } from '../../core/job.ts';
import { leasesByTier } from '../../core/lease-census.ts';
import type { SweepDeps } from '../common/deps.ts';
import type { OpenRows } from '../common/open-rows.ts';

/**
 * @param waiting the waiting jobs that the sweep saw, in any order
 * @param open the rows that hold leases, as the sweep saw them
 */
export async function logCensus(
  deps: SweepDeps,
  waiting: readonly Job[],
  open: Promise<OpenRows>,
): Promise<void> {
  const { runners, launches } = await open;
  const held = leasesByTier(runners, launches);
  const jobs = Map.groupBy(waiting, ({ tier }) => tier);
  const now = deps.clock.now();
  const configured = deps.deployment.tiers.map(({ name }) => name);
  // Of a tier that a deploy removed, jobs may still wait, and nobody else would notice.
  const waitedFor = [...jobs.keys()].filter((tier) => tier !== undefined);
  for (const tier of new Set([...configured, ...waitedFor])) {
    const inTier = jobs.get(tier) ?? [];
    deps.telemetry.event(
      'info',
      'census',
      { tier, reasons: reasonsOf(inTier) },
      {
        JobsWaiting: inTier.length,
        OldestWaitSeconds: oldestSeconds(inTier, now),
        OldestUnexplainedWaitSeconds: oldestSeconds(unexplained(inTier), now),
        LeasesInUse: held.get(tier) ?? 0,
        JobsHeldByControllers: inTier.filter(isHeldByControllers).length,
        ...heldBySpendCap(inTier),
      },
    );
  }
}

const isHeldByControllers = ({ reason }: Job) =>
  reason?.code === 'admission-pending' || reason?.code === 'controller-unavailable';

/** Only the first jobs of a line have their reason written; those behind them wait for the same. */
function heldBySpendCap(inTier: readonly Job[]) {
  const isAtCap = ({ reason }: Job) => reason?.code === 'spend-cap';
  const lines = Map.groupBy(inTier, ({ installationId }) => installationId);
  const atCap = [...lines.values()].filter((line) => line.some(isAtCap));
  const held = atCap.flat().filter((job) => isAtCap(job) || job.reason?.code === 'queued');
  return { JobsHeldBySpendCap: held.length, TenantsAtSpendCap: atCap.length };
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
 * The first jobs of their tenants' lines that still have their initial reason: a balance would have given them a machine
 * or another reason. Those behind them are explained by the ones before.
 */
function unexplained(inTier: readonly Job[]): Job[] {
  const lines = Map.groupBy(inTier, ({ installationId }) => installationId);
  const first = [...lines.values()].map((line) =>
    line.reduce((oldest, job) => (job.queuedAt < oldest.queuedAt ? job : oldest)),
  );
  return first.filter(({ reason }) => reason === undefined || reason.code === 'queued');
}

function oldestSeconds(jobs: readonly Job[], now: number): number {
  const oldest = jobs.reduce((before, job) => Math.min(before, waitsSince(job)), now);
  return Math.round((now - oldest) / 1000);
}
