/**
 * Looks at every job that waits, or whose machine ended before GitHub said how it did: expires what waited too long,
 * asks GitHub about the others' end, and pokes each tenant and tier where something waits.
 */
import type { InstallationId, TierName } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import { reason } from '../core/reason.ts';
import { settleSeconds, sweepPageSize, sweepPages } from './settings.ts';
import type { SweepDeps } from './sweep-deps.ts';

export async function sweepPendingJobs(deps: SweepDeps): Promise<void> {
  const places = new Map<string, { installationId: InstallationId; tier: TierName }>();
  let cursor: string | undefined;
  for (let page = 1; page <= sweepPages; page++) {
    const found = await deps.jobs.scanPendingAcrossTenants({
      limit: sweepPageSize,
      ...(cursor ? { cursor } : {}),
    });
    for (const job of found.jobs) {
      const waits = job.state === 'waiting' ? !(await expire(deps, job)) : await settle(deps, job);
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
  if (expired) deps.telemetry.count('JobsExpired', { tier: job.tier ?? 'none' });
  return expired;
}

/** True: it waits again. */
async function settle(deps: SweepDeps, job: Job): Promise<boolean> {
  const now = deps.clock.now();
  const { installationId, jobId, repository, runner } = job;
  if (job.state !== 'running' || !runner || now < (job.unsettledAt ?? 0) + settleSeconds * 1000) return false;
  const answer = await deps.github.getJob(installationId, repository, jobId);
  deps.telemetry.count('Repairs', { kind: 'unsettled-job-asked' });
  if (!answer.ok) {
    if (answer.refusal.kind === 'limited') return false;
    await deps.jobs.finish(installationId, jobId, { outcome: 'completed', at: now, conclusion: 'unknown' });
    return false;
  }
  const { status, conclusion } = answer.value;
  if (status === 'completed') {
    const outcome = conclusion === 'cancelled' ? 'cancelled' : 'completed';
    await deps.jobs.finish(installationId, jobId, { outcome, at: now, conclusion: conclusion ?? 'unknown' });
    return false;
  }
  if (status === 'in_progress') {
    // GitHub gives a lost machine up after minutes; a job that outlives every limit is closed here.
    if (now >= (job.unsettledAt ?? 0) + deps.deployment.limits.jobSeconds * 1000) {
      await deps.jobs.finish(installationId, jobId, { outcome: 'completed', at: now, conclusion: 'unknown' });
    }
    return false;
  }
  const why = reason('runner-ended', 'Its machine ended before the job did; the job gets another one.');
  return deps.jobs.requeue(installationId, jobId, runner, why);
}
