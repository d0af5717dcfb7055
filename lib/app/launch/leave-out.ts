/**
 * Makes a launch smaller before anyone has requested machines for it, because some of its jobs are not available: another
 * copy has them, they were cancelled, a machine without a job took one, or they have no row. Their leases go back. A
 * crash here leaves an open launch, and the sweep continues with it.
 */
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { wakeNextWaiters } from '../common/shared-lines.ts';

/**
 * @param options.rateBack of the launch rate, milliseconds
 * @returns the launch to carry out; undefined: none of its jobs is available, or another caller holds it by now
 */
export async function leaveOut(
  deps: LaunchDeps,
  launch: Launch,
  { gone, rateBack }: { gone: readonly PlannedJob[]; rateBack: number },
): Promise<Launch | undefined> {
  const kept = await deps.launches.shrink(launch, { without: gone, rateBack });
  // Wakes tenants that waited because these leases reached a limit.
  await pokeWaiting(deps, launch.installationId);
  await wakeNextWaiters(
    deps,
    gone.map(() => launch.tier),
  );
  return kept?.state === 'intent' ? kept : undefined;
}
