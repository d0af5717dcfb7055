/**
 * Checks every job that waits, or whose state only GitHub knows: it is blocked, or runs on no machine of ours. It pokes
 * each tenant and tier with waiting jobs before anything else: no question to GitHub may delay a poke.
 */
import type { InstallationId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { isConfigured } from '../common/configured-tier.ts';
import type { SweepDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import type { OpenRows } from '../common/open-rows.ts';
import { logCensus } from './census.ts';
import { findMisplaced } from './move-tier.ts';
import { readPending } from './read-pending.ts';
import { rotateRandomly } from './rotate-randomly.ts';
import { settleTenants } from './settle-tenants.ts';

/**
 * @param open for the census
 * @returns whether the limit left jobs for the next sweep, and what failed, after everything was tried
 */
export async function lookAfterPending(
  deps: SweepDeps,
  open: Promise<OpenRows>,
): Promise<{ cut: boolean; errors: readonly unknown[] }> {
  const pending = await readPending(deps);
  const waiting = pending.jobs.filter(({ state }) => state === 'waiting');
  const misplaced = findMisplaced(deps, waiting);
  // In its former tier, a job could get a machine that cannot run it.
  const unpoked = await poke(
    deps,
    waiting.filter((job) => !misplaced.has(job)),
  );
  const keeping = await Promise.allSettled([pending.keepPlace()]);
  const settled = await settleTenants(deps, pending, misplaced);
  const unpokedLater = await poke(deps, settled.waiting);
  const noted = await Promise.allSettled([pending.unanswered.keep(deps.notes)]);
  const stillWaiting = waiting.filter((job) => !settled.over.has(job));
  const census = await Promise.allSettled([logCensus(deps, stillWaiting, open)]);
  const others = errorsOf([...keeping, ...noted, ...census]);
  return {
    cut: pending.isCut,
    errors: [...pending.errors, ...unpoked, ...settled.errors, ...unpokedLater, ...others],
  };
}

/**
 * From a random place on, so that none is always behind the same others, where there is room for a few only.
 * @returns the first failure, if any: the other places are poked all the same
 */
async function poke(deps: SweepDeps, jobs: readonly Job[]): Promise<unknown[]> {
  const places = new Map<string, { installationId: InstallationId; tier: TierName }>();
  for (const { installationId, tier } of jobs) {
    if (isConfigured(deps, tier)) places.set(`${installationId}/${tier}`, { installationId, tier });
  }
  const sent = await Promise.allSettled(
    rotateRandomly([...places.values()], deps).map(({ installationId, tier }) =>
      deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier }),
    ),
  );
  return errorsOf(sent).slice(0, 1);
}
