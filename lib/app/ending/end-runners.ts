/**
 * Ends machines, and only then lets their leases go. The order is the guarantee: the machine's end is proven, its job
 * waits again, its lease is freed, its row is closed, and whoever waits is told. Dying between any two of these leaves
 * a row that is still open, so that the event that comes again, or the sweep, does it all once more; each step may.
 */
import type { InstallationId, InstanceId, JobId, LeaseId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import { roomFor } from '../../core/room.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { EndDeps } from '../common/deps.ts';
import { findUnservedJob } from '../common/find-unserved-job.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { freeTenantAndCapLeases, wakeNextWaiters } from '../common/shared-lines.ts';
import type { Ending } from './ending.ts';
import { keepConsoles } from './keep-console.ts';

/**
 * @returns the machines that EC2 does not know (yet): no proof, so nothing was freed
 * @throws OperationalError; whatever is not ended by then is still open
 */
export async function endRunners(deps: EndDeps, endings: readonly Ending[]): Promise<InstanceId[]> {
  const consoles = await keepConsoles(deps, endings);
  const asked = endings.filter(({ proven, runner }) => !proven && runner.state !== 'ended');
  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));
  const ending = endings.filter(({ runner }) => !unknown.has(runner.instanceId));
  const pokes = new Set<InstallationId>();
  const planned = await plannedJobs(deps, ending);
  const releasing = ending.map(async (end) => {
    if (await releaseJobs(deps, end, planned)) pokes.add(end.runner.installationId);
  });
  await Promise.all(releasing);
  for (const installationId of await freeLeases(deps, ending)) pokes.add(installationId);
  const closing = ending.map(async (end) => {
    if (await closeRow(deps, end, consoles.get(end.runner.instanceId))) pokes.add(end.runner.installationId);
  });
  await Promise.all(closing);
  await Promise.all([...pokes].map((installationId) => pokeWaiting(deps, installationId)));
  await wakeNextWaiters(
    deps,
    ending.map(({ runner }) => runner.tier),
  );
  return [...unknown];
}

async function terminate(deps: EndDeps, endings: readonly Ending[]): Promise<InstanceId[]> {
  const { unknown } = await deps.compute.terminate(endings.map(({ runner }) => runner.instanceId));
  return unknown;
}

/** GitHub's ids are unique over all tenants. */
type PlannedJobs = ReadonlyMap<JobId, Job>;

/** The jobs that machines were meant for, where these are not known to be done, in one read for each tenant. */
async function plannedJobs(deps: EndDeps, endings: readonly Ending[]): Promise<PlannedJobs> {
  const open = endings.filter(({ runner, doneJob }) => runner.plannedJob !== doneJob);
  const byTenant = Map.groupBy(open, ({ runner }) => runner.installationId);
  const found = [...byTenant].map(([installationId, group]) =>
    deps.jobs.find(
      installationId,
      group.map(({ runner }) => runner.plannedJob),
    ),
  );
  return new Map((await Promise.all(found)).flat().map((job) => [job.jobId, job]));
}

/** Lets go of the job that was planned for the machine, and sees to the one that it ran. True: a job waits again. */
async function releaseJobs(deps: EndDeps, ending: Ending, planned: PlannedJobs): Promise<boolean> {
  const { plannedJob, ran } = ending.runner;
  const waitsAgain =
    plannedJob !== ending.doneJob && (await releasePlanned(deps, ending, planned.get(plannedJob)));
  if (ran !== undefined && ran !== ending.doneJob) await leaveToSweep(deps, ending.runner, ran);
  return waitsAgain;
}

async function releasePlanned(
  deps: EndDeps,
  { runner, doneJob }: Ending,
  job: Job | undefined,
): Promise<boolean> {
  const { installationId, plannedJob, lease, instanceId, ran } = runner;
  const why = reason('runner-ended', 'The machine that was meant for it ended; the job gets another one.');
  if (job?.state === 'covered' && job.lease === lease) {
    return deps.jobs.waitAgain(installationId, plannedJob, lease, why);
  }
  if (job?.state === 'running' && job.runner === instanceId) await leaveToSweep(deps, runner, plannedJob);
  const ranNothing = ran === undefined && doneJob === undefined;
  if (!job?.runner || job.runner === instanceId || !ranNothing) return false;
  // Its job ran elsewhere and it ran none: somebody is left over, who counted on it without knowing.
  const unserved = await findUnservedJob(deps, job);
  return (
    unserved?.lease !== undefined && deps.jobs.waitAgain(installationId, unserved.jobId, unserved.lease, why)
  );
}

/** Running on this machine, which ended: GitHub is asked how it did, should it not say so by itself. */
async function leaveToSweep(
  deps: EndDeps,
  { installationId, instanceId }: Runner,
  jobId: JobId,
): Promise<void> {
  await deps.jobs.markUnsettled(installationId, jobId, instanceId, deps.clock.now());
}

/** @returns the tenants whose waiting jobs may have waited for these very leases */
async function freeLeases(deps: EndDeps, endings: readonly Ending[]): Promise<InstallationId[]> {
  const groups = Map.groupBy(endings, ({ runner }) => `${runner.installationId}/${runner.tier}`);
  const freed = [...groups.values()].map(async (group) => {
    const { installationId, tier } = group[0]!.runner;
    const leases = group.map(({ runner }) => runner.lease);
    const before = await freeTenantAndCapLeases(deps, { installationId, tier }, leases);
    return before && mayHaveKeptWaiting(deps, before, { tier, leases }) ? [installationId] : [];
  });
  return (await Promise.all(freed)).flat();
}

/** Where there was room before, nobody waited for these. What is freed again may have been freed without a poke. */
function mayHaveKeptWaiting(
  deps: EndDeps,
  before: Tenant,
  freed: { tier: TierName; leases: readonly LeaseId[] },
): boolean {
  const tier = deps.deployment.tiers.find(({ name }) => name === freed.tier);
  return (
    !tier || roomFor(before, tier).machines === 0 || freed.leases.some((lease) => !before.leases.has(lease))
  );
}

/** True: a job waits again. */
async function closeRow(deps: EndDeps, ending: Ending, console: string | undefined): Promise<boolean> {
  let { runner } = ending;
  let waitsAgain = false;
  if (runner.state === 'ended') return false;
  const kept = console === undefined ? {} : { console };
  const end = { reason: ending.reason, at: deps.clock.now(), ...kept };
  for (let tries = 1; !(await deps.runners.end(runner, end)); tries++) {
    if (tries === maxJobChanges) throw changesTooOften(runner);
    // What it was meant for, or runs, was changed meanwhile: that job must not count on this machine either.
    runner = (await deps.runners.get(runner.installationId, runner.instanceId)) ?? runner;
    const changed = { ...ending, runner };
    waitsAgain = (await releaseJobs(deps, changed, await plannedJobs(deps, [changed]))) || waitsAgain;
  }
  // That its job began may have been written after the job was let go, and before the row was closed.
  if (ending.doneJob === undefined) await leaveToSweep(deps, runner, jobOf(runner));
  const { instanceId, installationId, tier } = runner;
  deps.telemetry.event(
    'info',
    'runner-ended',
    { installationId, jobId: jobOf(runner), instanceId, tier, reason: ending.reason, ...kept },
    { RunnersEnded: 1 },
  );
  return waitsAgain;
}

/** A machine's job changes when GitHub gives it another one, at most a few times in its life. */
const maxJobChanges = 5;

function changesTooOften({ instanceId }: Runner): OperationalError {
  return new OperationalError(
    `The job of runner ${instanceId} changed ${maxJobChanges} times while it ended.`,
    {
      code: 'RunnerJobChanging',
      retryable: true,
    },
  );
}
