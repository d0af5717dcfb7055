/**
 * A machine will serve neither the job that was meant for it nor anybody in exchange: another job of the tenant has it that
 * leaves none free, or it never came. The job that was meant for it waits again; and where that one runs elsewhere, whoever
 * counts on it in turn: the one job that is covered by the lease of a machine which runs another. Nothing is counted.
 */
import { type Reason, reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { findUnservedJob } from './find-unserved-job.ts';

export const robbedReason = reason(
  'runner-taken',
  'GitHub gave its machine to another job of the account; this job gets the next one.',
);

/** @returns whether a job waits again */
export async function releaseRobbed(
  deps: { readonly jobs: JobStore; readonly runners: RunnerStore },
  meant: Pick<Runner, 'installationId' | 'plannedJob' | 'lease'>,
  why: Reason = robbedReason,
): Promise<boolean> {
  const { installationId, plannedJob, lease } = meant;
  if (await deps.jobs.waitAgain(installationId, plannedJob, lease, why)) return true;
  const planned = await deps.jobs.get(installationId, plannedJob);
  // A job that has begun keeps the lease that was meant for it: only then does somebody count on this very machine.
  if (planned?.state !== 'running' || planned.lease !== lease) return false;
  const unserved = await findUnservedJob(deps, planned);
  if (unserved?.lease === undefined) return false;
  return deps.jobs.waitAgain(installationId, unserved.jobId, unserved.lease, why);
}
