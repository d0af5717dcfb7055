/**
 * Releases the planned job of a machine that has ended, or no longer seems to run it: the job waits again, or goes to the
 * machine that lost its own job. Each step may be repeated.
 */
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { afterLoss } from '../../core/job-rest.ts';
import { reason } from '../../core/reason.ts';
import { idleUntil, type Runner } from '../../core/runner.ts';
import { scopeFor } from '../../core/scope.ts';
import type { EndDeps } from '../common/deps.ts';
import { findSpareMachine } from '../common/find-spare-machine.ts';
import { findUnservedJob } from '../common/find-unserved-job.ts';
import { runnerTakenReason } from '../common/requeue-unserved-job.ts';
import type { Ending } from './ending.ts';

/** @param job the one planned for the machine; undefined: it is unknown, or known to be done */
export async function releasePlanned(
  deps: EndDeps,
  { runner, doneJob }: Pick<Ending, 'runner' | 'doneJob'>,
  job: Job | undefined,
): Promise<void> {
  const { installationId, plannedJob, lease, instanceId, ran } = runner;
  const ranNothing = ran === undefined && doneJob === undefined;
  if (job?.state === 'covered' && job.lease === lease) {
    if (await giveToSpareMachine(deps, runner, job)) return;
    if (ranNothing) await waitAfterLoss(deps, job);
    else await deps.jobs.waitAgain(installationId, plannedJob, lease, runnerTakenReason);
    return;
  }
  if (job?.state === 'running' && job.runner === instanceId) await leaveToSweep(deps, runner, plannedJob);
  if (!job?.runner || job.runner === instanceId || !ranNothing) return;
  // Its job ran elsewhere and it ran none: so some other job is left without a machine.
  const unserved = await findUnservedJob(deps, job);
  if (unserved) await waitAfterLoss(deps, unserved);
}

const lostReason = reason('runner-ended', 'The machine planned for it ended; the job gets another one.');

async function waitAfterLoss(deps: EndDeps, job: Job): Promise<void> {
  if (job.lease === undefined) return;
  const { reason: why, rest } = afterLoss(job, lostReason, deps.clock.now());
  await deps.jobs.waitAgain(job.installationId, job.jobId, job.lease, why, rest);
}

/** The machine that lost its job to this one gets this one's job, so that no new machine is launched for it. */
async function giveToSpareMachine(deps: EndDeps, ended: Runner, job: Job): Promise<boolean> {
  const spare = await findSpareMachine(deps, ended);
  if (!spare || isSilent(deps, spare)) return false;
  const { state, account, repository } = spare;
  // A runner of one repository cannot run another repository's job; a machine that has claimed may have its runner already.
  const isBound = state !== 'booting' && scopeFor(account, repository).kind === 'repository';
  return (!isBound || repository === job.repository) && deps.runners.giveJob(spare, job);
}

/** GitHub has given it nothing for so long that the sweep lets no job rely on it. */
const isSilent = ({ clock, deployment }: EndDeps, runner: Runner) =>
  runner.state === 'listening' && clock.now() >= idleUntil(runner, deployment.limits);

/** Running on this machine, which ended: GitHub is asked how it ended, unless it reports that by itself. */
export async function leaveToSweep(
  deps: EndDeps,
  { installationId, instanceId }: Runner,
  jobId: JobId,
): Promise<boolean> {
  return deps.jobs.markUnsettled(installationId, jobId, instanceId, deps.clock.now());
}
