/**
 * The last look at the machines of a launch that nobody will check again. A job may have started on a machine in the
 * moment between the release of its planned job and the end of its row, and whoever ended the machine may have died before
 * looking again: then nobody would ask GitHub how that job ended. Of machines that ended with their job this cannot be so;
 * only for the others are their jobs read.
 */
import type { Job } from '../../core/job.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import { ranJobOf } from '../../core/usage.ts';
import type { SweepDeps } from '../common/deps.ts';
import { leaveToSweep } from '../ending/release-planned.ts';

/** @param ended of one tenant */
export async function settleEndedRuns(deps: SweepDeps, ended: readonly Runner[]): Promise<void> {
  const [first] = ended;
  const silent = ended.filter(({ endReason }) => endReason !== 'job-completed');
  if (!first || silent.length === 0) return;
  const jobs = await deps.jobs.find(first.installationId, silent.map(jobOf));
  const jobOn = (runner: Runner) => jobs.find(({ jobId }) => jobId === jobOf(runner));
  await Promise.all(silent.map((runner) => settleRun(deps, runner, jobOn(runner))));
}

async function settleRun(deps: SweepDeps, runner: Runner, job: Job | undefined): Promise<void> {
  if (job?.state !== 'running' || job.runner !== runner.instanceId || job.unsettledAt !== undefined) return;
  const { installationId, instanceId, launchId, tier } = runner;
  const about = { installationId, jobId: job.jobId, instanceId, launchId, tier, kind: 'ended-run-unsettled' };
  deps.telemetry.event('info', 'repair', about, { Repairs: 1 });
  await deps.usage.addJob(runner, ranJobOf(job));
  await leaveToSweep(deps, runner, job.jobId);
}
