/**
 * Makes a stored launch happen: calls EC2, gives each machine its lease, and gives back the leases of machines that
 * did not come. What is written, in which order, lets it die anywhere: a launch that is not closed is resumed by the
 * sweep, and every step may be done twice.
 */

import type { InstanceId, LeaseId } from '../../core/ids.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import { type Reason, reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { LaunchAnswer, LaunchedInstance, LaunchFailure } from '../../ports/compute.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { launchFenceSeconds, retryDelaySeconds } from '../common/settings.ts';
import { freeTenantAndCapLeases, wakeNextWaiters } from '../common/shared-lines.ts';
import { type Lesson, learn } from './scarcity.ts';

export interface PlannedLaunch {
  readonly launch: Launch;
  /** EC2 throttled lately, and this launch has its turn. */
  readonly paced: boolean;
}

/** The caller holds the launch's fence. */
export async function carryOutLaunch(deps: LaunchDeps, planned: PlannedLaunch): Promise<Lesson> {
  const { launch, paced } = planned;
  const askedAt = deps.clock.now();
  const answer = await deps.compute.launch(launch.request);
  logAnswer(deps, { launch, askedAt }, answer);
  const lesson = await learnFrom(deps, { launch, answer, paced });
  // Nobody knows what was started: the leases stay taken, and the sweep asks again after the fence.
  if (answer.kind === 'unclear') return { ...lesson, againNow: false };
  const instances = answer.kind === 'answered' ? answer.instances : [];
  await settleLaunch(deps, launch, {
    instances,
    failure: failureOf(answer),
    againSeconds: lesson.againSeconds,
  });
  return lesson;
}

/** What an answer teaches is a hint for other copies: machines that came are not kept waiting where it cannot be written. */
export async function learnFrom(
  deps: LaunchDeps,
  told: { launch: Launch; answer: LaunchAnswer; paced: boolean },
): Promise<Lesson> {
  try {
    return await learn(deps, told);
  } catch (error) {
    const { installationId, tier, launchId } = told.launch;
    const about = { installationId, tier, launchId, error: String(error) };
    deps.telemetry.event('warn', 'note-failed', about, { NotesFailed: 1 });
    return { againNow: false, againSeconds: retryDelaySeconds };
  }
}

export function failureOf(answer: LaunchAnswer): LaunchFailure | undefined {
  return answer.kind === 'answered' ? answer.failures[0] : answer.failure;
}

/** Writes down what surely came of a launch, and what did not. Nothing more may come of it afterwards. */
export async function settleLaunch(
  deps: LaunchDeps,
  launch: Launch,
  outcome: {
    instances: readonly LaunchedInstance[];
    failure: LaunchFailure | undefined;
    /** When those that got none are to try again. */
    againSeconds?: number;
  },
): Promise<void> {
  const places = await bindMachines(deps, launch, outcome.instances);
  const missing = launch.plannedJobs.filter(({ lease }) => !places.has(lease));
  if (missing.length > 0) {
    await deps.launches.answer(launch, places);
    const { againSeconds = retryDelaySeconds } = outcome;
    await giveBack(deps, launch, { missing, why: failureReason(outcome.failure), againSeconds });
  }
  await deps.launches.close(launch, places);
}

/**
 * Gives each machine a lease and its row. Which machine got which lease is kept for good: a lease whose machine has come and
 * gone is never another machine's.
 */
export async function bindMachines(
  deps: LaunchDeps,
  launch: Launch,
  instances: readonly LaunchedInstance[],
): Promise<Map<LeaseId, InstanceId>> {
  // Only a launch that is acted on again, after its first fence, can have rows already.
  const isAgain = deps.clock.now() >= launch.createdAt + launchFenceSeconds * 1000;
  const places = new Map(launch.instances);
  if (isAgain) await addKnownPlaces(deps, { launch, instances, places });
  const placed = new Set(places.values());
  const free = launch.plannedJobs.filter(({ lease }) => !places.has(lease));
  const unplaced = instances.filter(({ instanceId }) => !placed.has(instanceId));
  // More machines than were asked for would be EC2's mistake; without a lease the sweep ends them.
  const fitting = unplaced.slice(0, free.length);
  for (const [n, { instanceId }] of fitting.entries()) places.set(free[n]!.lease, instanceId);
  // Before its row: should it end before the next look, its lease must be known to be used.
  if (isAgain && fitting.length > 0) await deps.launches.place(launch, places);
  const rows = instances.flatMap((instance) => rowFor(deps, { launch, places, instance }));
  if (rows.length > 0) await deps.runners.bind(rows);
  return places;
}

async function addKnownPlaces(
  deps: LaunchDeps,
  options: { launch: Launch; instances: readonly LaunchedInstance[]; places: Map<LeaseId, InstanceId> },
): Promise<void> {
  const { launch, instances, places } = options;
  if (instances.length === 0) return;
  const rows = await deps.runners.findAcrossTenants(instances.map(({ instanceId }) => instanceId));
  for (const row of rows) {
    if (row.launchId === launch.launchId) places.set(row.lease, row.instanceId);
  }
}

function rowFor(
  deps: LaunchDeps,
  options: { launch: Launch; places: ReadonlyMap<LeaseId, InstanceId>; instance: LaunchedInstance },
): Runner[] {
  const { launch, places, instance } = options;
  const plannedJob = launch.plannedJobs.find(({ lease }) => places.get(lease) === instance.instanceId);
  return plannedJob ? [runnerRow(deps, launch, plannedJob, instance)] : [];
}

function runnerRow(
  deps: LaunchDeps,
  launch: Launch,
  plannedJob: PlannedJob,
  instance: LaunchedInstance,
): Runner {
  return {
    instanceId: instance.instanceId,
    installationId: launch.installationId,
    tier: launch.tier,
    launchId: launch.launchId,
    lease: plannedJob.lease,
    state: 'booting',
    plannedJob: plannedJob.jobId,
    repository: plannedJob.repository,
    account: launch.account,
    instanceType: instance.instanceType,
    spot: instance.spot,
    launchedAt: launch.createdAt,
    deadline: deps.clock.now() + deps.deployment.limits.bootSeconds * 1000,
  };
}

/** First the job waits again, then its lease goes back: a lease is never free while a job still counts on it. */
async function giveBack(
  deps: LaunchDeps,
  launch: Launch,
  back: { missing: readonly PlannedJob[]; why: Reason; againSeconds: number },
): Promise<void> {
  const { installationId, tier } = launch;
  const { missing, why, againSeconds } = back;
  await Promise.all(
    missing.map(({ jobId, lease }) => deps.jobs.waitAgain(installationId, jobId, lease, why)),
  );
  const leases = missing.map(({ lease }) => lease);
  await freeTenantAndCapLeases(deps, { installationId, tier }, leases);
  await deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier }, { delaySeconds: againSeconds });
  await wakeNextWaiters(
    deps,
    missing.map(() => tier),
  );
}

function failureReason(failure: LaunchFailure | undefined): Reason {
  switch (failure?.class) {
    case 'capacity':
      return reason('capacity', 'AWS has no machine of this tier right now; the job is tried again shortly.');
    case 'quota':
      return reason(
        'quota',
        'The AWS account is at its quota for such machines; the job is tried again when some end.',
      );
    case 'throttled':
      return reason('throttled', 'AWS asked for fewer calls; the job is tried again shortly.');
    case 'fatal':
    case 'unknown':
      return reason(
        'launch-failed',
        `AWS refused the launch (${failure.code}); the operator has been told, and it is tried again.`,
      );
    case undefined:
      return reason(
        'capacity',
        'AWS started fewer machines than were asked for; the job is tried again shortly.',
      );
  }
}

function logAnswer(deps: LaunchDeps, asked: { launch: Launch; askedAt: number }, answer: LaunchAnswer): void {
  const { launch, askedAt } = asked;
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
      Launches: 1,
      MachinesStarted: machines.length,
      LeasedToAskedMilliseconds: Math.max(0, askedAt - launch.createdAt),
      LeasedToLaunchedMilliseconds: deps.clock.now() - launch.createdAt,
    },
  );
}
