/**
 * A machine runs one job. If GitHub reports another one on it, it took the former back, and no machine's end will be that job's
 * end: the sweep asks GitHub about it.
 */
import type { LifecycleDeps } from '../common/deps.ts';
import type { StartOnMachine } from './record-job-fact.ts';

/** Before the other is noted: whoever repeats this after a crash still finds the former. */
export async function leaveFormerToSweep(
  deps: LifecycleDeps,
  starts: readonly StartOnMachine[],
): Promise<void> {
  const now = deps.clock.now();
  const former = starts.flatMap(({ event, runner }) => {
    if (!runner || runner.state === 'ended') return [];
    const { installationId, instanceId, ran } = runner;
    const sameBatch = starts.filter((other) => other.runner?.instanceId === instanceId);
    return [ran, ...sameBatch.map((other) => other.event.jobId)].flatMap((jobId) =>
      jobId === undefined || jobId === event.jobId ? [] : [{ installationId, instanceId, jobId }],
    );
  });
  await Promise.all(
    former.map((one) => deps.jobs.markUnsettled(one.installationId, one.jobId, one.instanceId, now)),
  );
}

/**
 * The same for the job that the machine was meant for. After the other is noted: a start of the planned job that is written
 * later finds the other one.
 * @param starts of one tenant, on machines that were meant for other jobs
 */
export async function leavePlannedToSweep(
  deps: LifecycleDeps,
  starts: readonly StartOnMachine[],
): Promise<void> {
  const runners = starts.flatMap(({ runner }) => runner ?? []);
  const [installationId] = runners.map((runner) => runner.installationId);
  if (installationId === undefined) return;
  const planned = await deps.jobs.find(installationId, [
    ...new Set(runners.map(({ plannedJob }) => plannedJob)),
  ]);
  const now = deps.clock.now();
  await Promise.all(
    planned
      .filter(({ jobId, state, runner }) => {
        const machine = runners.find(({ instanceId }) => instanceId === runner);
        return state === 'running' && machine?.plannedJob === jobId;
      })
      .map(({ jobId, runner }) => runner && deps.jobs.markUnsettled(installationId, jobId, runner, now)),
  );
}
