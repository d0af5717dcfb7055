/**
 * Gives as many of a tenant's oldest waiting jobs in a tier a lease each as there is room for, and launches their
 * machines. It may run any number of times, anywhere at once: the transaction in `LaunchStore.take` is what keeps the
 * limits. A loser plans again from what is there now, a bounded number of times, and then leaves it to a poke.
 */
import type { Deployment } from '../contract/deployment.ts';
import { type BalancePlan, planBalance } from '../core/balance-plan.ts';
import { fleetRequest } from '../core/fleet-request.ts';
import { type InstallationId, LaunchId, leaseOf, type TierName } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import type { Launch } from '../core/launch.ts';
import type { Tenant } from '../core/tenant.ts';
import type { Tier } from '../core/tier.ts';
import type { Chance, Clock } from '../ports/clock.ts';
import type { Compute } from '../ports/compute.ts';
import type { Tickets } from '../ports/identity.ts';
import type { JobStore } from '../ports/jobs.ts';
import type { LaunchStore } from '../ports/launches.ts';
import type { Queues } from '../ports/queues.ts';
import type { RunnerStore } from '../ports/runners.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TenantStore } from '../ports/tenants.ts';
import { carryOutLaunch } from './carry-out-launch.ts';
import { probeTenant } from './probe-tenant.ts';
import { launchFenceSeconds, maxPlans, ticketGraceSeconds, waitingPageSize } from './settings.ts';

export interface BalanceDeps {
  readonly deployment: Deployment;
  readonly subnetIds: readonly string[];
  readonly tenants: TenantStore;
  readonly jobs: JobStore;
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly compute: Compute;
  readonly queues: Queues;
  readonly tickets: Tickets;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** @throws OperationalError; whatever was taken by then has its row, and the sweep resumes it */
export async function balance(
  deps: BalanceDeps,
  installationId: InstallationId,
  tierName: TierName,
): Promise<void> {
  const tier = deps.deployment.tiers.find(({ name }) => name === tierName);
  if (!tier) {
    deps.telemetry.event('warn', 'balance-unknown-tier', { installationId, tier: tierName });
    return;
  }
  const launches: Launch[] = [];
  try {
    await takeLeases(deps, { installationId, tier, launches });
  } finally {
    // What was taken is carried out also where planning on failed: its leases are paid for.
    await carryOutAll(deps, launches);
  }
}

async function carryOutAll(deps: BalanceDeps, launches: readonly Launch[]): Promise<void> {
  const results = await Promise.allSettled(launches.map((launch) => carryOutLaunch(deps, launch)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Fills `launches` with what it took. */
async function takeLeases(
  deps: BalanceDeps,
  world: { installationId: InstallationId; tier: Tier; launches: Launch[] },
): Promise<void> {
  const { installationId, tier, launches } = world;
  for (let plans = 1; plans <= maxPlans; plans++) {
    const [found, known] = await Promise.all([
      deps.jobs.listWaiting(installationId, tier.name, waitingPageSize),
      deps.tenants.get(installationId),
    ]);
    if (found.length === 0) return;
    if (known && (await forgetPredecessor(deps, known))) continue;
    const { tenant, waiting } = await probeTenant(deps, { tenant: known, waiting: found });
    const plan = planBalance({ tenant, tier, waiting, pageSize: waitingPageSize });
    const taken = await take(deps, { plan, tenant, tier });
    if (taken.kind === 'again') continue;
    if (taken.kind === 'taken') launches.push(taken.launch);
    await writeVerdicts(deps, installationId, plan);
    if (taken.kind === 'nothing' || !plan.more) return;
  }
  await deps.queues.sendToTier(tier.name, { kind: 'poke', installationId, tier: tier.name });
}

type Taking = { kind: 'taken'; launch: Launch } | { kind: 'again' } | { kind: 'nothing' };

async function take(
  deps: BalanceDeps,
  world: { plan: BalancePlan; tenant: Tenant | undefined; tier: Tier },
): Promise<Taking> {
  const { plan, tenant, tier } = world;
  if (!tenant || plan.launch.length === 0) return { kind: 'nothing' };
  const launch = await planLaunch(deps, { plan, tenant, tier });
  const outcome = await deps.launches.take({ tenant, tier, launch });
  if (outcome.kind === 'taken') return { kind: 'taken', launch };
  deps.telemetry.count('TakesRefused', { reason: outcome.kind });
  // A chance delay sets copies apart that would otherwise meet again.
  if (outcome.kind === 'contended') await deps.clock.sleep(5 + deps.chance.fraction() * 45);
  return { kind: 'again' };
}

async function planLaunch(
  deps: BalanceDeps,
  world: { plan: BalancePlan; tenant: Tenant; tier: Tier },
): Promise<Launch> {
  const { plan, tenant, tier } = world;
  const { environment, limits } = deps.deployment;
  const launchId = LaunchId(deps.chance.id());
  const now = deps.clock.now();
  const ticket = await deps.tickets.issue({
    launchId,
    installationId: tenant.installationId,
    tier: tier.name,
    expiresAt: now + (limits.bootSeconds + ticketGraceSeconds) * 1000,
  });
  return {
    launchId,
    installationId: tenant.installationId,
    tier: tier.name,
    account: { login: tenant.accountLogin, type: tenant.accountType },
    state: 'intent',
    request: fleetRequest({
      environment,
      installationId: tenant.installationId,
      tier: tier.name,
      launchId,
      ticket,
      launchTemplateName: `${environment}-${tier.name}`,
      instanceTypes: tier.instanceTypes,
      subnetIds: deps.subnetIds,
      market: plan.market,
      machines: plan.launch.length,
    }),
    hints: plan.launch.map((job, n) => ({
      lease: leaseOf(launchId, n),
      jobId: job.jobId,
      repository: job.repository,
    })),
    callUntil: now + launchFenceSeconds * 1000,
    createdAt: now,
    instances: new Map(),
  };
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
    if (refused) tellRefusal(deps, job, reason.code);
  });
  const holding = plan.hold.map(({ job, reason }) => ({ jobId: job.jobId, reason }));
  await Promise.all([
    ...refusing,
    ...(holding.length > 0 ? [deps.jobs.setWaitReasons(installationId, holding)] : []),
  ]);
}

function tellRefusal(deps: BalanceDeps, job: Job, code: string): void {
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
  await deps.tenants.clearPredecessor(tenant.installationId, tenant.predecessor);
  return true;
}

/**
 * Its machines are gone for good once it is deleted and holds no lease. Whoever reinstalls twice in a minute leaves one
 * between that never had a machine: then it is about those of the one before.
 */
async function isGone(deps: BalanceDeps, installationId: InstallationId): Promise<boolean> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return true;
  if (tenant.status !== 'deleted' || tenant.leases.size > 0) return false;
  return tenant.predecessor === undefined || isGone(deps, tenant.predecessor);
}
