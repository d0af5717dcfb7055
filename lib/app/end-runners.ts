/**
 * Ends machines, and only then lets their leases go. The order is the guarantee: the machine's end is proven, its job
 * waits again, its lease is freed, its row is closed, and whoever waits is told. Dying between any two of these leaves
 * a row that is still open, so that the event that comes again, or the sweep, does it all once more; each step may.
 */
import type { Deployment } from '../contract/deployment.ts';
import type { InstallationId, InstanceId, JobId, TierName } from '../core/ids.ts';
import { reason } from '../core/reason.ts';
import { jobOf, type Runner, type RunnerEndReason } from '../core/runner.ts';
import type { Clock } from '../ports/clock.ts';
import type { Compute } from '../ports/compute.ts';
import { OperationalError } from '../ports/errors.ts';
import type { JobStore } from '../ports/jobs.ts';
import type { LaunchStore } from '../ports/launches.ts';
import type { Queues } from '../ports/queues.ts';
import type { RunnerStore } from '../ports/runners.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TenantStore } from '../ports/tenants.ts';
import { findUnservedJob } from './find-unserved-job.ts';
import { pokeWaiting } from './poke-waiting.ts';
import { callUpWaiters, freeEverywhere } from './shared-lines.ts';

export interface EndDeps {
  readonly deployment: Deployment;
  readonly tenants: TenantStore;
  readonly jobs: JobStore;
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly compute: Compute;
  readonly queues: Queues;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface Ending {
  readonly runner: Runner;
  readonly reason: RunnerEndReason;
  /** EC2 itself said that the machine is ending, so it need not be asked. */
  readonly proven: boolean;
  /** A job that is known to be done: it needs no place in the line. */
  readonly doneJob?: JobId;
}

/**
 * @returns the machines that EC2 does not know (yet): no proof, so nothing was freed
 * @throws OperationalError; whatever is not ended by then is still open
 */
export async function endRunners(deps: EndDeps, endings: readonly Ending[]): Promise<InstanceId[]> {
  const asked = endings.filter(({ proven, runner }) => !proven && runner.state !== 'ended');
  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));
  const ending = endings.filter(({ runner }) => !unknown.has(runner.instanceId));
  await Promise.all(ending.map((end) => releaseJobs(deps, end)));
  await freeLeases(deps, ending);
  await Promise.all(ending.map((end) => closeRow(deps, end)));
  const tenants = new Set(ending.map(({ runner }) => runner.installationId));
  await Promise.all([...tenants].map((installationId) => pokeWaiting(deps, installationId)));
  await callUpWaiters(
    deps,
    ending.map(({ runner }) => runner.tier),
  );
  return [...unknown];
}

async function terminate(deps: EndDeps, endings: readonly Ending[]): Promise<InstanceId[]> {
  const { unknown } = await deps.compute.terminate(endings.map(({ runner }) => runner.instanceId));
  return unknown;
}

/** Lets go of the job that was planned for the machine, and sees to the one that it ran. */
async function releaseJobs(deps: EndDeps, ending: Ending): Promise<void> {
  const { hint, ran } = ending.runner;
  if (hint !== ending.doneJob) await releasePlanned(deps, ending);
  if (ran !== undefined && ran !== ending.doneJob) await leaveToSweep(deps, ending.runner, ran);
}

async function releasePlanned(deps: EndDeps, { runner, doneJob }: Ending): Promise<void> {
  const { installationId, hint, lease, instanceId, ran } = runner;
  const why = reason('runner-ended', 'The machine that was meant for it ended; the job gets another one.');
  const job = await deps.jobs.get(installationId, hint);
  if (job?.state === 'covered' && job.lease === lease) {
    await deps.jobs.waitAgain(installationId, hint, lease, why);
  }
  if (job?.state === 'running' && job.runner === instanceId) await leaveToSweep(deps, runner, hint);
  const ranNothing = ran === undefined && doneJob === undefined;
  if (!job?.runner || job.runner === instanceId || !ranNothing) return;
  // Its job ran elsewhere and it ran none: somebody is left over, who counted on it without knowing.
  const unserved = await findUnservedJob(deps, job);
  if (unserved?.lease) await deps.jobs.waitAgain(installationId, unserved.jobId, unserved.lease, why);
}

/** Running on this machine, which ended: GitHub is asked how it did, should it not say so by itself. */
async function leaveToSweep(
  deps: EndDeps,
  { installationId, instanceId }: Runner,
  jobId: JobId,
): Promise<void> {
  await deps.jobs.markUnsettled(installationId, jobId, instanceId, deps.clock.now());
}

async function freeLeases(deps: EndDeps, endings: readonly Ending[]): Promise<void> {
  const groups = new Map<string, { installationId: InstallationId; tier: TierName; runners: Runner[] }>();
  for (const { runner } of endings) {
    const { installationId, tier } = runner;
    const key = `${installationId}/${tier}`;
    const group = groups.get(key) ?? { installationId, tier, runners: [] };
    group.runners.push(runner);
    groups.set(key, group);
  }
  await Promise.all(
    [...groups.values()].map(({ installationId, tier, runners }) =>
      freeEverywhere(
        deps,
        { installationId, tier },
        runners.map(({ lease }) => lease),
      ),
    ),
  );
}

async function closeRow(deps: EndDeps, ending: Ending): Promise<void> {
  let { runner } = ending;
  if (runner.state === 'ended') return;
  const end = { reason: ending.reason, at: deps.clock.now() };
  for (let tries = 1; !(await deps.runners.end(runner, end)); tries++) {
    if (tries === maxJobChanges) throw changesTooOften(runner);
    // What it was meant for, or runs, was changed meanwhile: that job must not count on this machine either.
    runner = (await deps.runners.get(runner.installationId, runner.instanceId)) ?? runner;
    await releaseJobs(deps, { ...ending, runner });
  }
  // That its job began may have been written after the job was let go, and before the row was closed.
  if (ending.doneJob === undefined) await leaveToSweep(deps, runner, jobOf(runner));
  const { instanceId, installationId, tier } = runner;
  deps.telemetry.event(
    'info',
    'runner-ended',
    { installationId, jobId: jobOf(runner), instanceId, tier, reason: ending.reason },
    { RunnersEnded: 1 },
  );
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
