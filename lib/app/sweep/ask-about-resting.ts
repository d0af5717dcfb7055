/**
 * Before a resting job may have its next machine, GitHub is asked whether it still has it queued: a job that has ended,
 * begun or gone needs none. If GitHub does not answer, the pause ends all the same; claim asks once more.
 */
import type { Job } from '../../core/job.ts';
import { askAboutJob } from '../common/ask-about-job.ts';
import type { SweepDeps } from '../common/deps.ts';
import { doubtJob, runDeadReason, undoubtJob } from '../common/doubt-job.ts';
import { followAnswer } from '../common/follow-answer.ts';
import { inRepository } from '../common/in-repository.ts';
import { askBeforeSeconds } from '../common/settings.ts';

export function isRestNearlyOver({ clock }: SweepDeps, { state, retryAt }: Job): boolean {
  if (state !== 'waiting' || retryAt === undefined) return false;
  const left = retryAt - clock.now();
  return left > 0 && left <= askBeforeSeconds * 1000;
}

export async function askAboutResting(deps: SweepDeps, job: Job): Promise<void> {
  const answer = await askAboutJob(deps, job);
  const isOfDeadRun = job.reason?.code === 'run-ended' && answer.ok && answer.value.status === 'queued';
  if (isOfDeadRun) await askAboutRun(deps, job);
  else await followAnswer(deps, job, answer);
}

/** GitHub may keep a job queued forever whose run ended without it. */
async function askAboutRun(deps: SweepDeps, job: Job): Promise<void> {
  const { installationId, runId } = job;
  const run = await inRepository(deps, job, (name) => deps.github.getRun(installationId, name, runId));
  if (!run.ok) return;
  if (!run.value.completed) {
    await undoubtJob(deps, job);
    return;
  }
  const conclusion = run.value.conclusion ?? 'unknown';
  await doubtJob(deps, job, { why: runDeadReason(job, conclusion), conclusion });
}
