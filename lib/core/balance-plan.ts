/**
 * What to do about the waiting jobs of one tenant and tier: whom to refuse, who waits on and why, and who gets a
 * machine now. Oldest first, and never more than both limits leave.
 */
import { judge } from './admission.ts';
import type { Job } from './job.ts';
import { maxMachinesPerLaunch } from './launch.ts';
import { type Reason, type ReasonCode, reason } from './reason.ts';
import { type Room, roomFor } from './room.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export interface BalancePlan {
  readonly refuse: readonly { readonly job: Job; readonly reason: Reason }[];
  readonly hold: readonly { readonly job: Job; readonly reason: Reason }[];
  /** The jobs of the next launch, in order; empty where there is none. */
  readonly launch: readonly Job[];
  /** What keeps the others from a machine, where they lack room; absent: there is room for all. */
  readonly limitedBy?: ReasonCode;
  /** Whether what limits it passes with time. */
  readonly passesByItself?: boolean;
  /** Whether, once this launch is taken, there may be both room and jobs for another one. */
  readonly more: boolean;
}

/** Something other than the tenant's own limits that leaves room for so many only, and why. */
export interface Bound {
  readonly machines: number;
  readonly reason: Reason;
  /** Whether it passes with time, so that whoever was served looks again by itself; else an event wakes those who wait. */
  readonly passesByItself: boolean;
}

/** @param options.waiting a page of at most `pageSize` waiting jobs, oldest first */
export function planBalance(options: {
  tenant: Tenant | undefined;
  tier: Tier;
  waiting: readonly Job[];
  pageSize: number;
  bounds?: readonly Bound[];
}): BalancePlan {
  const { tenant, tier, waiting, pageSize, bounds = [] } = options;
  const verdicts = waiting.map((job) => ({ job, verdict: judge(tenant, tier, job) }));
  const admitted = verdicts.filter(({ verdict }) => verdict.kind === 'admit').map(({ job }) => job);
  const room = tightest(tenant ? [ownBound(tenant, tier), ...bounds] : bounds);
  const launch = tenant ? admitted.slice(0, Math.min(room.machines, maxMachinesPerLaunch)) : [];
  return {
    refuse: verdicts.flatMap(({ job, verdict }) =>
      verdict.kind === 'refuse' ? [{ job, reason: verdict.reason }] : [],
    ),
    hold: [
      ...verdicts.flatMap(({ job, verdict }) =>
        verdict.kind === 'hold' ? [{ job, reason: verdict.reason }] : [],
      ),
      ...(tenant ? admitted.slice(room.machines).map((job) => ({ job, reason: room.reason })) : []),
    ].filter(({ job, reason }) => job.reason?.text !== reason.text),
    launch,
    ...(admitted.length > room.machines
      ? { limitedBy: room.reason.code, passesByItself: room.passesByItself }
      : {}),
    more: room.machines > launch.length && (admitted.length > launch.length || waiting.length >= pageSize),
  };
}

/** The tenant's own limits come first: among equals theirs is the reason shown. */
function tightest(bounds: readonly Bound[]): Bound {
  return bounds.reduce((best, next) => (next.machines < best.machines ? next : best), unbounded);
}

const unbounded: Bound = {
  machines: Number.POSITIVE_INFINITY,
  reason: reason('queued', 'Nothing is in its way.'),
  passesByItself: false,
};

function ownBound(tenant: Tenant, tier: Tier): Bound {
  const room = roomFor(tenant, tier);
  return { machines: room.machines, reason: fullReason(tenant, tier, room), passesByItself: false };
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
