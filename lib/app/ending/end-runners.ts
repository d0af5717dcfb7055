/**
 * Ends machines, and only then frees their leases. The order is the guarantee: the machine's end is proven, its job waits
 * again, its use is recorded, its row is closed and its lease freed in one write, and waiting tiers are poked. A crash
 * before that write leaves the row open, so that the redelivered event or the sweep repeats everything; each step may be
 * repeated. A crash after it delays waiting jobs until that event, or until the sweep within a minute; a job that started on
 * the machine just as its row closed is then found when the sweep looks at the machine's launch for the last time.
 */
import type { InstallationId, InstanceId } from '../../core/ids.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import { isUnreadable, OperationalError } from '../../ports/errors.ts';
import type { EndOutcome, RunnerEnd } from '../../ports/runners.ts';
import type { EndDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { wakeNextWaiters } from '../common/shared-lines.ts';
import { tenantByTenant } from '../common/tenant-by-tenant.ts';
import { noteEnded } from './ended-here.ts';
import type { Ending } from './ending.ts';
import { type Consoles, readConsoles } from './read-consoles.ts';
import { addJobs, addLateJob, type JobsById, noteRuns, recordUsage } from './record-usage.ts';
import { leaveToSweep, releasePlanned } from './release-planned.ts';

export interface Ended {
  /** The machines that EC2 does not know (yet): no proof, so nothing was freed. */
  readonly unknown: readonly InstanceId[];
  /** Of each tenant whose machines could not all be ended, what failed: those are still open. */
  readonly failures: ReadonlyMap<InstallationId, unknown>;
}

/**
 * @returns the machines that EC2 does not know (yet)
 * @throws OperationalError; whatever is not ended by then is still open
 */
export async function endRunners(deps: EndDeps, endings: readonly Ending[]): Promise<readonly InstanceId[]> {
  const { unknown, failures } = await endEach(deps, endings);
  for (const failure of failures.values()) throw failure;
  return unknown;
}

/**
 * If a row of one tenant cannot be read or written, other tenants' machines still end. @throws OperationalError for
 * anything else
 */
export async function endEach(deps: EndDeps, endings: readonly Ending[]): Promise<Ended> {
  const consoles = await readConsoles(deps, endings);
  const asked = endings.filter(({ proven, runner }) => !proven && runner.state !== 'ended');
  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));
  const ending = endings.filter(({ runner }) => !unknown.has(runner.instanceId));
  await noteRuns(
    deps,
    endings.filter(({ runner }) => unknown.has(runner.instanceId)),
  );
  const failures = await tenantByTenant(ending, ownerOf, (some) => endTogether(deps, some, consoles));
  await endAlone(
    deps,
    ending.filter(({ runner }) => isUnreadable(failures.get(runner.installationId))),
    consoles,
  );
  await wakeNextWaiters(
    deps,
    ending.map(({ runner }) => runner.tier),
  );
  return { unknown: [...unknown], failures };
}

/**
 * One job's row that cannot be read keeps its own machine from ending, and none of its tenant's others. The tenant counts as
 * failed all the same: to end a machine again changes nothing.
 */
async function endAlone(deps: EndDeps, endings: readonly Ending[], consoles: Consoles): Promise<void> {
  await Promise.allSettled(endings.map((ending) => endTogether(deps, [ending], consoles)));
}

const ownerOf = ({ runner }: Ending) => runner.installationId;

async function endTogether(deps: EndDeps, endings: readonly Ending[], consoles: Consoles): Promise<void> {
  const jobs = await jobsOf(deps, endings);
  await Promise.all(endings.map((end) => releaseJobs(deps, end, jobs)));
  await closeRows(deps, endings, { consoles, jobs });
  await addJobs(deps, endings);
  // Also for machines that had ended before: the process that ended them may have died before this.
  const tenants = new Set(endings.map(({ runner }) => runner.installationId));
  await Promise.all([...tenants].map((installationId) => pokeWaiting(deps, installationId)));
}

async function terminate(deps: EndDeps, endings: readonly Ending[]): Promise<InstanceId[]> {
  const { unknown } = await deps.compute.terminate(endings.map(({ runner }) => runner.instanceId));
  return unknown;
}

/**
 * The jobs that machines were meant for, and those that they ran, unless these are known to be done, in one read for each
 * tenant. GitHub's ids are unique over all tenants.
 */
async function jobsOf(deps: EndDeps, endings: readonly Ending[]): Promise<JobsById> {
  const wanted = endings.flatMap(({ runner: { installationId, plannedJob, ran }, doneJob }) =>
    [plannedJob, ran].flatMap((jobId) =>
      jobId === undefined || jobId === doneJob ? [] : [{ installationId, jobId }],
    ),
  );
  const found = [...Map.groupBy(wanted, ({ installationId }) => installationId)].map(
    ([installationId, group]) =>
      deps.jobs.find(installationId, [...new Set(group.map(({ jobId }) => jobId))]),
  );
  return new Map((await Promise.all(found)).flat().map((job) => [job.jobId, job]));
}

/** Releases the machine's planned job, and handles the one that it ran. */
async function releaseJobs(deps: EndDeps, ending: Ending, jobs: JobsById): Promise<void> {
  const { plannedJob, ran } = ending.runner;
  await releasePlanned(deps, ending, jobs.get(plannedJob));
  if (ran !== undefined && ran !== ending.doneJob) await leaveToSweep(deps, ending.runner, ran);
}

/** Each row closes, and its lease goes back, in one write with the others of its tenant. */
async function closeRows(
  deps: EndDeps,
  endings: readonly Ending[],
  { consoles, ...known }: Known,
): Promise<void> {
  let open = endings.filter(({ runner }) => runner.state !== 'ended');
  let { jobs } = known;
  for (let tries = 1; open.length > 0; tries++) {
    const spends = await recordUsage(deps, open, jobs);
    const at = deps.clock.now();
    const ends = open.map((ending, n) => ({ ...endOf(ending, consoles), at, spend: spends[n]! }));
    const { outcomes, failed } = await endByTenant(deps, ends);
    const closed = open.filter((_, n) => outcomes[n] === 'ended');
    noteEnded(
      deps.runners,
      closed.map(({ runner }) => runner.instanceId),
    );
    await Promise.all(closed.map((ending) => closedRow(deps, ending, { consoles, jobs })));
    if (failed) throw failed.reason;
    const changed = open.filter((_, n) => outcomes[n] === 'changed');
    if (changed[0] && tries === maxJobChanges) throw changesTooOften(changed[0].runner);
    // Their planned or actual jobs changed meanwhile: those jobs must not rely on these machines either.
    open = await Promise.all(changed.map((ending) => readAgain(deps, ending)));
    jobs = await jobsOf(deps, open);
    await Promise.all(open.map((ending) => releaseJobs(deps, ending, jobs)));
  }
}

function endOf({ runner, reason }: Ending, consoles: Consoles): Omit<RunnerEnd, 'at'> {
  const console = consoles.get(runner.instanceId);
  return { runner, reason, ...(console === undefined ? {} : { console }) };
}

interface EndsByTenant {
  /** Undefined: the write for their tenant failed. */
  readonly outcomes: readonly (EndOutcome | undefined)[];
  readonly failed: PromiseRejectedResult | undefined;
}

/** A row of one tenant that cannot be written delays no other tenant. */
async function endByTenant(deps: EndDeps, ends: readonly RunnerEnd[]): Promise<EndsByTenant> {
  const outcomes = new Map<InstanceId, EndOutcome>();
  const groups = [...Map.groupBy(ends, ({ runner }) => runner.installationId).values()];
  const results = await Promise.allSettled(
    groups.map(async (group) => {
      const ended = await deps.runners.end(group);
      for (const [n, { runner }] of group.entries()) outcomes.set(runner.instanceId, ended[n]!);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  return { outcomes: ends.map(({ runner }) => outcomes.get(runner.instanceId)), failed };
}

async function readAgain(deps: EndDeps, ending: Ending): Promise<Ending> {
  const { installationId, instanceId } = ending.runner;
  const runner = (await deps.runners.get(installationId, instanceId)) ?? ending.runner;
  return { ...ending, runner };
}

interface Known {
  readonly consoles: Consoles;
  /** As they were when the machine's use was recorded. */
  readonly jobs: JobsById;
}

async function closedRow(deps: EndDeps, ending: Ending, { consoles, jobs }: Known): Promise<void> {
  const { runner } = ending;
  // Its job's start or end may have been written after the job was read, and before the row was closed.
  if (ending.doneJob === undefined) {
    await addLateJob(deps, ending, jobs);
    await leaveToSweep(deps, runner, jobOf(runner));
  }
  const { instanceId, installationId, tier } = runner;
  const console = consoles.get(instanceId);
  const { reason, doneLine } = ending;
  const end = { reason, ...(console === undefined ? {} : { console }) };
  if (doneLine?.log(end)) return;
  const about = { installationId, jobId: jobOf(runner), instanceId, tier, ...end };
  deps.telemetry.event('info', 'runner-ended', about, { RunnersEnded: 1 });
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
