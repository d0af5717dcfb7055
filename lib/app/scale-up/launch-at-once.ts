/**
 * Launches machines for new jobs before the jobs have rows, so that each row is written once, as covered, and not
 * first as waiting. It does so only if there is room for all waiting jobs too, so that no job overtakes another,
 * and it takes only the leases that one read and one transaction give. All other jobs are recorded as waiting.
 *
 * EC2 is called only after every job of the launch has its row. So a job without a row proves that EC2 was not called
 * for it: the sweep gives its lease back, and its message is delivered again, because a message is deleted only after
 * the row is written.
 */

import type { BalancePlan } from '../../core/balance-plan.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import type { Tenant } from '../../core/tenant.ts';
import { isSameTenantTier, type TenantTier } from '../../core/tenant-tier.ts';
import type { Tier } from '../../core/tier.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { InsertOutcome } from '../../ports/jobs.ts';
import { askOutside } from '../admission/decide-waiting.ts';
import { withEpoch } from '../admission/platform-policy.ts';
import { orFailure } from '../common/or-failure.ts';
import { glanceAtGroupNote, knownGroup } from '../common/runner-groups.ts';
import { firstPageSize, roundsWithinMilliseconds } from '../common/settings.ts';
import { type Accepted, carryOutLaunch, type PlannedLaunch } from '../launch/carry-out-launch.ts';
import { readScarcity, type Scarcity } from '../launch/read-scarcity.ts';
import type { Supply } from '../launch/supply.ts';
import { balance } from './balance.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { comeAgain } from './come-again.ts';
import { coverNewJobs } from './cover-new-jobs.ts';
import type { Judging } from './decide-in-time.ts';
import { isLineHeld, type JudgedLine, judgeNewJobs } from './judge-new-jobs.ts';
import { planLine } from './plan-line.ts';
import { refreshGroup } from './refresh-group.ts';
import { takeLaunch } from './take-launch.ts';

interface NewJobs {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** When the run began to work on them, epoch milliseconds. */
  readonly startedAt: number;
  /** With the rows that they would have as waiting jobs. */
  readonly jobs: readonly Job[];
  /** What is measured of jobs that have been recorded. */
  readonly accepted: (jobIds: readonly JobId[]) => Accepted;
  /** Called if GitHub reports a job as queued that already has a row. */
  readonly hearAgain: (jobId: JobId) => Promise<void>;
  /** Called when EC2 is called, and before reads that other tenants' jobs need not wait for. */
  readonly asking: (tier: TierName) => void;
}

export interface LaunchedAtOnce {
  readonly kind: 'launched';
  /** The outcome of each job that is dealt with; all others still have to be recorded. */
  readonly outcomes: ReadonlyMap<JobId, InsertOutcome>;
  readonly machines: number;
  /** Jobs that the launch's own log line reports as recorded. */
  readonly logged: ReadonlySet<JobId>;
  /** Resolves when EC2's answer is written. */
  readonly answered: Promise<void>;
}

const none: LaunchedAtOnce = {
  kind: 'launched',
  outcomes: new Map(),
  machines: 0,
  logged: new Set(),
  answered: Promise.resolve(),
};

/** New jobs without a decision get no machine here: they are recorded and balanced. */
const inTime: Judging = { isCut: false };

/** Copies that bring jobs of one tenant at the same time compete for its row. */
const maxTries = 3;

/**
 * @throws OperationalError: SQS delivers the messages again. What was taken by then is stored, and the sweep resumes
 * it
 */
export async function launchAtOnce(deps: BalanceDeps, fresh: NewJobs): Promise<LaunchedAtOnce> {
  const { installationId } = fresh;
  const tier = deps.deployment.tiers.find(({ name }) => name === fresh.tier);
  if (!tier) return none;
  const looked = await ifReadable(lookAt(deps, installationId, tier));
  if (!looked) return none;
  const { waiting, read, groupNote, scarcity } = looked;
  if (!read) return none;
  let tenant = read;
  const outcomes = new Map<JobId, InsertOutcome>();
  const isOpen = ({ jobId }: Job) => !outcomes.has(jobId);
  for (let tries = 1; tries <= maxTries; tries++) {
    const jobs = fresh.jobs.filter(isOpen);
    const group = knownGroup(deps, tenant, groupNote);
    const line = { tenant, tier, group, waiting, jobs };
    const judged = await ifReadable(judgeNewJobs(deps, line, () => fresh.asking(tier.name)));
    if (!judged) break;
    for (const [jobId, outcome] of judged.outcomes) outcomes.set(jobId, outcome);
    // While EC2 throttles, tenants take turns, and only jobs with rows have a turn.
    if (judged.jobs.length === 0 || scarcity.pace) break;
    if (waiting.length >= firstPageSize || isLineHeld(judged)) break;
    const outcome = await tryOnce(deps, fresh, { ...judged, scarcity });
    if (outcome.kind !== 'again') {
      return { ...outcome, outcomes: new Map([...outcomes, ...outcome.outcomes]) };
    }
    // The tenant's row does not contain the platform's own policy.
    if (outcome.tenant) tenant = withEpoch(outcome.tenant, read.platformEpoch);
  }
  return { ...none, outcomes };
}

async function lookAt(deps: BalanceDeps, installationId: InstallationId, tier: Tier) {
  const [waiting, read, groupNote, scarcity] = await Promise.all([
    // These reads may lag by about a second. A job that began to wait since is served by the copy that wrote it. If a
    // job is seen that no longer waits, the new jobs are recorded as waiting, and balanced by consistent reads.
    deps.jobs.glanceAtWaiting(installationId, tier.name, firstPageSize),
    // Taking leases compares status, limits, caps and policy with what was read, and answers with the tenant as it is.
    deps.tenants.glance(installationId),
    // If this note keeps jobs waiting, they are balanced with a consistent read.
    glanceAtGroupNote(deps, installationId),
    readScarcity(deps),
  ]);
  return { waiting, read, groupNote, scarcity };
}

/**
 * Undefined: it cannot be read now. The jobs are then recorded as waiting, and the balance that follows reports the
 * failure.
 */
async function ifReadable<Read>(reading: Promise<Read>): Promise<Read | undefined> {
  const read = await orFailure(reading);
  return read instanceof OperationalError ? undefined : read;
}

interface Line extends JudgedLine {
  readonly scarcity: Scarcity;
}

async function tryOnce(
  deps: BalanceDeps,
  fresh: NewJobs,
  line: Line,
): Promise<LaunchedAtOnce | { kind: 'again'; tenant?: Tenant }> {
  const { tenant, tier, group, made } = line;
  const planned = await ifReadable(planNew(deps, line));
  if (!planned) return none;
  const { plan, supply } = planned;
  if (waitsUnseen(line, supply)) return none;
  const outcomes = new Map<JobId, InsertOutcome>();
  const madeOf = (jobs: readonly { readonly jobId: JobId }[]) =>
    jobs.flatMap(({ jobId }) => made.get(jobId) ?? []);
  let isTaken = false;
  const cover = (launch: Launch) => {
    isTaken = true;
    return coverNewJobs(deps, { launch, line, outcomes, hearAgain: fresh.hearAgain });
  };
  const taken = await takeLaunch(deps, { plan, tenant, tier, supply, cover });
  if (taken.kind === 'nothing') return none;
  if (taken.kind === 'again') return isTaken ? { ...none, outcomes } : taken;
  const { launch } = taken;
  const { installationId } = fresh;
  const machines = launch.plannedJobs.length;
  const served = { installationId, tier, plan, machines, tenant, supply, judging: inTime };
  const isAll = machines === line.jobs.length;
  const logged = launch.plannedJobs.map(({ jobId }) => jobId).filter((id) => outcomes.get(id) === 'inserted');
  const answered = allOf([
    carryOut(deps, fresh, { launch, paced: false, accepted: fresh.accepted(logged) }),
    refreshGroup(deps, { tenant, group, waiting: fresh.jobs }),
    // Otherwise the remaining jobs are recorded and balanced, which sends the poke.
    ...(isAll ? [comeAgain(deps, served)] : []),
    ...madeOf(launch.plannedJobs).map((one) => askOutside(deps, one)),
  ]);
  fresh.asking(tier.name);
  return { kind: 'launched', outcomes, machines, logged: new Set(logged), answered };
}

/**
 * The line was read with a lag. If no job of the tenant was seen, but the tenant stands in a cap's line, one began to
 * wait since. Launching now would overtake that older job and take the tenant out of the cap's line.
 */
function waitsUnseen({ waiting, tenant, tier }: Line, supply: Supply | undefined): boolean {
  const me = { installationId: tenant.installationId, tier: tier.name };
  const isMe = (place: TenantTier) => isSameTenantTier(place, me);
  return waiting.length === 0 && !!supply?.caps.some(({ use }) => use.waiters.some(isMe));
}

/** New jobs get machines only if there is room for all waiting jobs too. */
async function planNew(
  deps: BalanceDeps,
  { tenant, tier, waiting, jobs, group, scarcity }: Line,
): Promise<{ plan: BalancePlan; supply: Supply | undefined }> {
  const { installationId } = tenant;
  const all = [...waiting, ...jobs].sort((a, b) => a.queuedAt - b.queuedAt || a.jobId - b.jobId);
  // Without a page size: all of the line is here.
  const page = { pageSize: Number.POSITIVE_INFINITY, hasTurn: false };
  const look = { installationId, tenant, tier, waiting: all, group, scarcity, ...page, judging: inTime };
  const { plan, supply } = await planLine(deps, look);
  if (waiting.length === 0) return { plan, supply };
  const isNew = new Set(jobs);
  const launch = plan.limitedBy === undefined ? plan.launch.filter((job) => isNew.has(job)) : [];
  return { plan: { ...plan, launch }, supply };
}

/** Waits for all of them before it throws one's failure, so that nothing is still running afterwards. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function carryOut(deps: BalanceDeps, fresh: NewJobs, planned: PlannedLaunch): Promise<void> {
  const { installationId, tier, startedAt } = fresh;
  const lesson = await carryOutLaunch(deps, planned);
  // Another pool may have machines. By now these jobs wait like any others, and a poke for them is on its way.
  const isInTime = deps.clock.now() <= startedAt + roundsWithinMilliseconds;
  if (lesson.againNow && isInTime) await balance(deps, { installationId, tier, startedAt });
}
