/**
 * What GitHub does when it hears nothing: it removes registrations that no runner connects to, silent runners go offline,
 * and their jobs fail or go to other runners. It runs periodically; running it twice changes nothing.
 */
import { completeJob, removeRunner, takeJobBack } from './jobs.ts';
import type { Webhooks } from './webhooks.ts';
import type { JobRecord, RunnerRecord, World } from './world.ts';

export function sweep(world: World, webhooks: Webhooks): void {
  for (const runner of world.runners.values()) {
    if (runner.job) sweepBusy(world, webhooks, { runner, job: runner.job });
    else sweepIdle(world, runner);
  }
}

function sweepIdle(world: World, runner: RunnerRecord) {
  // A runner with an open poll is online.
  if (runner.answerPoll) return;
  const silentFor = world.now() - runner.lastSeenAt;
  if (silentFor > world.dials.idleRegistrationSeconds * 1000)
    removeRunner(world, runner, 'no runner connected');
  else if (silentFor > world.dials.lostRunnerSeconds * 1000) runner.online = false;
}

function sweepBusy(world: World, webhooks: Webhooks, what: { runner: RunnerRecord; job: JobRecord }) {
  const { runner, job } = what;
  const patience = world.dials.lostRunnerSeconds * 1000;
  if (job.status === 'in_progress') {
    const overdueAt = (job.startedAt ?? 0) + job.milliseconds + patience;
    if (world.now() > overdueAt) completeJob(world, webhooks, { job, conclusion: 'failure' });
  } else if (world.now() > (job.assignedAt ?? 0) + patience) {
    removeRunner(world, runner, 'it never started its job');
    takeJobBack(world, job);
  }
}
