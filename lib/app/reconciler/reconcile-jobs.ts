/**
 * Asks GitHub about jobs that have waited for long, some of each tenant in a run: a job that has begun or finished takes
 * the path of the lost webhook; a job that is gone, or whose run is dead, is closed with the reason. A covered job is
 * asked about only if its runner listens without it; every other covered job has its machine's deadline.
 */
import type { JobEvent } from '../../contract/messages.ts';
import type { GitHubJob } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import { afterLoss } from '../../core/job-rest.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import { type Reason, reason } from '../../core/reason.ts';
import { askAboutJob } from '../common/ask-about-job.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { doubtJob, goneReason, runDeadReason, undoubtJob } from '../common/doubt-job.ts';
import { inRepository } from '../common/in-repository.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { waitingPageSize } from '../common/settings.ts';
import { logRepair, type RepairKind } from './log-repair.ts';
import { askAfterSeconds, jobsAskedPerVisit } from './reconcile-settings.ts';
import { ordered, type Visit } from './tenant-visit.ts';

export async function reconcileJobs(
  deps: ReconcileDeps,
  visit: Visit,
  suspects: readonly Job[],
): Promise<void> {
  for (const job of suspects.slice(0, jobsAskedPerVisit)) await askAbout(deps, visit, job);
  for (const job of await nextWaiting(deps, visit)) {
    if (visit.calls.isSpent) return;
    await askAbout(deps, visit, job);
    visit.marks.job = ordered(job.jobId);
  }
}

async function nextWaiting(deps: ReconcileDeps, { tenant, marks, waitingRuns }: Visit): Promise<Job[]> {
  const { installationId } = tenant;
  const tiers = await deps.jobs.tiersWithWaiting(installationId);
  const pages = await Promise.all(
    tiers.map((tier) => deps.jobs.listWaiting(installationId, tier, waitingPageSize)),
  );
  const waiting = pages.flat();
  for (const { runId } of waiting) waitingRuns.add(runId);
  const since = deps.clock.now() - askAfterSeconds * 1000;
  return nextInTurn(
    waiting.filter((job) => job.acceptedAt <= since),
    { keyOf: (job) => ordered(job.jobId), after: marks.job, count: jobsAskedPerVisit },
  );
}

async function askAbout(deps: ReconcileDeps, { calls }: Visit, job: Job): Promise<void> {
  const { installationId, jobId, runId } = job;
  const answer = await calls.ask(() => askAboutJob(deps, job));
  if (!answer) return;
  if (!answer.ok) {
    if (answer.refusal.kind === 'not-found')
      await close(deps, job, { kind: 'job-gone-closed', why: goneReason(job) });
    return;
  }
  switch (answer.value.status) {
    case 'completed':
      return logLifecycle(deps, job, { action: 'completed', found: answer.value });
    case 'in_progress':
      return logLifecycle(deps, job, { action: 'in_progress', found: answer.value });
    case 'waiting':
      await undoubtJob(deps, job);
      await deps.jobs.block(installationId, jobId, deps.clock.now());
      return;
    case 'queued': {
      const run = await calls.ask(() =>
        inRepository(deps, job, (repository) => deps.github.getRun(installationId, repository, runId)),
      );
      if (!run?.ok) return;
      if (!run.value.completed) {
        await undoubtJob(deps, job);
        return letGo(deps, job);
      }
      const conclusion = run.value.conclusion ?? 'unknown';
      return close(deps, job, {
        kind: 'job-of-dead-run-closed',
        why: runDeadReason(job, conclusion),
        conclusion,
      });
    }
  }
}

async function close(
  deps: ReconcileDeps,
  job: Job,
  closing: { kind: RepairKind; why: Reason; conclusion?: string },
): Promise<void> {
  const { kind, why, conclusion = 'unknown' } = closing;
  if (await doubtJob(deps, job, { why, conclusion })) logRepairOf(deps, job, { kind, reason: why.text });
}

/** Rows follow the fact in the same code as always. */
async function logLifecycle(
  deps: ReconcileDeps,
  job: Job,
  fact: { action: 'in_progress' | 'completed'; found: GitHubJob },
): Promise<void> {
  const { action, found } = fact;
  const event: JobEvent = {
    kind: 'job',
    action,
    installationId: job.installationId,
    jobId: job.jobId,
    runId: job.runId,
    repository: job.repository,
    ...(job.repositoryId === undefined ? {} : { repositoryId: job.repositoryId }),
    repositoryOwnerId: job.repositoryOwnerId,
    ...(job.visibility ? { visibility: job.visibility } : {}),
    labels: job.labels,
    ...(job.tier ? { tier: job.tier } : {}),
    queuedAt: job.queuedAt,
    delivery: 'reconciler',
    runnerName: found.runnerName,
    conclusion: found.conclusion,
  };
  await deps.queues.sendToLifecycle(event);
  const kind = action === 'completed' ? 'job-end-unheard' : 'job-start-unheard';
  logRepairOf(deps, job, {
    kind,
    reason: `GitHub says ${action} (${found.conclusion ?? found.runnerName ?? ''}).`,
  });
}

/** Still queued. If a runner listens for it all the same, that runner serves another job: this one gets the next. */
async function letGo(deps: ReconcileDeps, job: Job): Promise<void> {
  const { installationId, jobId, state, lease } = job;
  if (state !== 'covered' || !lease) return;
  const why = reason(
    'runner-taken-by-unknown-job',
    'Its runner listens, but GitHub has not given it the job; the job gets the next one.',
  );
  const again = afterLoss(job, why, deps.clock.now());
  if (!(await deps.jobs.waitAgain(installationId, jobId, lease, again.reason, again.rest))) return;
  logRepairOf(deps, job, { kind: 'runner-taken-unreported', reason: why.text });
  await pokeWaiting(deps, installationId);
}

function logRepairOf(deps: ReconcileDeps, job: Job, what: { kind: RepairKind; reason: string }): void {
  const { installationId, jobId, repository, tier } = job;
  logRepair(deps, { ...what, installationId, jobId, repository, ...(tier ? { tier } : {}) });
}
