/**
 * Finds out whether a machine runs a job whose start was not reported. GitHub says whether a runner is busy, but may be
 * wrong (https://github.com/actions/runner/issues/4422); for a job it says which runner has it. So the jobs that the
 * machine may run are asked about: the one planned for it; if that one runs elsewhere, the one planned for that machine,
 * and so on; and those that wait.
 */
import { type InstanceId, instanceNamed, type JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import type { SweepDeps } from '../common/deps.ts';
import { inRepository } from '../common/in-repository.ts';

/** Each costs a call. Longer chains, and longer lines, are left to what GitHub says about the runner. */
const mostOnTrail = 5;
const mostWaiting = 3;
const mostTiers = 3;

export type JobSearch =
  | { readonly kind: 'found' | 'none' }
  /** GitHub accepts no calls for this long. */
  | { readonly kind: 'limited'; readonly seconds: number };

export async function findJobOn(deps: SweepDeps, runner: Runner): Promise<JobSearch> {
  const { installationId, instanceId } = runner;
  const seen = new Set<JobId>();
  let jobId: JobId | undefined = jobOf(runner);
  while (jobId !== undefined && !seen.has(jobId) && seen.size < mostOnTrail) {
    seen.add(jobId);
    const job: Job | undefined = await deps.jobs.get(installationId, jobId);
    const at: JobLocation = job ? await locationOf(deps, job) : {};
    if (at.limitedSeconds !== undefined) return { kind: 'limited', seconds: at.limitedSeconds };
    if (at.runner === instanceId && at.isRunning) return { kind: 'found' };
    const other: Runner | undefined =
      at.runner === undefined ? undefined : await deps.runners.get(installationId, at.runner);
    jobId = other?.plannedJob;
  }
  for (const job of await waitingJobs(deps, runner)) {
    const at = await locationOf(deps, job);
    if (at.limitedSeconds !== undefined) return { kind: 'limited', seconds: at.limitedSeconds };
    if (at.runner === instanceId && at.isRunning) return { kind: 'found' };
  }
  return { kind: 'none' };
}

/** Of its own tier first; a job that names few labels may run on a machine of another tier. */
async function waitingJobs({ jobs }: SweepDeps, { installationId, tier }: Runner): Promise<Job[]> {
  const others = (await jobs.tiersWithWaiting(installationId)).filter((other) => other !== tier);
  const found: Job[] = [];
  for (const name of [tier, ...others].slice(0, mostTiers)) {
    found.push(...(await jobs.listWaiting(installationId, name, mostWaiting)));
  }
  return found;
}

interface JobLocation {
  readonly runner?: InstanceId;
  readonly isRunning?: boolean;
  readonly limitedSeconds?: number;
}

/** What the rows have from GitHub needs no call. A job that was refused here may still be queued there. */
async function locationOf(deps: SweepDeps, job: Job): Promise<JobLocation> {
  const isHeard = job.state === 'running' || (job.state === 'done' && job.outcome !== 'refused');
  if (isHeard) return job.runner ? { runner: job.runner } : {};
  const answer = await inRepository(deps, job, (name) =>
    deps.github.getJob(job.installationId, name, job.jobId),
  );
  if (!answer.ok) {
    const { refusal } = answer;
    return refusal.kind === 'limited' ? { limitedSeconds: refusal.retryAfterSeconds } : {};
  }
  const { status, runnerName } = answer.value;
  const runner = instanceNamed(runnerName);
  return { isRunning: status === 'in_progress', ...(runner === undefined ? {} : { runner }) };
}
