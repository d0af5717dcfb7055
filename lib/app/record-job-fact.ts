/**
 * Writes down what GitHub says of one job. Facts win over plans and never go backwards: GitHub gives a job to any
 * runner whose labels fit, so who was meant for it and who runs it may differ, and then the plans change places.
 */
import type { JobEvent } from '../contract/messages.ts';
import type { InstanceId } from '../core/ids.ts';
import { type LeaseId, launchOfLease } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import { reason } from '../core/reason.ts';
import type { Runner } from '../core/runner.ts';
import type { LifecycleDeps } from './lifecycle-deps.ts';
import { pokeWaiting } from './poke-waiting.ts';
import { tellStart } from './tell-start.ts';

/** `waiting` (GitHub holds it for an approval), or `queued` with labels that no tier has. */
export async function recordUnstarted(deps: LifecycleDeps, event: JobEvent): Promise<void> {
  const now = deps.clock.now();
  const job = newJob(event, now);
  if (event.tier) {
    await deps.jobs.insert([{ ...job, state: 'blocked', unsettledAt: now }]);
    return;
  }
  const tiers = deps.deployment.tiers.map(({ name, labels }) => `${name} [${labels.join(', ')}]`).join('; ');
  const why = reason(
    'labels-unknown',
    `No tier has all of the labels [${event.labels.join(', ')}]. The tiers are: ${tiers}.`,
  );
  await deps.jobs.insert([{ ...job, state: 'done', outcome: 'refused', doneAt: now, reason: why }]);
  const { installationId, jobId } = event;
  deps.telemetry.event(
    'info',
    'job-refused',
    { installationId, jobId, reason: why.code, labels: event.labels },
    { JobsRefused: 1 },
  );
}

/** @param runner the machine of ours that GitHub says took it; undefined: none of ours did */
export async function recordStarted(
  deps: LifecycleDeps,
  event: JobEvent,
  runner: Runner | undefined,
): Promise<void> {
  const start = { runner: runner?.instanceId, at: deps.clock.now() };
  let before = await deps.jobs.start(event.installationId, event.jobId, start);
  if (!before) {
    const [outcome] = await deps.jobs.insert([runningJob(event, start)]);
    if (outcome === 'exists') before = await deps.jobs.start(event.installationId, event.jobId, start);
  }
  if (before?.state === 'done') return;
  if (before?.state !== 'running') tellStart(deps, { event, before, runner, at: start.at });
  if (!runner) return;
  if (runner.hint !== event.jobId) {
    // Until the plans have followed, the machine's end says nothing of this job: GitHub is asked meanwhile, and seldom.
    await deps.jobs.markUnsettled(event.installationId, event.jobId, runner.instanceId, start.at);
    await changePlaces(deps, { event, before, runner });
  }
  await settleIfEnded(deps, event, runner);
}

/** The machine may have ended before this fact came, or while it was written: then nobody else asks how the job did. */
async function settleIfEnded(deps: LifecycleDeps, event: JobEvent, { instanceId }: Runner): Promise<void> {
  const { installationId, jobId } = event;
  const now = await deps.runners.get(installationId, instanceId);
  if (now?.state === 'ended')
    await deps.jobs.markUnsettled(installationId, jobId, instanceId, deps.clock.now());
}

/** @param runner the machine of ours that ran it; undefined: none, or none of ours */
export async function recordCompleted(
  deps: LifecycleDeps,
  event: JobEvent,
  runner: Runner | undefined,
): Promise<void> {
  const at = deps.clock.now();
  const conclusion = event.conclusion ?? 'unknown';
  const end = {
    outcome: conclusion === 'cancelled' ? ('cancelled' as const) : ('completed' as const),
    at,
    conclusion,
    ...(runner ? { runner: runner.instanceId } : {}),
  };
  const before = await deps.jobs.finish(event.installationId, event.jobId, end);
  // Unknown: its `queued` is late or lost. The tombstone keeps a late one from buying a machine.
  const job: Job = { ...newJob(event, at), state: 'done', doneAt: at, ...end };
  if (!before && (await deps.jobs.insert([job]))[0] === 'exists') {
    await deps.jobs.finish(event.installationId, event.jobId, end);
  }
  if (before?.state === 'done') return;
  const { installationId, jobId, tier = 'none' } = event;
  deps.telemetry.event(
    'info',
    'job-done',
    { installationId, jobId, instanceId: runner?.instanceId, tier, outcome: end.outcome, conclusion },
    { JobsDone: 1 },
  );
}

/**
 * `runner` was meant for another job than the one it runs. That other job gets the machine that was meant for this
 * one, where there is such a machine; else it waits again.
 */
async function changePlaces(
  deps: LifecycleDeps,
  taken: { event: JobEvent; before: Job | undefined; runner: Runner },
): Promise<void> {
  const { event, before, runner } = taken;
  const { installationId, instanceId, tier, hint } = runner;
  deps.telemetry.event(
    'info',
    'job-taken',
    { installationId, jobId: event.jobId, instanceId, tier, meantFor: hint },
    { JobsTakenByOthers: 1 },
  );
  // In a burst the other job mostly runs somewhere already, and then there is nothing to give it.
  if (!(await countsOn(deps, runner)) && (await deps.runners.setHint(runner, event.jobId))) return;
  const from =
    before?.state === 'covered' && before.lease ? await holderOf(deps, event, before.lease) : undefined;
  if (
    from &&
    from.state !== 'ended' &&
    (await deps.runners.swapJobs({ by: runner, from, taken: event.jobId }))
  )
    return;
  // In this order: should this die between the two, the other job waits, and nothing counts on the runner for it.
  await deps.jobs.waitAgain(event.installationId, runner.hint, runner.lease, takenBy(before));
  await deps.runners.setHint(runner, event.jobId);
  await pokeWaiting(deps, event.installationId);
}

/** A job of the line that is served earlier costs no machine more; one that was not in the line does. */
const takenBy = (taker: Job | undefined) =>
  taker === undefined || taker.state === 'blocked'
    ? reason(
        'runner-stolen',
        'GitHub gave its machine to a job that did not wait here; it gets the next one.',
      )
    : reason('runner-taken', 'GitHub gave its machine another job; it gets the next one.');

/** Whether the job that the runner was meant for still waits for it. */
async function countsOn(deps: LifecycleDeps, runner: Runner): Promise<boolean> {
  const job = await deps.jobs.get(runner.installationId, runner.hint);
  return job?.state === 'covered' && job.lease === runner.lease;
}

async function holderOf(deps: LifecycleDeps, event: JobEvent, lease: LeaseId): Promise<Runner | undefined> {
  const launch = await deps.launches.get(event.installationId, launchOfLease(lease));
  const instanceId = launch?.instances.get(lease);
  return instanceId && deps.runners.get(event.installationId, instanceId);
}

function runningJob(event: JobEvent, start: { runner: InstanceId | undefined; at: number }): Job {
  return {
    ...newJob(event, start.at),
    state: 'running',
    startedAt: start.at,
    ...(start.runner ? { runner: start.runner } : {}),
    // Its `queued` is late or lost, and so may the rest be.
    unsettledAt: start.at,
  };
}

function newJob(event: JobEvent, now: number): Omit<Job, 'state'> {
  return {
    installationId: event.installationId,
    jobId: event.jobId,
    ...(event.tier ? { tier: event.tier } : {}),
    repository: event.repository,
    repositoryOwnerId: event.repositoryOwnerId,
    runId: event.runId,
    labels: event.labels,
    queuedAt: event.queuedAt,
    acceptedAt: now,
    attempts: 0,
  };
}
