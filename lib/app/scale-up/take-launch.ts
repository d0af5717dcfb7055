/**
 * Takes a plan's leases together with its launch, in one transaction, and covers its jobs. If someone else changed
 * something meanwhile, the answer is "again", and nothing is taken.
 */
import type { BalancePlan } from '../../core/balance-plan.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import { rateCharge } from '../../core/launch-rate.ts';
import { capCharge } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { spendRoom } from '../common/lease-cost.ts';
import { pauseWithJitter } from '../common/pause-with-jitter.ts';
import { takesTogetherMilliseconds } from '../common/settings.ts';
import { askBesideOthers } from '../common/side-by-side.ts';
import { leaveOut } from '../launch/leave-out.ts';
import type { Supply } from '../launch/supply.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { planLaunch } from './plan-launch.ts';

type Taking =
  | { kind: 'taken'; launch: Launch }
  /** `tenant`: as it is now, if that is known. */
  | { kind: 'again'; tenant?: Tenant }
  | { kind: 'nothing' };

export async function takeLaunch(
  deps: BalanceDeps,
  options: {
    plan: BalancePlan;
    tenant: Tenant | undefined;
    tier: Tier;
    supply: Supply | undefined;
    /** Gives the jobs their leases, and returns those that are not available. Absent: they have rows, and wait. */
    cover?: (launch: Launch) => Promise<readonly PlannedJob[]>;
  },
): Promise<Taking> {
  const { plan, tenant, tier, supply, cover = (launch) => deps.launches.cover(launch) } = options;
  if (!tenant || !supply?.open || plan.launch.length === 0) return { kind: 'nothing' };
  const { open } = supply;
  const machines = plan.launch.length;
  const fraction = deps.chance.fraction();
  const caps = supply.caps.flatMap(({ cap, use }) => capCharge(cap, use, { machines, fraction }) ?? []);
  const launch = await planLaunch(deps, { jobs: plan.launch, open, tenant, tier, caps });
  const { launchesPerMinutePerTenant: launchesPerMinute } = deps.deployment.caps;
  const rate = rateCharge(tenant, { machines, launchesPerMinute, now: launch.createdAt });
  const asRead = spendRoom(deps.deployment, { tenant, tier, now: launch.createdAt })?.asRead;
  const { answer: outcome, together } = await askBesideOthers(
    { to: deps.launches, clock: deps.clock, milliseconds: takesTogetherMilliseconds },
    () => deps.launches.take({ tenant, tier, launch, caps, rate, ...(asRead ? { asRead } : {}) }),
  );
  if (outcome.kind === 'taken') {
    await together();
    const gone = await cover(launch);
    if (gone.length === 0) return { kind: 'taken', launch };
    deps.telemetry.count('TakesRefused', { reason: 'jobs-changed' });
    const rateBack = Math.floor((rate.cost * gone.length) / machines);
    const kept = await leaveOut(deps, launch, { gone, rateBack });
    return kept ? { kind: 'taken', launch: kept } : { kind: 'again' };
  }
  deps.telemetry.count('TakesRefused', { reason: outcome.kind });
  if (outcome.kind === 'contended') await pauseWithJitter(deps);
  return outcome.kind === 'tenant-changed' && outcome.tenant
    ? { kind: 'again', tenant: outcome.tenant }
    : { kind: 'again' };
}
