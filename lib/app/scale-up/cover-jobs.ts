/**
 * Gives the jobs of a launch that was just taken its leases, before anybody asks EC2 for its machines. Some may be gone by
 * now: another copy has them, they were cancelled, or a machine without a job took one. Their leases go back, and the
 * launch asks for so many machines fewer. Dying here leaves a launch that is open, and the sweep goes on with it.
 */
import type { Launch } from '../../core/launch.ts';
import type { RateCharge } from '../../core/launch-rate.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { wakeNextWaiters } from '../common/shared-lines.ts';

/** @returns the launch as it is to be carried out; undefined: none of its jobs is to be had, or it is another's by now */
export async function coverJobs(
  deps: LaunchDeps,
  taken: Launch,
  rate: RateCharge,
): Promise<Launch | undefined> {
  const gone = await deps.launches.cover(taken);
  if (gone.length === 0) return taken;
  deps.telemetry.count('TakesRefused', { reason: 'jobs-changed' });
  const rateBack = Math.floor((rate.cost * gone.length) / taken.plannedJobs.length);
  const kept = await deps.launches.shrink(taken, { without: gone, rateBack });
  // Whoever found the limits reached because of these leases is told that they are free.
  await pokeWaiting(deps, taken.installationId);
  await wakeNextWaiters(
    deps,
    gone.map(() => taken.tier),
  );
  return kept?.state === 'intent' ? kept : undefined;
}
