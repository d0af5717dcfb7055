/**
 * Takes leases for the oldest jobs of a line until nothing is left to take: it reads, decides, plans and takes. If
 * another copy wins the transaction, it plans again, a bounded number of times. It does not call EC2 itself;
 * `launch` does, concurrently.
 */
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Tier } from '../../core/tier.ts';
import type { Note } from '../../ports/notes.ts';
import { mayBeBeyondCap, refuseBeyondCap } from '../common/refuse-beyond-cap.ts';
import { knownGroup, readGroupNote } from '../common/runner-groups.ts';
import { firstPageSize, gatheringMilliseconds, maxPlans } from '../common/settings.ts';
import { leaveLines } from '../common/shared-lines.ts';
import type { PlannedLaunch } from '../launch/carry-out-launch.ts';
import { readScarcity } from '../launch/read-scarcity.ts';
import { askWhoItIs } from './ask-who-it-is.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { comeAgain } from './come-again.ts';
import { decideInTime, type Judging } from './decide-in-time.ts';
import { forgetPredecessor } from './forget-predecessor.ts';
import { planLine } from './plan-line.ts';
import { type PlanningTurn, passPlanningTurn, readPlanningTurn, takePlanningTurn } from './planning-turn.ts';
import { probeTenant } from './probe-tenant.ts';
import { refreshGroup } from './refresh-group.ts';
import { takeLaunch } from './take-launch.ts';
import { writeVerdicts } from './write-verdicts.ts';

export interface Planning {
  readonly installationId: InstallationId;
  readonly tier: Tier;
  readonly own?: ReadonlySet<JobId>;
  /** Machines that this run has already taken for them: they count in the line of a cap over all tenants. */
  readonly served?: number;
  /** Carries out a launch while the next one is planned. */
  readonly launch: (planned: PlannedLaunch) => void;
  readonly judging: Judging;
  /** Held while others bring jobs of this tenant and tier, too. */
  turn?: PlanningTurn;
}

/** A copy that plans for several copies looks again for jobs that they brought meanwhile. */
export async function takeLeasesInTurn(deps: BalanceDeps, planning: Planning): Promise<void> {
  const { installationId, tier, served = 0 } = planning;
  // Once: a further look of the same turn has others to count.
  for (let before = served; ; before = 0) {
    await takeLeases(deps, planning, before);
    const passed = planning.turn ? await passPlanningTurn(deps, planning.turn) : 'over';
    if (passed === 'late') {
      await deps.queues.sendToTier(tier.name, { kind: 'poke', installationId, tier: tier.name });
    }
    if (passed !== 'again') return;
  }
}

/** @param served machines that were taken before */
async function takeLeases(deps: BalanceDeps, planning: Planning, served: number): Promise<void> {
  const { installationId, tier, judging } = planning;
  let hasTurn = false;
  let isCapKept = false;
  let pageSize = firstPageSize;
  let machines = served;
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
    const line = await decideInTime(deps, judging, { tenant: known, tier, waiting: found, group });
    const probed = await probeTenant(deps, { ...line, tier, group });
    const { tenant } = probed;
    const look = { ...probed, installationId, tier, hasTurn, pageSize, group, scarcity, judging };
    const planned = await planLine(deps, look);
    const { plan, supply } = planned;
    pageSize = planned.pageSize;
    hasTurn ||= supply?.paced === true && plan.launch.length > 0;
    // Others plan their own new jobs, unless it is this copy's turn.
    if (!planning.turn && othersAreComingIn(plan.launch, planning.own)) {
      if (await takeTurnFor(deps, planning)) continue;
      return;
    }
    const taken = await takeLaunch(deps, { plan, tenant, tier, supply });
    if (taken.kind === 'again') continue;
    const isTaken = taken.kind === 'taken';
    if (isTaken) {
      machines += taken.launch.plannedJobs.length;
      planning.launch({ launch: taken.launch, paced: supply?.paced === true });
    }
    await writeVerdicts(deps, installationId, plan);
    if (known && group) await refreshGroup(deps, { tenant: known, group, waiting: found });
    // A lease may have been freed since the tenant was read. The function that freed it saw room left and sent no
    // poke, so this copy looks again.
    const isAtLimit = plan.limitedBy === 'tenant-limit' || plan.limitedBy === 'tier-limit';
    if (isTaken && (plan.more || isAtLimit) && !supply?.paced) continue;
    await comeAgain(deps, { installationId, tier, plan, machines, tenant, supply, judging });
    return;
  }
  if (!judging.isCut)
    await deps.queues.sendToTier(tier.name, { kind: 'poke', installationId, tier: tier.name });
}

/** False: another copy plans for all, and will look again. */
async function takeTurnFor(deps: BalanceDeps, planning: Planning, known?: Note): Promise<boolean> {
  const { installationId, tier } = planning;
  const turn = await takePlanningTurn(deps, { installationId, tier: tier.name }, known);
  if (!turn) return false;
  planning.turn = turn;
  // Meanwhile other copies bring more jobs, and one launch serves all of them.
  await deps.clock.sleep(gatheringMilliseconds);
  return true;
}

/** Jobs that other copies brought, and that nobody has planned yet. */
const othersAreComingIn = (found: readonly Job[], own: ReadonlySet<JobId> | undefined) =>
  own !== undefined && found.some(({ jobId, reason }) => reason?.code === 'queued' && !own.has(jobId));
