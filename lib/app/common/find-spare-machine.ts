/**
 * Finds the machine that becomes free when a machine ends that ran another machine's job. Its own job has no
 * machine then, and one machine has no job: the one planned for the job it ran, or, if that one runs a third job,
 * the one planned for the third, and so on. In a burst of short jobs, one machine in six would be launched for
 * nothing if the job waited again while that machine is still booting.
 */
import { launchOfLease } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import { isUnreadable, OperationalError } from '../../ports/errors.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { orFailure } from './or-failure.ts';

/** A longer chain is not followed: the job waits again. */
const longestTrail = 20;

/** @returns the machine that nobody needs; undefined: there is none, or it is not found */
export async function findSpareMachine(
  deps: { launches: LaunchStore; runners: RunnerStore },
  ended: Runner,
): Promise<Runner | undefined> {
  const seen = new Set<string>([ended.instanceId]);
  let last = ended;
  for (let step = 0; step < longestTrail && last.leftLease !== undefined; step++) {
    const launch = await orFailure(deps.launches.get(last.installationId, launchOfLease(last.leftLease)));
    // If a manual edit broke the launch's row, the machine is not found, but the ended machine can still be closed.
    if (isUnreadable(launch)) return undefined;
    if (launch instanceof OperationalError) throw launch;
    const instanceId = launch?.instances.get(last.leftLease);
    if (instanceId === undefined || seen.has(instanceId)) return undefined;
    seen.add(instanceId);
    const next = await deps.runners.get(last.installationId, instanceId);
    if (!next) return undefined;
    // It was given another job meanwhile.
    if (next.plannedJob !== last.ran) return undefined;
    if (next.ran === undefined) return next.state === 'ended' ? undefined : next;
    last = next;
  }
  return undefined;
}
