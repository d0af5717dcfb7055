/**
 * Asks GitHub for a job. A 404 counts only if the job's run gets one too: a single call sometimes gets a 404 by
 * mistake, and a job cannot be deleted without its run. So `not-found` from here means that GitHub denied both, or
 * that the job waits for the runners of another account.
 */
import type { GitHubJob } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import { undoubtJob } from './doubt-job.ts';
import { inRepository, transferredAway } from './in-repository.ts';

interface AskingDeps {
  readonly github: GitHub;
  readonly jobs: JobStore;
  readonly clock: Clock;
}

/** @returns `invalid` if GitHub contradicts itself: then the job is only known not to be gone */
export async function askAboutJob(deps: AskingDeps, job: Job): Promise<Answer<GitHubJob>> {
  const { installationId, jobId, runId } = job;
  const answer = await inRepository(deps, job, (name) => deps.github.getJob(installationId, name, jobId));
  if (answer.ok && isUnbegun(answer.value)) return (await transferredAway(deps, job)) ?? answer;
  if (answer.ok || answer.refusal.kind !== 'not-found') return answer;
  const run = await inRepository(deps, job, (name) => deps.github.getRun(installationId, name, runId));
  if (!run.ok) return run;
  if (run.value.completed) return answer;
  // A public run is shown to everyone, also under the name that its repository had before.
  const away = await transferredAway(deps, job);
  if (away) return away;
  await undoubtJob(deps, job);
  const message = `GitHub shows run ${runId} as open, but not its job ${jobId}.`;
  return { ok: false, refusal: { kind: 'invalid', message } };
}

const isUnbegun = ({ status }: GitHubJob) => status === 'queued' || status === 'waiting';
