/**
 * What to do about the waiting jobs of one tenant and tier: whom to refuse, who waits on and why, and who gets a
 * machine now. Oldest first, and never more than both limits leave.
 */
import { judge } from './admission.ts';
import type { Job } from './job.ts';
import { type Reason, reason } from './reason.ts';
import { type Room, roomFor } from './room.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export interface BalancePlan {
  readonly refuse: readonly { readonly job: Job; readonly reason: Reason }[];
  readonly hold: readonly { readonly job: Job; readonly reason: Reason }[];
  /** The jobs of the next launch, in order; empty where there is none. */
  readonly launch: readonly Job[];
  readonly market: 'spot' | 'on-demand';
  /** Whether, once this launch is taken, there may be both room and jobs for another one. */
  readonly more: boolean;
}

/** One transaction writes the tenant, the launch and each job, and DynamoDB takes 100 items in one. */
export const maxMachinesPerLaunch = 98;

/** @param world.waiting a page of at most `pageSize` waiting jobs, oldest first */
export function planBalance(world: {
  tenant: Tenant | undefined;
  tier: Tier;
  waiting: readonly Job[];
  pageSize: number;
}): BalancePlan {
  const { tenant, tier, waiting, pageSize } = world;
  const verdicts = waiting.map((job) => ({ job, verdict: judge(tenant, tier, job) }));
  const admitted = verdicts.filter(({ verdict }) => verdict.kind === 'admit').map(({ job }) => job);
  const room: Room = tenant ? roomFor(tenant, tier) : { machines: 0, limitedBy: 'tenant' };
  const fitting = admitted.slice(0, Math.min(room.machines, maxMachinesPerLaunch));
  const market = marketFor(tier, fitting[0]);
  const launch = fitting.filter((job) => marketFor(tier, job) === market);
  return {
    refuse: verdicts.flatMap(({ job, verdict }) =>
      verdict.kind === 'refuse' ? [{ job, reason: verdict.reason }] : [],
    ),
    hold: [
      ...verdicts.flatMap(({ job, verdict }) =>
        verdict.kind === 'hold' ? [{ job, reason: verdict.reason }] : [],
      ),
      ...(tenant
        ? admitted.slice(room.machines).map((job) => ({ job, reason: fullReason(tenant, tier, room) }))
        : []),
    ].filter(({ job, reason }) => job.reason?.text !== reason.text),
    launch,
    market,
    more: room.machines > launch.length && (admitted.length > launch.length || waiting.length >= pageSize),
  };
}

/** Spot first, where the tier says so; a job that already had a launch without getting a machine goes on demand. */
function marketFor(tier: Tier, job: Job | undefined): 'spot' | 'on-demand' {
  return tier.spot && job?.attempts === 0 ? 'spot' : 'on-demand';
}

function fullReason(tenant: Tenant, tier: Tier, room: Room): Reason {
  return room.limitedBy === 'tenant'
    ? reason(
        'tenant-limit',
        `${tenant.accountLogin} has all of its ${tenant.maxRunners} runners in use; the job starts when one ends.`,
      )
    : reason(
        'tier-limit',
        `${tenant.accountLogin} has all of its ${tier.maxRunners} ${tier.name} runners in use; the job starts when one ends.`,
      );
}
