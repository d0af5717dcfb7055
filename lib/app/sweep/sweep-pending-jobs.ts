/**
 * Settles one pending job: it expires after it waited too long; if only GitHub knows its state, because it is blocked or
 * runs on no machine of ours, GitHub is asked, at growing intervals.
 */
import { instanceNamed, type JobId } from '../../core/ids.ts';
import { endOnGitHub, type Job, waitsSince } from '../../core/job.ts';
import { afterLoss } from '../../core/job-rest.ts';
import { reason } from '../../core/reason.ts';
import { askAboutJob } from '../common/ask-about-job.ts';
import type { SweepDeps } from '../common/deps.ts';
import { doubtJob, goneReason, undoubtJob } from '../common/doubt-job.ts';
import { followAnswer } from '../common/follow-answer.ts';
import {
  blockedSeconds,
  goneApartSeconds,
  goneKeptSeconds,
  goneRestSeconds,
  settleSeconds,
} from '../common/settings.ts';
import { askAboutResting, isRestNearlyOver } from './ask-about-resting.ts';
import type { Unanswered } from './unanswered.ts';

/** True: it no longer waits. */
export async function expire(deps: SweepDeps, job: Job): Promise<boolean> {
  const now = deps.clock.now();
  const { waitSeconds } = deps.deployment.limits;
  if (now < waitsSince(job) + waitSeconds * 1000) return false;
  const why = reason(
    'waited-too-long',
    `It waited for ${waitSeconds / 3600} hours; the last reason was: ${job.reason?.text ?? 'unknown'}`,
  );
  const expired = await deps.jobs.refuseWaiting(job.installationId, job.jobId, {
    outcome: 'expired',
    at: now,
    reason: why,
  });
  if (expired) {
    const { installationId, jobId, tier = 'none' } = job;
    const about = { installationId, jobId, tier, reason: job.reason?.code };
    deps.telemetry.event('warn', 'job-expired', about, { JobsExpired: 1 });
  }
  return expired;
}

/** Whether to ask GitHub now. Jobs beyond every limit are asked about each minute, until GitHub answers. */
export function isDue(
  deps: SweepDeps,
  job: Job,
  { unseenMilliseconds, unanswered }: { unseenMilliseconds: number; unanswered: Unanswered },
): boolean {
  if (job.unsettledAt === undefined) return isRestNearlyOver(deps, job);
  if (unanswered.isDue(job)) return true;
  const now = deps.clock.now();
  // Asked again at each pause, and as soon as the answer counts; otherwise the doubt would expire before the next
  // look.
  if (job.goneAt !== undefined && isTimeForDoubt(now - job.goneAt, unseenMilliseconds)) return true;
  const unsettledFor = now - job.unsettledAt;
  return overdueMilliseconds(deps, job) >= 0 || isTimeToAsk(job.jobId, { unsettledFor, unseenMilliseconds });
}

function isTimeForDoubt(doubtedFor: number, unseenMilliseconds: number): boolean {
  if (doubtedFor > goneKeptSeconds * 1000) return false;
  const rests = (milliseconds: number) => Math.floor(milliseconds / (goneRestSeconds * 1000));
  const since = Math.max(0, doubtedFor - settleSeconds * 1000 - unseenMilliseconds);
  return doubtedFor >= goneApartSeconds * 1000 || rests(doubtedFor) > rests(since);
}

/** True: it waits again. */
export async function settle(deps: SweepDeps, job: Job, unanswered: Unanswered): Promise<boolean> {
  const { installationId, jobId } = job;
  if (job.state === 'waiting') {
    await askAboutResting(deps, job);
    return false;
  }
  const overdueFor = overdueMilliseconds(deps, job);
  const askedAt = deps.clock.now();
  const answer = await askAboutJob(deps, job);
  const about = { installationId, jobId, instanceId: job.runner, tier: job.tier };
  const kind = 'unsettled-job-asked';
  deps.telemetry.event('info', 'repair', { ...about, kind }, { Repairs: 1 });
  if (!answer.ok) {
    const { refusal } = answer;
    if (refusal.kind === 'limited') unanswered.failed(job, refusal.retryAfterSeconds);
    const why = { ...about, reason: refusal.kind, refusal };
    deps.telemetry.event('warn', 'github-refused', why, { GitHubRefusals: 1 });
    // A refused request proves nothing: GitHub may have the job queued again, for as long as it lets any job wait.
    if (refusal.kind === 'not-found') await doubtJob(deps, job, { why: goneReason(job) });
    else if (refusal.kind !== 'limited' && overdueFor >= deps.deployment.limits.waitSeconds * 1000)
      await closeOverdue(deps, job);
    return false;
  }
  await undoubtJob(deps, job);
  const { status, conclusion, runnerName } = answer.value;
  if (status === 'in_progress' && job.state === 'blocked') await followAnswer(deps, job, answer);
  if (status === 'queued') return waitAgain(deps, job, askedAt);
  if (status === 'completed') {
    const end = endOnGitHub({ conclusion, runner: instanceNamed(runnerName), at: deps.clock.now() });
    await deps.jobs.finish(installationId, jobId, end);
  } else if (overdueFor >= 0) await closeOverdue(deps, job);
  return false;
}

/** How long ago its state must have been known; negative: not yet. */
function overdueMilliseconds({ deployment, clock }: SweepDeps, { state, unsettledAt = 0 }: Job): number {
  const longest = state === 'blocked' ? blockedSeconds : deployment.limits.jobSeconds;
  return clock.now() - (unsettledAt + longest * 1000);
}

/** GitHub gives up a lost machine, or an approval that nobody gives; jobs beyond every limit are closed here. */
async function closeOverdue(deps: SweepDeps, { installationId, jobId, state }: Job): Promise<void> {
  const outcome = state === 'blocked' ? 'expired' : 'completed';
  await deps.jobs.finish(installationId, jobId, { outcome, conclusion: 'unknown', at: deps.clock.now() });
}

/**
 * After one, two, four, … minutes, and then each hour, at a minute of its own: jobs without news on GitHub cost few
 * calls, and a thousand jobs that arrived together are not asked about at the same time. A missed time counts too.
 */
function isTimeToAsk(jobId: JobId, times: { unsettledFor: number; unseenMilliseconds: number }): boolean {
  const looksIn = (milliseconds: number) => Math.floor(milliseconds / (settleSeconds * 1000));
  const latest = looksIn(times.unsettledFor);
  const unseen = Math.min(60, looksIn(times.unseenMilliseconds));
  for (let look = Math.max(1, latest - unseen + 1); look <= latest; look++) {
    if (Number.isInteger(Math.log2(look)) || (look >= 60 && look % 60 === jobId % 60)) return true;
  }
  return false;
}

async function waitAgain(deps: SweepDeps, job: Job, heardAt: number): Promise<boolean> {
  const { installationId, jobId } = job;
  if (job.state === 'blocked') {
    const approved = reason('queued', 'It was approved; earlier jobs come first.');
    const again = { reason: approved, heardAt, approvedAt: heardAt };
    return (await deps.jobs.reopen(installationId, jobId, again)) !== undefined;
  }
  const why = reason('runner-ended', 'Its machine ended before the job did; the job gets another one.');
  const again = afterLoss(job, why, deps.clock.now());
  return deps.jobs.requeue(installationId, jobId, job.runner, again.reason, again.rest);
}
