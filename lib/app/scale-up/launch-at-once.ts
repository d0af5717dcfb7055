/**
 * Launches machines for jobs that came in just now and that nothing keeps from one, before they have rows: each row is written
 * once, covered, instead of waiting first and then covered. Only where there is room for all who wait too, so that no job
 * overtakes another, and only with what one look and one transaction give; all others are recorded as waiting first.
 *
 * Nothing is asked of EC2 before each job of the launch has its row. So a job without a row proves that nobody asked: the
 * sweep then gives its lease back, and its message, which is kept until the row is there, comes again.
 */

import type { BalancePlan } from '../../core/balance-plan.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import type { Tenant } from '../../core/tenant.ts';
import { tenantTierKey } from '../../core/tenant-tier.ts';
import type { Tier } from '../../core/tier.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { InsertOutcome } from '../../ports/jobs.ts';
import { askOutside } from '../admission/decide-waiting.ts';
import { withEpoch } from '../admission/platform-policy.ts';
import { orFailure } from '../common/or-failure.ts';
import { glanceAtGroupNote, knownGroup } from '../common/runner-groups.ts';
import { firstPageSize, roundsWithinMilliseconds } from '../common/settings.ts';
import { carryOutLaunch } from '../launch/carry-out-launch.ts';
import { readScarcity, type Scarcity } from '../launch/scarcity.ts';
import type { Supply } from '../launch/supply.ts';
import { balance } from './balance.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { comeAgain } from './come-again.ts';
import { coverNewJobs } from './cover-new-jobs.ts';
import { isLineHeld, type JudgedLine, judgeNewJobs } from './judge-new-jobs.ts';
import { planLine } from './plan-line.ts';
import { refreshGroup } from './refresh-group.ts';
import { takeLaunch } from './take-launch.ts';

interface NewJobs {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** When the run began to work on them, epoch milliseconds. */
  readonly startedAt: number;
  /** As they would wait. */
  readonly jobs: readonly Job[];
  /** GitHub says of a job that has a row that it is queued. */
  readonly hearAgain: (jobId: JobId) => Promise<void>;
  /** Called as EC2 is asked for machines, and where others need not wait for what is read. */
  readonly asking: (tier: TierName) => void;
}

export interface LaunchedAtOnce {
  readonly kind: 'launched';
  /** What came of each job that is not to be recorded any more; all others still are. */
  readonly outcomes: ReadonlyMap<JobId, InsertOutcome>;
  readonly machines: number;
  /** EC2 has answered, and its answer is written down. */
  readonly answered: Promise<void>;
}

const none: LaunchedAtOnce = {
  kind: 'launched',
  outcomes: new Map(),
  machines: 0,
  answered: Promise.resolve(),
};

/** Copies that bring jobs of one tenant in the same moment meet at its row. */
const maxTries = 3;

/** @throws OperationalError: the messages come again; what was taken by then has its row, and the sweep resumes it */
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
    // While EC2 throttles, calls have turns, and those who wait for one have rows.
    if (judged.jobs.length === 0 || scarcity.pace) break;
    if (waiting.length >= firstPageSize || isLineHeld(judged)) break;
    const outcome = await tryOnce(deps, fresh, { ...judged, scarcity });
    if (outcome.kind !== 'again') {
      return { ...outcome, outcomes: new Map([...outcomes, ...outcome.outcomes]) };
    }
    // The row does not say what the platform's own policy is.
    if (outcome.tenant) tenant = withEpoch(outcome.tenant, read.platformEpoch);
  }
  return { ...none, outcomes };
}

async function lookAt(deps: BalanceDeps, installationId: InstallationId, tier: Tier) {
  const [waiting, read, groupNote, scarcity] = await Promise.all([
    // As all of these were a moment ago. Whoever began to wait since is served by whoever wrote that down; where somebody is
    // seen who waits no more, these jobs are written down, and looked at by what is there then.
    deps.jobs.glanceAtWaiting(installationId, tier.name, firstPageSize),
    // Taking leases compares status, limits, caps and policy with what was read, and answers with the tenant as it is.
    deps.tenants.glance(installationId),
    // Whom it keeps waiting is looked at again, by what is written then.
    glanceAtGroupNote(deps, installationId),
    readScarcity(deps),
  ]);
  return { waiting, read, groupNote, scarcity };
}

/** Undefined: it cannot be read now. The jobs are recorded then, and the balance that follows says what fails. */
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
  const served = { installationId, tier, plan, served: true, machines, tenant, supply };
  const isAll = machines === line.jobs.length;
  const answered = allOf([
    carryOut(deps, fresh, launch),
    refreshGroup(deps, { tenant, group, waiting: fresh.jobs }),
    // Else those that are recorded now are looked at, and come again.
    ...(isAll ? [comeAgain(deps, served)] : []),
    ...madeOf(launch.plannedJobs).map((one) => askOutside(deps, one)),
  ]);
  fresh.asking(tier.name);
  return { kind: 'launched', outcomes, machines, answered };
}

/**
 * The line was read as it was a moment ago. A tenant of which nobody is seen to wait, and which yet stands in a cap's line, began
 * to wait since: launching now would overtake its older job, and take the tenant out of that line.
 */
function waitsUnseen({ waiting, tenant, tier }: Line, supply: Supply | undefined): boolean {
  const me = tenantTierKey({ installationId: tenant.installationId, tier: tier.name });
  return (
    waiting.length === 0 && !!supply?.caps.some(({ stood }) => stood.some((one) => tenantTierKey(one) === me))
  );
}

/** Where there is not room for those who wait too, nobody is served before them. */
async function planNew(
  deps: BalanceDeps,
  { tenant, tier, waiting, jobs, group, scarcity }: Line,
): Promise<{ plan: BalancePlan; supply: Supply | undefined }> {
  const { installationId } = tenant;
  const all = [...waiting, ...jobs].sort((a, b) => a.queuedAt - b.queuedAt || a.jobId - b.jobId);
  // No page: there is nothing to read beyond it.
  const page = { pageSize: Number.POSITIVE_INFINITY, hasTurn: false };
  const look = { installationId, tenant, tier, waiting: all, group, scarcity, ...page };
  const { plan, supply } = await planLine(deps, look);
  if (waiting.length === 0) return { plan, supply };
  const isNew = new Set(jobs);
  const launch = plan.limitedBy === undefined ? plan.launch.filter((job) => isNew.has(job)) : [];
  return { plan: { ...plan, launch }, supply };
}

/** All have settled before one's failure is told: nothing is under way then. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function carryOut(deps: BalanceDeps, fresh: NewJobs, launch: Launch): Promise<void> {
  const { installationId, tier, startedAt } = fresh;
  const lesson = await carryOutLaunch(deps, { launch, paced: false });
  // What one pool had not, another may have; by now its jobs wait, as any others do, and a poke for them is on its way.
  const isInTime = deps.clock.now() <= startedAt + roundsWithinMilliseconds;
  if (lesson.againNow && isInTime) await balance(deps, { installationId, tier, startedAt });
}
