/**
 * What GitHub does when it hears nothing: registrations that no runner connects to are dropped, runners that
 * fall silent go offline, and their jobs fail or go to somebody else. Runs every so often; running it twice
 * changes nothing.
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
  // An open poll is a runner that is there.
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
