/**
 * What GitHub does when it hears nothing: it removes registrations that no runner connects to, silent runners go offline,
 * their jobs fail or go to other runners, and jobs that no runner takes are cancelled. It runs periodically; running it twice changes nothing.
 */
import { completeJob, removeRunner, takeJobBack } from './jobs.ts';
import type { GitHubStore, JobRecord, RunnerRecord } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export function sweep(store: GitHubStore, webhooks: Webhooks): void {
  for (const runner of store.runners.values()) {
    if (runner.job) sweepBusy(store, webhooks, { runner, job: runner.job });
    else sweepIdle(store, runner);
  }
  for (const job of store.jobs.values()) {
    if (isQueuedForLong(store, job)) completeJob(store, webhooks, { job, conclusion: 'cancelled' });
  }
}

const isQueuedForLong = (store: GitHubStore, { status, assignedAt, queuedAt }: JobRecord) =>
  status === 'queued' &&
  assignedAt === undefined &&
  store.now() - queuedAt > store.dials.queuedSeconds * 1000;

function sweepIdle(store: GitHubStore, runner: RunnerRecord) {
  // A runner with an open poll is online.
  if (runner.answerPoll) return;
  const silentFor = store.now() - runner.lastSeenAt;
  if (silentFor > store.dials.idleRegistrationSeconds * 1000)
    removeRunner(store, runner, 'no runner connected');
  else if (silentFor > store.dials.lostRunnerSeconds * 1000) runner.online = false;
}

function sweepBusy(store: GitHubStore, webhooks: Webhooks, what: { runner: RunnerRecord; job: JobRecord }) {
  const { runner, job } = what;
  const patience = store.dials.lostRunnerSeconds * 1000;
  if (job.status === 'in_progress') {
    const overdueAt = (job.startedAt ?? 0) + job.milliseconds + patience;
    if (store.now() > overdueAt) completeJob(store, webhooks, { job, conclusion: 'failure' });
  } else if (store.now() > (job.assignedAt ?? 0) + patience) {
    removeRunner(store, runner, 'it never started its job');
    takeJobBack(store, job);
  }
}
