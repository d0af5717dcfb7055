/**
 * Records what GitHub says about one job. Facts never go backwards, and are recorded without looking at a machine:
 * settle-start.ts afterwards finds the named machine and what follows for it, so that no machine's end falls between the
 * look and the fact.
 */
import type { JobEvent } from '../../contract/messages.ts';
import type { InstanceId } from '../../core/ids.ts';
import { endOnGitHub, isOverOnGitHub, type Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { jobOfEvent } from '../common/job-of-event.ts';
import { createDoneLine, type DoneLine } from '../ending/done-line.ts';

/** GitHub holds it for an approval. Those without a tier were refused together (refuse-unknown-labels.ts). */
export async function recordBlocked(deps: LifecycleDeps, event: JobEvent): Promise<void> {
  if (!event.tier) return;
  const now = deps.clock.now();
  const heardAt = event.receivedAt ?? now;
  const held = { ...jobOfEvent(event, now), state: 'blocked', unsettledAt: heardAt } as const;
  const outcome = await insertOne(deps, held);
  // GitHub may announce it as queued first. If this one is late, the sweep asks, and it waits again.
  if (outcome === 'exists') await deps.jobs.block(event.installationId, event.jobId, heardAt);
}

/** @throws OperationalError, even if it concerns only this job */
async function insertOne(deps: LifecycleDeps, job: Job): Promise<'inserted' | 'exists'> {
  const [outcome = 'exists'] = await deps.jobs.insert([job]);
  if (typeof outcome === 'object') throw outcome;
  return outcome;
}

/** Whether an unknown job is worth a row: with unknown labels, and on no machine of ours, it is not our job. */
const mayBeOurs = (event: JobEvent, instanceId: InstanceId | undefined) =>
  event.tier !== undefined || instanceId !== undefined;

/** What was stored about a start. */
export interface Started {
  readonly event: JobEvent;
  /** As it was before; undefined: it was unknown. */
  readonly before: Job | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface StartOnMachine extends Started {
  readonly instanceId: InstanceId | undefined;
  /** The machine, read after the start was written; undefined: it is not this tenant's. */
  readonly runner: Runner | undefined;
}

/**
 * @param instanceId of the machine that GitHub says took it, if its name is that of an instance
 * @returns undefined if the fact came too late
 */
export async function recordStarted(
  deps: LifecycleDeps,
  event: JobEvent,
  instanceId: InstanceId | undefined,
): Promise<Started | undefined> {
  const start = { runner: instanceId, at: deps.clock.now() };
  let before = await deps.jobs.start(event.installationId, event.jobId, start);
  if (!before) {
    if (!mayBeOurs(event, instanceId)) return undefined;
    const outcome = await insertOne(deps, runningJob(event, start));
    if (outcome === 'exists') before = await deps.jobs.start(event.installationId, event.jobId, start);
  }
  const isTooLate = before && (isOverOnGitHub(before) || (before.state === 'done' && !before.tier));
  if (isTooLate) return undefined;
  if (before && before.repository !== event.repository) {
    await deps.jobs.rename(event.installationId, event.jobId, event.repository);
  }
  return { event, before, at: start.at };
}

/**
 * @param instanceId of the machine that GitHub says ran it, if its name is that of an instance
 * @returns what to log about it; undefined: it was known, or is not ours
 */
export async function recordCompleted(
  deps: LifecycleDeps,
  event: JobEvent,
  instanceId: InstanceId | undefined,
): Promise<DoneLine | undefined> {
  const at = deps.clock.now();
  const end = endOnGitHub({ conclusion: event.conclusion, runner: instanceId, at });
  const before = await deps.jobs.finish(event.installationId, event.jobId, end);
  // Unknown: its `queued` is late or lost. The row keeps a late one from launching a machine.
  const job: Job = { ...jobOfEvent(event, at), state: 'done', doneAt: at, ...end };
  if (!before && !mayBeOurs(event, instanceId)) return undefined;
  if (!before && (await insertOne(deps, job)) === 'exists') {
    await deps.jobs.finish(event.installationId, event.jobId, end);
  }
  if (before && isOverOnGitHub(before)) return undefined;
  const { installationId, jobId, tier = 'none' } = event;
  const { outcome, conclusion } = end;
  return createDoneLine(deps.telemetry, { installationId, jobId, instanceId, tier, outcome, conclusion });
}

function runningJob(event: JobEvent, start: { runner: InstanceId | undefined; at: number }): Job {
  return {
    ...jobOfEvent(event, start.at),
    state: 'running',
    startedAt: start.at,
    ...(start.runner ? { runner: start.runner } : {}),
    // Its `queued` is late or lost, and so may other events be.
    unsettledAt: start.at,
  };
}
