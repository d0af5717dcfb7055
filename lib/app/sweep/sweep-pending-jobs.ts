/**
 * Looks at every job that waits, or that only GitHub can speak for: it is blocked, or runs on no machine of ours. Expires
 * what waited too long, asks GitHub about the others, and pokes each tenant and tier where something waits.
 */
import type { InstallationId, TierName } from '../../core/ids.ts';
import type { Job, JobOutcome } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import type { SweepDeps } from '../common/deps.ts';
import { blockedSeconds, settleSeconds, sweepPageSize, sweepPages } from '../common/settings.ts';
import { logCensus } from './census.ts';

/** @returns whether the bound left jobs to the next sweep */
export async function sweepPendingJobs(deps: SweepDeps): Promise<boolean> {
  const waiting: Job[] = [];
  const places = new Map<string, { installationId: InstallationId; tier: TierName }>();
  let cursor: string | undefined;
  for (let page = 1; page <= sweepPages; page++) {
    const found = await deps.jobs.scanPendingAcrossTenants({
      limit: sweepPageSize,
      ...(cursor ? { cursor } : {}),
    });
    for (const job of found.jobs) {
      const waits = job.state === 'waiting' ? !(await expire(deps, job)) : await settle(deps, job);
      if (waits && job.state === 'waiting') waiting.push(job);
      if (waits && job.tier)
        places.set(`${job.installationId}/${job.tier}`, {
          installationId: job.installationId,
          tier: job.tier,
        });
    }
    cursor = found.cursor;
    if (!cursor) break;
  }
  await Promise.all(
    [...places.values()].map(({ installationId, tier }) =>
      deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier }),
    ),
  );
  await logCensus(deps, waiting);
  return cursor !== undefined;
}

async function expire(deps: SweepDeps, job: Job): Promise<boolean> {
  const now = deps.clock.now();
  const { waitSeconds } = deps.deployment.limits;
  if (now < job.acceptedAt + waitSeconds * 1000) return false;
  const why = reason(
    'waited-too-long',
    `It waited for ${waitSeconds / 3600} hours, last because: ${job.reason?.text ?? 'unknown'}`,
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

/** True: it waits again. */
async function settle(deps: SweepDeps, job: Job): Promise<boolean> {
  const now = deps.clock.now();
  const { installationId, jobId, repository, unsettledAt } = job;
  if (unsettledAt === undefined) return false;
  // What has outlived every limit is asked about each minute, until GitHub answers.
  const overdue = isOverdue(deps, job);
  if (!overdue && !isTimeToAsk(now - unsettledAt)) return false;
  const answer = await deps.github.getJob(installationId, repository, jobId);
  const about = { installationId, jobId, instanceId: job.runner, tier: job.tier };
  const kind = 'unsettled-job-asked';
  deps.telemetry.event('info', 'repair', { ...about, kind }, { Repairs: 1 });
  if (!answer.ok) {
    const { refusal } = answer;
    const why = { ...about, reason: refusal.kind, refusal };
    deps.telemetry.event('warn', 'github-refused', why, { GitHubRefusals: 1 });
    // Whoever is refused a look knows nothing: only that it is gone ends a job at once. A limit passes, and ends none.
    if (refusal.kind === 'not-found') await close(deps, job, { outcome: 'completed' });
    else if (overdue && refusal.kind !== 'limited') await closeOverdue(deps, job);
    return false;
  }
  const { status, conclusion } = answer.value;
  if (status === 'queued') return waitAgain(deps, job);
  if (status === 'completed') {
    const outcome = conclusion === 'cancelled' ? 'cancelled' : 'completed';
    await close(deps, job, { outcome, conclusion });
  } else if (overdue) await closeOverdue(deps, job);
  return false;
}

function isOverdue({ deployment, clock }: SweepDeps, { state, unsettledAt = 0 }: Job): boolean {
  const longest = state === 'blocked' ? blockedSeconds : deployment.limits.jobSeconds;
  return clock.now() >= unsettledAt + longest * 1000;
}

/** GitHub gives up a lost machine, or an approval that nobody gives; what outlives every limit is closed here. */
const closeOverdue = (deps: SweepDeps, job: Job) =>
  close(deps, job, { outcome: job.state === 'blocked' ? 'expired' : 'completed' });

async function close(
  deps: SweepDeps,
  { installationId, jobId }: Job,
  end: { outcome: JobOutcome; conclusion?: string | null },
): Promise<void> {
  const conclusion = end.conclusion ?? 'unknown';
  await deps.jobs.finish(installationId, jobId, { outcome: end.outcome, conclusion, at: deps.clock.now() });
}

/** After one, two, four, … minutes, and then each hour: what GitHub has no news of costs few calls. */
function isTimeToAsk(milliseconds: number): boolean {
  const looks = Math.floor(milliseconds / (settleSeconds * 1000));
  return looks >= 1 && (looks % 60 === 0 || Number.isInteger(Math.log2(looks)));
}

async function waitAgain(deps: SweepDeps, job: Job): Promise<boolean> {
  const { installationId, jobId } = job;
  if (job.state === 'blocked') {
    return deps.jobs.unblock(
      installationId,
      jobId,
      reason('queued', 'It was approved; the jobs before it come first.'),
    );
  }
  const why = reason('runner-ended', 'Its machine ended before the job did; the job gets another one.');
  return deps.jobs.requeue(installationId, jobId, job.runner, why);
}
