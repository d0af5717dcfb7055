/**
 * Makes a stored launch happen: calls EC2, gives each machine its lease, and gives back the leases of machines that
 * did not come. The order of the writes makes a crash safe anywhere: the sweep resumes a launch that is not closed, and
 * every step may be repeated.
 */
import type { InstanceId, LeaseId } from '../../core/ids.ts';
import { firstLookAt, type Launch, missingLeases } from '../../core/launch.ts';
import { type Reason, reason } from '../../core/reason.ts';
import type { LaunchAnswer, LaunchedInstance, LaunchFailure } from '../../ports/compute.ts';
import type { Measured } from '../../ports/telemetry.ts';
import { bindRows, type Seen, spotPricesOf } from '../common/bind-rows.ts';
import { isConfigured } from '../common/configured-tier.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { requeueUnservedJob } from '../common/requeue-unserved-job.ts';
import { launchesTogetherMilliseconds, retryDelaySeconds } from '../common/settings.ts';
import { wakeNextWaiters } from '../common/shared-lines.ts';
import { askBesideOthers } from '../common/side-by-side.ts';
import { askForMachines } from './ask-for-machines.ts';
import { type Lesson, learn } from './scarcity.ts';

export interface PlannedLaunch {
  readonly launch: Launch;
  /** EC2 throttled lately, and this launch has its turn. */
  readonly paced: boolean;
  /**
   * The metrics of jobs that were recorded for it: these get no log line of their own, since each byte of a log
   * costs money.
   */
  readonly accepted?: Accepted;
}

/** What is measured as jobs are recorded. */
export interface Accepted {
  readonly JobsAccepted: Measured;
  readonly ReceivedToAcceptedMilliseconds: Measured;
}

const noneAccepted: Accepted = { JobsAccepted: [], ReceivedToAcceptedMilliseconds: [] };

/** The caller holds the launch's fence. */
export async function carryOutLaunch(deps: LaunchDeps, planned: PlannedLaunch): Promise<Lesson> {
  const { launch, paced, accepted = noneAccepted } = planned;
  const askedAt = deps.clock.now();
  const [{ answer, together }] = await Promise.all([
    askBesideOthers({ to: deps.compute, clock: deps.clock, milliseconds: launchesTogetherMilliseconds }, () =>
      askForMachines(deps, launch),
    ),
    // Then the machines' cost is known when they come.
    spotPricesOf(deps, launch),
  ]);
  logAnswer(deps, { launch, askedAt, accepted }, answer);
  const lesson = await learnFrom(deps, { launch, askedAt, answer, paced });
  await together();
  // It is unknown which machines started: the leases stay taken, and the sweep asks again after the fence.
  if (answer.kind === 'unclear') return { ...lesson, againNow: false };
  const instances = answer.kind === 'answered' ? answer.instances : [];
  await settleLaunch(deps, launch, {
    instances,
    askedAt,
    failure: failureOf(answer),
    againSeconds: lesson.againSeconds,
  });
  return lesson;
}

/** An answer's hints for other copies: if they cannot be written, machines that came are not delayed. */
export async function learnFrom(
  deps: LaunchDeps,
  call: { launch: Launch; askedAt: number; answer: LaunchAnswer; paced: boolean },
): Promise<Lesson> {
  try {
    return await learn(deps, call);
  } catch (error) {
    const { installationId, tier, launchId } = call.launch;
    const about = { installationId, tier, launchId, error: String(error) };
    deps.telemetry.event('warn', 'note-failed', about, { NotesFailed: 1 });
    return { againNow: false, againSeconds: retryDelaySeconds };
  }
}

export function failureOf(answer: LaunchAnswer): LaunchFailure | undefined {
  return answer.kind === 'answered' ? answer.failures[0] : answer.failure;
}

/**
 * Records what certainly came of a launch, and what did not. Nothing more may come of it afterwards. A crash anywhere
 * here leaves an open launch, and the sweep continues from what is written; or a closed one with a machine for each lease,
 * and those machines that have no row get it when they claim, or from the sweep.
 */
export async function settleLaunch(
  deps: LaunchDeps,
  launch: Launch,
  outcome: Seen & {
    failure: LaunchFailure | undefined;
    /** When the jobs without a machine are to try again. */
    againSeconds?: number;
  },
): Promise<void> {
  const lookAt = firstLookAt(launch.createdAt, deps.deployment.limits);
  const answered = await answeredLaunch(deps, { launch, lookAt, instances: outcome.instances });
  if (!answered) return;
  await bindRows(deps, answered, outcome);
  if (answered.state === 'closed') return;
  const missing = missingLeases(answered);
  if (missing.length === 0) return deps.launches.close(answered, lookAt);
  // First the jobs wait again: a lease never goes back while a job still relies on it.
  const why = failureReason(outcome.failure);
  const { installationId, tier } = launch;
  await Promise.all(
    missing.map(({ jobId, lease }) =>
      requeueUnservedJob(deps, { installationId, plannedJob: jobId, lease }, why),
    ),
  );
  await deps.launches.close(answered, lookAt);
  const { againSeconds: delaySeconds = retryDelaySeconds } = outcome;
  if (isConfigured(deps, tier))
    await deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier }, { delaySeconds });
  await wakeNextWaiters(
    deps,
    missing.map(() => tier),
  );
}

/** As it stands from now on, before any of its machines has a row. */
async function answeredLaunch(
  deps: LaunchDeps,
  seen: { launch: Launch; lookAt: number; instances: readonly LaunchedInstance[] },
): Promise<Launch | undefined> {
  const { launch, lookAt } = seen;
  if (launch.state === 'answered') return launch;
  const places = placesOf(launch, seen.instances);
  const isComplete = places.size === launch.plannedJobs.length;
  return isComplete ? deps.launches.complete(launch, places, lookAt) : deps.launches.answer(launch, places);
}

/** Machines of a launch that is not answered yet: each gets a lease and its row; others may come. */
export async function bindMachines(deps: LaunchDeps, launch: Launch, seen: Seen): Promise<void> {
  const { instances } = seen;
  const places = placesOf(launch, instances);
  // Before its row: if it ends before the next look, its lease must be known to be used.
  if (places.size > launch.instances.size) await deps.launches.place(launch, places);
  await bindRows(deps, { ...launch, instances: places }, seen);
}

/** Which machine has which lease, for good: a lease whose machine has come and gone never goes to another machine. */
function placesOf(launch: Launch, instances: readonly LaunchedInstance[]): Map<LeaseId, InstanceId> {
  const places = new Map(launch.instances);
  const placed = new Set(places.values());
  const free = launch.plannedJobs.filter(({ lease }) => !places.has(lease));
  const unplaced = instances.filter(({ instanceId }) => !placed.has(instanceId));
  // More machines than requested would be EC2's mistake; without a lease the sweep ends them.
  for (const [n, { instanceId }] of unplaced.slice(0, free.length).entries()) {
    places.set(free[n]!.lease, instanceId);
  }
  return places;
}

function failureReason(failure: LaunchFailure | undefined): Reason {
  switch (failure?.class) {
    case 'unoffered':
    case 'capacity':
      return reason('capacity', 'AWS has no capacity for this tier right now; the job is retried shortly.');
    case 'quota':
      return reason(
        'quota',
        'The AWS account is at its quota for such machines; the job is retried when some end.',
      );
    case 'throttled':
      return reason('throttled', 'AWS throttled the call; the job is retried shortly.');
    case 'fatal':
    case 'unknown':
      return reason(
        'launch-failed',
        `AWS refused the launch (${failure.code}); the operator has been alerted, and the launch is retried.`,
      );
    case undefined:
      return reason('capacity', 'AWS launched fewer machines than requested; the job is retried shortly.');
  }
}

function logAnswer(
  deps: LaunchDeps,
  asked: { launch: Launch; askedAt: number; accepted: Accepted },
  answer: LaunchAnswer,
): void {
  const { launch, askedAt, accepted } = asked;
  const { launchId, installationId, tier, plannedJobs } = launch;
  const failures = answer.kind === 'answered' ? answer.failures : [answer.failure];
  const machines = answer.kind === 'answered' ? answer.instances : [];
  deps.telemetry.event(
    failures.length === 0 ? 'info' : 'warn',
    'launch',
    {
      installationId,
      tier,
      launchId,
      result: failures[0]?.class ?? 'started',
      jobIds: plannedJobs.map(({ jobId }) => jobId),
      instanceIds: machines.map(({ instanceId }) => instanceId),
      ...(failures.length > 0 ? { failures } : {}),
    },
    {
      ...accepted,
      Launches: 1,
      MachinesStarted: machines.length,
      LeasedToAskedMilliseconds: Math.max(0, askedAt - launch.createdAt),
      LeasedToLaunchedMilliseconds: deps.clock.now() - launch.createdAt,
    },
  );
}
