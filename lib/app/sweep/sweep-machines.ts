/**
 * Handles the machines of launches that are due: it handles those past their deadline, and lists the launch again
 * at the first remaining deadline, or never again. Machines are found only through their launches, so a launch is
 * dropped only once each of its machines is known to have ended.
 */
import { chunksOf } from '../../core/chunks.ts';
import type { Launch } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import { overrunCost } from '../../core/spend.ts';
import { bindUnrecorded } from '../common/bind-rows.ts';
import type { SweepDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import { type LaunchedMachines, machinesOf } from '../common/open-rows.ts';
import { lookedAfterAtOnce, sweepPageSize } from '../common/settings.ts';
import { settleEndedRuns } from './settle-ended-runs.ts';
import { sweepRunner } from './sweep-runner.ts';

export interface SweptMachines {
  readonly found: number;
  /** Launches or machines were left for the next sweep. */
  readonly cut: boolean;
  readonly errors: readonly unknown[];
}

export async function sweepMachinesOf(deps: SweepDeps, launches: readonly Launch[]): Promise<SweptMachines> {
  const machines = await machinesOf(deps, launches);
  // Until then the caller that closed the launch may still be writing the rows, and it knows more about the machines.
  const begunAt = deps.clock.now();
  const recordable = machines.unrecorded.filter(({ launch }) => launch.callUntil <= begunAt);
  const some = recordable.slice(0, sweepPageSize);
  const late = await Promise.allSettled(some.map((one) => recordLate(deps, one)));
  const isLate = new Set(machines.unrecorded.map(({ launch }) => launch.launchId));
  const recorded = await machinesOf(
    deps,
    launches.filter(({ launchId }) => isLate.has(launchId)),
  );
  const all = [...machines.live.filter(({ launchId }) => !isLate.has(launchId)), ...recorded.live];
  const live = Map.groupBy(all, ({ launchId }) => launchId);
  const now = deps.clock.now();
  const overdue = [...live.values()].flat().filter(({ deadline }) => deadline <= now);
  overdue.sort((one, other) => one.deadline - other.deadline);
  const due = overdue.slice(0, sweepPageSize);
  const results = await Promise.allSettled(due.map((runner) => sweepRunner(deps, runner)));
  const changed = new Set(due.map(({ launchId }) => launchId));
  const after = await machinesOf(
    deps,
    launches.filter(({ launchId }) => changed.has(launchId)),
  );
  const lived = new Map([...live].map(([id, runners]) => [id, changed.has(id) ? [] : runners]));
  for (const runner of after.live) lived.get(runner.launchId)?.push(runner);
  const ended = new Map(
    [machines, recorded, after].flatMap((read) => read.ended.map((runner) => [runner.instanceId, runner])),
  );
  const endedOf = Map.groupBy(ended.values(), ({ launchId }) => launchId);
  // Nothing is known about machines that still lack rows, or whose rows cannot be read: their launches stay due.
  const unknown = new Set([
    ...recorded.unrecorded.map(({ launch }) => launch.launchId),
    ...[machines, recorded, after].flatMap(({ unreadable }) => unreadable.map(({ launchId }) => launchId)),
  ]);
  for (const together of chunksOf(launches, lookedAfterAtOnce)) {
    const looked = together.map(async (launch) => {
      const live = lived.get(launch.launchId) ?? [];
      // First: no machine may count too little until its launch is checked again at the next deadline.
      await Promise.all(live.map((runner) => countOverrun(deps, runner, now)));
      if (launch.state !== 'closed' || unknown.has(launch.launchId)) return;
      // A crash leaves the launch listed: the next sweep looks again.
      if (live.length === 0) await settleEndedRuns(deps, endedOf.get(launch.launchId) ?? []);
      await lookAgain(deps, launch, live, now);
    });
    results.push(...(await Promise.allSettled(looked)));
  }
  const errors = errorsOf([...late, ...results]);
  const cut = overdue.length > due.length || recordable.length > some.length;
  return { found: overdue.length, cut, errors };
}

/**
 * The machine could not be ended at its deadline, or this was postponed: its lease counts the cost beyond the
 * expected one.
 */
export async function countOverrun(deps: SweepDeps, runner: Runner, now: number): Promise<void> {
  const { installationId, instanceId, tier, leaseCost } = runner;
  const until = Math.max(runner.deadline, now);
  const more = overrunCost(runner, { until, limits: deps.deployment.limits });
  if (more === undefined || !(await deps.runners.expectMore(runner, more))) return;
  const { expected } = more;
  const about = { installationId, instanceId, tier, expected, before: leaseCost?.expected };
  deps.telemetry.event('warn', 'machine-overrun', about);
}

/** The caller that closed the launch died before it wrote the machines' rows, and the machines have not claimed. */
async function recordLate(
  deps: SweepDeps,
  { launch, plannedJobs }: LaunchedMachines['unrecorded'][number],
): Promise<void> {
  const { launchId, installationId, tier } = launch;
  const about = { installationId, tier, launchId, kind: 'machines-recorded', machines: plannedJobs.length };
  deps.telemetry.event('info', 'repair', about, { Repairs: 1 });
  const instances = await deps.compute.findByLaunch(launchId);
  await bindUnrecorded(deps, launch, { instances, unrecorded: plannedJobs });
}

/** Machines that are still overdue were left over, or failed: their launch stays due. */
async function lookAgain(
  deps: SweepDeps,
  launch: Launch,
  live: readonly Runner[],
  now: number,
): Promise<void> {
  const first = live.reduce<number | undefined>(
    (before, { deadline }) => Math.min(before ?? deadline, deadline),
    undefined,
  );
  if (first === undefined || first > now) await deps.launches.lookAgain(launch, first);
}
