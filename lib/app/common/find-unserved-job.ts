/**
 * Finds the job that is left without a machine when GitHub gave jobs to other machines than planned. Plans are not
 * rewritten at each start: in a burst nearly every job runs on another machine than planned, and the numbers match. Only a
 * machine whose own job runs elsewhere, and that is free or ending, follows the chain: the job planned for the machine that
 * took its job, that job's machine, and so on, to the one job that runs nowhere.
 */
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { RunnerStore } from '../../ports/runners.ts';

/** A longer chain is not followed: the job left over waits again when its planned machine ends. */
const longestTrail = 20;

/**
 * @param taken a job that was planned for a machine and ran on another one
 * @returns the job that is covered by the lease of a machine which runs another one; undefined: there is none
 */
export async function findUnservedJob(
  deps: { jobs: JobStore; runners: RunnerStore },
  taken: Job,
): Promise<Job | undefined> {
  const seen = new Set<JobId>();
  let job: Job | undefined = taken;
  for (let step = 0; step < longestTrail && job?.runner && !seen.has(job.jobId); step++) {
    seen.add(job.jobId);
    const runner: Runner | undefined = await deps.runners.get(job.installationId, job.runner);
    if (!runner || runner.plannedJob === job.jobId) return undefined;
    const planned: Job | undefined = await deps.jobs.get(job.installationId, runner.plannedJob);
    if (planned?.state === 'covered' && planned.lease === runner.lease) return planned;
    job = planned;
  }
  return undefined;
}
