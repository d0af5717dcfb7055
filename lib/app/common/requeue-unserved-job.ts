/**
 * A machine serves neither its planned job nor another one in exchange: a job that leaves no machine free took it, or it
 * never came. Its planned job waits again; if that one runs elsewhere, the job at the end of the chain does: the one
 * covered by the lease of a machine that runs another job. No failure is counted.
 */
import { type Reason, reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { findUnservedJob } from './find-unserved-job.ts';

export const runnerTakenReason = reason(
  'runner-taken',
  'GitHub gave its machine to another job of the account; this job gets the next one.',
);

/** @returns whether a job waits again */
export async function requeueUnservedJob(
  deps: { readonly jobs: JobStore; readonly runners: RunnerStore },
  meant: Pick<Runner, 'installationId' | 'plannedJob' | 'lease'>,
  why: Reason = runnerTakenReason,
): Promise<boolean> {
  const { installationId, plannedJob, lease } = meant;
  if (await deps.jobs.waitAgain(installationId, plannedJob, lease, why)) return true;
  const planned = await deps.jobs.get(installationId, plannedJob);
  // A job that has begun keeps the lease that was meant for it: only then does another job rely on this very
  // machine.
  if (planned?.state !== 'running' || planned.lease !== lease) return false;
  const unserved = await findUnservedJob(deps, planned);
  if (unserved?.lease === undefined) return false;
  return deps.jobs.waitAgain(installationId, unserved.jobId, unserved.lease, why);
}
