/**
 * What newly recorded job starts mean for machines. A start on another machine than planned is noted with that machine,
 * so that its end is the end of what it really runs; a start on a machine that has already ended is left to the sweep,
 * which asks GitHub how the job ended.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { requeueUnservedJob } from '../common/requeue-unserved-job.ts';
import { leaveFormerToSweep, leavePlannedToSweep } from './leave-former-job.ts';
import { logStart } from './log-start.ts';
import type { Started, StartOnMachine } from './record-job-fact.ts';

/** Apart from what may be repeated, so that each start is counted once. */
export function logStarts(deps: LifecycleDeps, starts: readonly StartOnMachine[]): void {
  for (const start of starts) {
    if (start.before?.state !== 'running') logStart(deps, { ...start, isExchanged: isExchanged(start) });
  }
}

/** Of one tenant. It may be repeated. */
export async function settleStarts(deps: LifecycleDeps, starts: readonly StartOnMachine[]): Promise<void> {
  const others = starts.filter(isExchanged);
  await leaveFormerToSweep(deps, starts);
  const live = await recordRuns(deps, others);
  await leavePlannedToSweep(deps, others);
  const lost = starts.filter(
    (start) =>
      !start.runner || start.runner.state === 'ended' || (others.includes(start) && !live.has(start)),
  );
  await Promise.all(lost.map((start) => leaveToSweep(deps, start)));
  await Promise.all(others.map((start) => requeueIfUnserved(deps, start)));
  const tenants = new Set<InstallationId>(
    others.filter(freesNoMachine).map(({ event }) => event.installationId),
  );
  await Promise.all([...tenants].map((installationId) => pokeWaiting(deps, installationId)));
}

/** The machine was meant for another job, and lives. */
const isExchanged = ({ event, runner }: StartOnMachine) =>
  runner !== undefined && runner.state !== 'ended' && runner.plannedJob !== event.jobId;

/** @returns those whose machine had not ended */
async function recordRuns(
  deps: LifecycleDeps,
  starts: readonly StartOnMachine[],
): Promise<Set<StartOnMachine>> {
  if (starts.length === 0) return new Set();
  const runs = starts.flatMap(({ event, before, runner }) =>
    runner ? [{ instanceId: runner.instanceId, jobId: event.jobId, ...leftBy(before) }] : [],
  );
  const noted = await deps.runners.recordRan(runs);
  return new Set(starts.filter((_, n) => noted[n]));
}

/** The lease whose machine was meant for the job, and is left without one. */
const leftBy = (before: Started['before']) =>
  before?.state === 'covered' && before.lease ? { leftLease: before.lease } : {};

/** No machine of ours will report this end: GitHub is asked how the job ended. */
async function leaveToSweep(
  deps: LifecycleDeps,
  { event, instanceId, runner }: StartOnMachine,
): Promise<void> {
  if (!instanceId) return;
  const { jobId, runId, repository, workflow } = event;
  const job = { jobId, runId, repository, ...(workflow === undefined ? {} : { workflow }) };
  if (runner) await deps.usage.addJob(runner, job);
  await deps.jobs.markUnsettled(event.installationId, event.jobId, instanceId, deps.clock.now());
}

/**
 * A job that had a machine of its own leaves that one to the job whose machine it took. A job that had none leaves
 * nothing: then the job that relied on the machine waits again at once.
 */
async function requeueIfUnserved(deps: LifecycleDeps, start: StartOnMachine): Promise<void> {
  if (start.runner && freesNoMachine(start)) await requeueUnservedJob(deps, start.runner);
}

/**
 * If the same start is reported again, the job's lease says what it was before. A machine of another tier is no exchange.
 */
function freesNoMachine({ before, instanceId, runner }: StartOnMachine): boolean {
  if (runner && before?.tier !== runner.tier) return true;
  if (before?.state === 'running' && before.runner !== instanceId) return true;
  return before?.lease === undefined;
}
