/**
 * Gives as many of a tenant's oldest waiting jobs in a tier a lease each as there is room for, and launches their
 * machines. It may run any number of times, anywhere at once: the transaction in `LaunchStore.take` is what keeps the
 * limits. A loser plans again from what is there now, a bounded number of times, and then leaves it to a poke.
 */
import { type BalancePlan, planBalance } from '../../core/balance-plan.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import { rateCharge } from '../../core/launch-rate.ts';
import type { Micros } from '../../core/micros.ts';
import { excludedBy } from '../../core/runner-group.ts';
import { capCharge } from '../../core/shared-cap.ts';
import { spentIn } from '../../core/spend.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { Tickets } from '../../ports/identity.ts';
import type { Note } from '../../ports/notes.ts';
import { type AdmissionDeps, decideWaiting } from '../admission/decide-waiting.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { spendRoom } from '../common/lease-cost.ts';
import { refuseBeyondCap } from '../common/refuse-beyond-cap.ts';
import { type KnownGroup, keepGroupKnown, knownGroup, readGroupNote } from '../common/runner-groups.ts';
import {
  firstPageSize,
  gatheringMilliseconds,
  maxPlans,
  maxRounds,
  retryDelaySeconds,
  roundsWithinMilliseconds,
  takesTogetherMilliseconds,
  waitingPageSize,
} from '../common/settings.ts';
import { leaveLines, updateWaitingLines, waiterOf } from '../common/shared-lines.ts';
import { askBesideOthers } from '../common/side-by-side.ts';
import { carryOutLaunch, type PlannedLaunch } from '../launch/carry-out-launch.ts';
import { type Lesson, readScarcity, type Scarcity } from '../launch/scarcity.ts';
import { findSupply, type Supply } from '../launch/supply.ts';
import { askWhoItIs } from './ask-who-it-is.ts';
import { coverJobs } from './cover-jobs.ts';
import { planLaunch } from './plan-launch.ts';
import { type PlanningTurn, passPlanningTurn, readPlanningTurn, takePlanningTurn } from './planning-turn.ts';
import { probeTenant } from './probe-tenant.ts';

export interface BalanceDeps extends LaunchDeps, AdmissionDeps {
  readonly tickets: Tickets;
}

/**
 * @param place.own jobs that came in just now, if others may be coming in elsewhere at the same time
 * @param place.asking called as EC2 is asked for machines
 * @throws OperationalError; whatever was taken by then has its row, and the sweep resumes it
 */
export async function balance(
  deps: BalanceDeps,
  place: {
    installationId: InstallationId;
    tier: TierName;
    own?: ReadonlySet<JobId>;
    asking?: (tier: TierName) => void;
  },
): Promise<void> {
  const { tier: tierName, ...options } = place;
  const { installationId } = options;
  const tier = deps.deployment.tiers.find(({ name }) => name === tierName);
  if (!tier) {
    deps.telemetry.event('warn', 'balance-unknown-tier', { installationId, tier: tierName });
    return;
  }
  const startedAt = deps.clock.now();
  for (let round = 1; round <= maxRounds; round++) {
    const turnsElsewhere = await balanceOnce(deps, { ...options, tier });
    // What one pool had not, another may have: on demand, above all, what spot had not.
    if (!turnsElsewhere || deps.clock.now() > startedAt + roundsWithinMilliseconds) return;
  }
}

/** @returns whether EC2 said that some pools are closed, so that others are to be tried */
async function balanceOnce(
  deps: BalanceDeps,
  options: {
    installationId: InstallationId;
    tier: Tier;
    own?: ReadonlySet<JobId>;
    asking?: (tier: TierName) => void;
  },
): Promise<boolean> {
  const { asking, ...place } = options;
  const underWay: Promise<PromiseSettledResult<Lesson>>[] = [];
  // EC2 takes most of a second: it is asked as soon as leases are taken, while the line is looked at further.
  const launch = (planned: PlannedLaunch) => {
    underWay.push(settled(carryOutLaunch(deps, planned)));
    asking?.(options.tier.name);
  };
  const planning = await settled(takeLeasesInTurn(deps, { ...place, launch }));
  const calling = await Promise.all(underWay);
  const failed = [...calling, planning].find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return calling.some((result) => result.status === 'fulfilled' && result.value.againNow);
}

async function settled<Result>(work: Promise<Result>): Promise<PromiseSettledResult<Result>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

interface Planning {
  readonly installationId: InstallationId;
  readonly tier: Tier;
  readonly own?: ReadonlySet<JobId>;
  /** Carries out what was taken, beside what is planned next. */
  readonly launch: (planned: PlannedLaunch) => void;
  /** Held while others bring jobs of this tenant and tier, too. */
  turn?: PlanningTurn;
}

/** Whoever plans in the turn of several copies looks again for those who brought jobs meanwhile. */
async function takeLeasesInTurn(deps: BalanceDeps, planning: Planning): Promise<void> {
  const { installationId, tier } = planning;
  for (;;) {
    await takeLeases(deps, planning);
    const passed = planning.turn ? await passPlanningTurn(deps, planning.turn) : 'over';
    if (passed === 'late') {
      await deps.queues.sendToTier(tier.name, { kind: 'poke', installationId, tier: tier.name });
    }
    if (passed !== 'again') return;
  }
}

async function takeLeases(deps: BalanceDeps, planning: Planning): Promise<void> {
  const { installationId, tier } = planning;
  let hasTurn = false;
  let isCapKept = false;
  let pageSize = firstPageSize;
  let machines = 0;
  for (let plans = 1; plans <= maxPlans; plans++) {
    const [found, known, groupNote, scarcity, turnElsewhere] = await Promise.all([
      deps.jobs.listWaiting(installationId, tier.name, pageSize),
      deps.tenants.get(installationId),
      readGroupNote(deps, installationId),
      readScarcity(deps),
      planning.turn ? undefined : readPlanningTurn(deps, { installationId, tier: tier.name }),
    ]);
    if (found.length === 0) return leaveLines(deps, { installationId, tier: tier.name });
    if (!planning.turn && (turnElsewhere || othersAreComingIn(found, planning.own))) {
      if (await takeTurnFor(deps, planning, turnElsewhere)) continue;
      return;
    }
    if (known && (await forgetPredecessor(deps, known))) continue;
    if (!known) await askWhoItIs(deps, installationId, found);
    if (!isCapKept && mayBeBeyondCap(deps, found.length)) await refuseBeyondCap(deps, installationId);
    isCapKept = true;
    const group = known ? knownGroup(deps, known, groupNote) : undefined;
    const decided = known
      ? await decideWaiting(deps, { tenant: known, tier, waiting: found, group })
      : undefined;
    const line = decided ?? { tenant: known, waiting: found };
    const probed = await probeTenant(deps, { ...line, tier, group });
    const { tenant } = probed;
    const look = { ...probed, installationId, tier, hasTurn, pageSize, group, scarcity };
    const planned = await planFor(deps, look);
    const { plan, supply } = planned;
    pageSize = planned.pageSize;
    hasTurn ||= supply?.paced === true && plan.launch.length > 0;
    // What others have just brought they plan for themselves, unless it is this copy's turn.
    if (!planning.turn && othersAreComingIn(plan.launch, planning.own)) {
      if (await takeTurnFor(deps, planning)) continue;
      return;
    }
    const taken = await take(deps, { plan, tenant, tier, supply });
    if (taken.kind === 'again') continue;
    const isTaken = taken.kind === 'taken';
    if (isTaken) {
      machines += taken.launch.plannedJobs.length;
      planning.launch({ launch: taken.launch, paced: supply?.paced === true });
    }
    await writeVerdicts(deps, installationId, plan);
    if (known && group) await learnOfGroup(deps, { tenant: known, group, waiting: found });
    // A lease that came free since the tenant was read is seen by nobody else: whoever freed it found room already.
    const isAtLimit = plan.limitedBy === 'tenant-limit' || plan.limitedBy === 'tier-limit';
    if (isTaken && (plan.more || isAtLimit) && !supply?.paced) continue;
    await comeAgain(deps, { installationId, tier, plan, served: isTaken, machines, tenant, supply });
    return;
  }
  await deps.queues.sendToTier(tier.name, { kind: 'poke', installationId, tier: tier.name });
}

/** False: another copy plans for all, and will look again. */
async function takeTurnFor(deps: BalanceDeps, planning: Planning, known?: Note): Promise<boolean> {
  const { installationId, tier } = planning;
  const turn = await takePlanningTurn(deps, { installationId, tier: tier.name }, known);
  if (!turn) return false;
  planning.turn = turn;
  // Meanwhile others bring more, and one launch is for all of them.
  await deps.clock.sleep(gatheringMilliseconds);
  return true;
}

/** A plan for the first jobs of the line; where all of them are used up, for as many as there is a use for. */
async function planFor(
  deps: BalanceDeps,
  look: {
    installationId: InstallationId;
    tenant: Tenant | undefined;
    tier: Tier;
    waiting: readonly Job[];
    pageSize: number;
    hasTurn: boolean;
    group: KnownGroup | undefined;
    scarcity: Scarcity;
  },
): Promise<{ plan: BalancePlan; supply: Supply | undefined; pageSize: number }> {
  const { installationId, tenant, tier, hasTurn, scarcity } = look;
  const group = look.group ? { group: look.group } : {};
  let { waiting, pageSize } = look;
  let supply: Supply | undefined;
  for (;;) {
    const now = deps.clock.now();
    const spend = tenant && spendRoom(deps.deployment, { tenant, tier, now });
    const look = { tenant, tier, waiting, pageSize, now, ...group, ...(spend ? { spend } : {}) };
    const own = planBalance(look);
    if (tenant && own.launch.length > 0)
      supply ??= await findSupply(deps, { tenant, tier, hasTurn, scarcity });
    const plan = supply ? planBalance({ ...look, bounds: supply.bounds }) : own;
    if (plan.worthReading <= pageSize) return { plan, supply, pageSize };
    pageSize = plan.worthReading;
    const more = await deps.jobs.listWaiting(installationId, tier.name, pageSize);
    ({ waiting } = tenant
      ? await decideWaiting(deps, { tenant, tier, waiting: more, group: look.group })
      : { waiting: more });
  }
}

/** Jobs that nobody has looked at, and that others brought. */
const othersAreComingIn = (found: readonly Job[], own: ReadonlySet<JobId> | undefined) =>
  own !== undefined && found.some(({ jobId, reason }) => reason?.code === 'queued' && !own.has(jobId));

/** Jobs of which nothing is known that a group could be asked for need no look at it. */
async function learnOfGroup(
  deps: BalanceDeps,
  look: { tenant: Tenant; group: KnownGroup; waiting: readonly Job[] },
): Promise<void> {
  const { tenant, group, waiting } = look;
  if (group.name === undefined && waiting.every(({ repositoryId }) => repositoryId === undefined)) return;
  const holdsJobs = waiting.some((job) => excludedBy(group, tenant.accountLogin, job) !== undefined);
  await keepGroupKnown(deps, { tenant, group, holdsJobs });
}

/** Where a small cap is set, a look finds what is beyond it; the sweep counts the lines that are longer. */
const mayBeBeyondCap = ({ deployment }: BalanceDeps, waiting: number) => {
  const { waitingJobsPerTenant: most } = deployment.caps;
  return most < waitingPageSize && waiting >= Math.min(firstPageSize, most + 1);
};

/** Whoever got something and waits for more comes again by itself; all others are told by what they wait for. */
async function comeAgain(
  deps: BalanceDeps,
  options: {
    installationId: InstallationId;
    tier: Tier;
    plan: BalancePlan;
    served: boolean;
    machines: number;
    tenant: Tenant | undefined;
    supply: Supply | undefined;
  },
): Promise<void> {
  const { installationId, tier, plan, served, machines, tenant, supply } = options;
  const place = { installationId, tier: tier.name };
  const stoppedBy = plan.limitedBy === 'shared-cap' ? supply?.tightestCap?.cap : undefined;
  if (!tenant || !supply) await leaveLines(deps, place);
  else if (supply.tightestCap) {
    const waiter = waiterOf({ tenant, tier }, deps.clock.now());
    await updateWaitingLines(deps, { waiter, stoppedBy, machines, known: supply.caps });
  }
  const goesOn = plan.more || plan.passesByItself === true;
  if (!served || !goesOn) return;
  const delaySeconds = plan.limitedBy === 'launch-rate' ? retryDelaySeconds : 1;
  await deps.queues.sendToTier(tier.name, { kind: 'poke', ...place }, { delaySeconds });
}

type Taking = { kind: 'taken'; launch: Launch } | { kind: 'again' } | { kind: 'nothing' };

async function take(
  deps: BalanceDeps,
  options: { plan: BalancePlan; tenant: Tenant | undefined; tier: Tier; supply: Supply | undefined },
): Promise<Taking> {
  const { plan, tenant, tier, supply } = options;
  if (!tenant || !supply?.open || plan.launch.length === 0) return { kind: 'nothing' };
  const { open } = supply;
  const machines = plan.launch.length;
  const fraction = deps.chance.fraction();
  const caps = supply.caps.flatMap(({ cap, use }) => capCharge(cap, use, { machines, fraction }) ?? []);
  const launch = await planLaunch(deps, { jobs: plan.launch, open, tenant, tier, caps });
  const { launchesPerMinutePerTenant: launchesPerMinute } = deps.deployment.caps;
  const rate = rateCharge(tenant, { machines, launchesPerMinute, now: launch.createdAt });
  const { answer: outcome, together } = await askBesideOthers(
    { to: deps.launches, clock: deps.clock, milliseconds: takesTogetherMilliseconds },
    () => deps.launches.take({ tenant, tier, launch, caps, rate }),
  );
  if (outcome.kind === 'taken') {
    await together();
    const covered = await coverJobs(deps, launch, rate);
    return covered ? { kind: 'taken', launch: covered } : { kind: 'again' };
  }
  deps.telemetry.count('TakesRefused', { reason: outcome.kind });
  // A chance delay sets copies apart that would otherwise meet again.
  if (outcome.kind === 'contended') await deps.clock.sleep(5 + deps.chance.fraction() * 45);
  return { kind: 'again' };
}

async function writeVerdicts(
  deps: BalanceDeps,
  installationId: InstallationId,
  plan: BalancePlan,
): Promise<void> {
  const at = deps.clock.now();
  const refusing = plan.refuse.map(async ({ job, reason }) => {
    const refused = await deps.jobs.refuseWaiting(installationId, job.jobId, {
      outcome: 'refused',
      at,
      reason,
    });
    if (refused) logRefusal(deps, job, reason.code);
  });
  const holding = plan.hold.map(({ job, reason }) => ({ jobId: job.jobId, reason }));
  await Promise.all([
    ...refusing,
    ...(holding.length > 0 ? [deps.jobs.setWaitReasons(installationId, holding)] : []),
  ]);
}

function logRefusal(deps: BalanceDeps, job: Job, code: string): void {
  const { installationId, jobId, tier } = job;
  deps.telemetry.event(
    'info',
    'job-refused',
    { installationId, jobId, tier, reason: code },
    { JobsRefused: 1 },
  );
}

async function forgetPredecessor(deps: BalanceDeps, tenant: Tenant): Promise<boolean> {
  if (tenant.predecessor === undefined || !(await isGone(deps, tenant.predecessor))) return false;
  const carried = await spentBefore(deps, tenant.predecessor);
  await deps.tenants.clearPredecessor(tenant.installationId, tenant.predecessor, carried);
  return true;
}

/** What an account spent until now: whoever installs the App again has the same caps, and has used as much of them. */
async function spentBefore(
  deps: BalanceDeps,
  installationId: InstallationId,
): Promise<ReadonlyMap<string, Micros>> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return new Map();
  // Whoever reinstalls twice in a minute leaves one between that has not taken over what the one before had spent.
  const before = tenant.predecessor === undefined ? undefined : await spentBefore(deps, tenant.predecessor);
  const periods = new Set(
    [...(tenant.spent ?? []), ...(tenant.carried ?? []), ...(before ?? [])].map(([name]) => name),
  );
  const spent = [...periods].map(
    (period) => [period, spentIn(tenant, period) + (before?.get(period) ?? 0)] as const,
  );
  return new Map(spent.filter(([, micros]) => micros !== 0));
}

/**
 * Its machines are gone for good once it is deleted and holds no lease. Whoever reinstalls twice in a minute leaves one
 * between that never had a machine: then it is about those of the one before.
 */
async function isGone(deps: BalanceDeps, installationId: InstallationId): Promise<boolean> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return true;
  if (tenant.status !== 'deleted' || tenant.leases > 0) return false;
  return tenant.predecessor === undefined || isGone(deps, tenant.predecessor);
}
