/**
 * GitHub says that it has no such job, or that its run is over. One such answer is no proof: the job pauses, and is
 * closed only if GitHub says so for eight minutes, with no long silence between two answers. One answer that the
 * job exists clears the doubt.
 */
import type { Job } from '../../core/job.ts';
import { type Reason, reason } from '../../core/reason.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/jobs.ts';
import { goneApartSeconds, goneRestSeconds, goneSilenceSeconds } from './settings.ts';

interface DoubtDeps {
  readonly jobs: JobStore;
  readonly clock: Clock;
}

export const goneReason = ({ repository }: Job): Reason =>
  reason(
    'gone-from-github',
    `GitHub no longer shows the job to the App: ${repository} was removed from the installation, transferred or deleted, or its run was deleted. Add the repository, or install the App on its owner, and re-run the job.`,
  );

export const runDeadReason = ({ runId }: Job, conclusion: string): Reason =>
  reason(
    'run-ended',
    `Its workflow run ${runId} ended (${conclusion}) before the job began; re-run the workflow.`,
  );

/** @returns whether the job is closed */
export async function doubtJob(
  deps: DoubtDeps,
  job: Job,
  doubt: { readonly why: Reason; readonly conclusion?: string },
): Promise<boolean> {
  const { installationId, jobId, state, tier, lease } = job;
  const { why, conclusion } = doubt;
  const now = deps.clock.now();
  const since = deniedThroughout(job, now) ?? now;
  if (now >= since + goneApartSeconds * 1000) {
    const end = {
      outcome: 'cancelled',
      at: now,
      reason: why,
      // Another look may have found it on GitHub meanwhile.
      doubtedSince: since,
      ...(conclusion ? { conclusion } : {}),
    } as const;
    if (state === 'waiting') return deps.jobs.refuseWaiting(installationId, jobId, end);
    const before = await deps.jobs.finish(installationId, jobId, end);
    return before !== undefined && before.state !== 'done' && before.goneAt === since;
  }
  const known = job.goneAt === undefined ? {} : { known: job.goneAt };
  await deps.jobs.doubt(installationId, jobId, { since, saidAt: now, ...known });
  if (!tier) return false;
  const retryAt = Math.max(now + goneRestSeconds * 1000, job.retryAt ?? 0);
  const rest = { tier, replacements: job.replacements ?? 0, retryAt };
  if (state === 'covered' && lease) await deps.jobs.waitAgain(installationId, jobId, lease, why, rest);
  if (state === 'waiting') await deps.jobs.rest(installationId, jobId, why, rest);
  return false;
}

/** Since when each answer denied it, without a silence in which GitHub may have had it. */
function deniedThroughout({ goneAt, goneSaidAt = goneAt }: Job, now: number): number | undefined {
  const isUnbroken = goneSaidAt !== undefined && now <= goneSaidAt + goneSilenceSeconds * 1000;
  return isUnbroken ? goneAt : undefined;
}

/** GitHub has it after all. */
export async function undoubtJob(deps: DoubtDeps, job: Job): Promise<void> {
  if (job.goneAt === undefined) return;
  const { installationId, jobId } = job;
  await deps.jobs.doubt(installationId, jobId, undefined);
  if (job.state !== 'waiting') return;
  await deps.jobs.rest(installationId, jobId, foundReason);
}

const foundReason = reason('queued', 'GitHub still has it; earlier jobs come first.');
