/**
 * Writes down what machines that have ended were used for, and what that costs. Called after their end is proven and before
 * their rows close, which is when their leases go back: whoever dies in between leaves rows that are open, and whoever closes
 * them writes the same records again, of which the first one stays.
 */
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { jobOf } from '../../core/runner.ts';
import { type RanJob, ranJobOf, usageOf } from '../../core/usage.ts';
import type { EndDeps } from '../common/deps.ts';
import type { Ending } from './ending.ts';

export type JobsById = ReadonlyMap<JobId, Job>;

/** @param jobs as they were read for these endings */
export async function recordUsage(deps: EndDeps, endings: readonly Ending[], jobs: JobsById): Promise<void> {
  if (endings.length === 0) return;
  const endedAt = deps.clock.now();
  const records = endings.map((ending) =>
    usageOf({ runner: ending.runner, reason: ending.reason, endedAt, job: jobRanOn(ending, jobs) }),
  );
  await deps.usage.record(records);
}

/** Of machines that had ended before GitHub said what they ran. */
export async function addJobs(deps: EndDeps, endings: readonly Ending[]): Promise<void> {
  await Promise.all(
    endings.map(async ({ runner, ranJob }) => {
      if (runner.state === 'ended' && ranJob) await deps.usage.addJob(runner, ranJob);
    }),
  );
}

/** Of machines that somebody else will end, on EC2's word: what they ran must not be forgotten until then. */
export async function noteRuns(deps: EndDeps, endings: readonly Ending[]): Promise<void> {
  const others = endings.flatMap(({ runner, ranJob }) =>
    ranJob && ranJob.jobId !== jobOf(runner) ? [{ runner, ranJob }] : [],
  );
  if (others.length === 0) return;
  const noted = await deps.runners.recordRan(
    others.map(({ runner: { instanceId }, ranJob: { jobId } }) => ({ instanceId, jobId })),
  );
  const ended = others.filter((_, n) => !noted[n]);
  await Promise.all(ended.map(({ runner, ranJob }) => deps.usage.addJob(runner, ranJob)));
}

/** It runs on the machine, and that was not known yet when the machine's use was written down. */
export async function addLateJob(deps: EndDeps, ending: Ending, jobs: JobsById): Promise<void> {
  const { runner } = ending;
  if (jobRanOn(ending, jobs)) return;
  const job = await deps.jobs.get(runner.installationId, jobOf(runner));
  if (job) await deps.usage.addJob(runner, ranJobOf(job));
}

/** What GitHub said, and no plan: a machine that was meant for a job need not have run it. */
function jobRanOn({ runner, ranJob }: Ending, jobs: JobsById): RanJob | undefined {
  if (ranJob) return ranJob;
  const { ran, plannedJob, instanceId } = runner;
  const job = jobs.get(ran ?? plannedJob);
  if (job?.runner === instanceId) return ranJobOf(job);
  // Its row is gone, or tells of another machine by now.
  return ran === undefined ? undefined : { jobId: ran };
}
