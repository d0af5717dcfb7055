/**
 * What to do about the waiting jobs of one tenant and tier: which to refuse, which keep waiting and why, and which get a
 * machine now. Oldest first, and never more than both limits allow.
 */
import { judge, judgeTenant, type Verdict } from './admission.ts';
import type { Job } from './job.ts';
import { isResting } from './job-rest.ts';
import { maxMachinesPerLaunch } from './launch.ts';
import { type Reason, type ReasonCode, reason } from './reason.ts';
import { type Room, roomFor } from './room.ts';
import type { GroupView } from './runner-group.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';
import { tierLimit } from './tier-limit.ts';

export interface BalancePlan {
  readonly refuse: readonly { readonly job: Job; readonly reason: Reason }[];
  readonly hold: readonly { readonly job: Job; readonly reason: Reason }[];
  /** The jobs of the next launch, in order; empty if there are none. */
  readonly launch: readonly Job[];
  /** Why there is no room for the others; absent: there is room for all. */
  readonly limitedBy?: ReasonCode;
  /** Whether the limiting cause passes with time. */
  readonly passesByItself?: boolean;
  /** Whether, once this launch is taken, there may be both room and jobs for another one. */
  readonly more: boolean;
  /** How many jobs to read: the page, or more if all of a full page was used up. */
  readonly worthReading: number;
}

/** A bound other than the tenant's own limits: how many machines it leaves room for, and why. */
export interface Bound {
  readonly machines: number;
  readonly reason: Reason;
  /** Whether it passes with time, so that the tenant looks again by itself; otherwise an event wakes the waiting ones. */
  readonly passesByItself: boolean;
  /** Whether jobs without room are refused, instead of waiting. */
  readonly refuses?: boolean;
}

/**
 * How many jobs, beyond those that get a machine, have their reason to wait written: each job once, when it
 * comes near the head of the line. Jobs further back keep their initial reason: others come first.
 */
const lookAhead = 10;

/** Enough for one launch, and some more. */
const mostWorthReading = 100;

/** @param options.waiting a page of at most `pageSize` waiting jobs, oldest first */
export function planBalance(options: {
  tenant: Tenant | undefined;
  tier: Tier;
  waiting: readonly Job[];
  pageSize: number;
  now: number;
  group?: GroupView;
  /** What the tenant's spend caps leave room for. */
  spend?: Bound;
  bounds?: readonly Bound[];
}): BalancePlan {
  const { tenant, tier, waiting, pageSize, now, group, spend, bounds = [] } = options;
  const verdicts = waiting.map((job) => ({
    job,
    verdict: rested(judge(tenant, tier, job, group), job, now),
  }));
  const admitted = verdicts.filter(({ verdict }) => verdict.kind === 'admit').map(({ job }) => job);
  // A machine's end frees the tenant's limits, but not its cap: so the cap comes first.
  const own = tenant ? [...(spend ? [spend] : []), ownBound(tenant, tier)] : [];
  const room = tightest([...own, ...bounds]);
  const launch = tenant ? admitted.slice(0, Math.min(room.machines, maxMachinesPerLaunch)) : [];
  const beyond = tenant ? admitted.slice(room.machines).map((job) => ({ job, reason: room.reason })) : [];
  const refuse = [
    ...verdicts.flatMap(({ job, verdict }) =>
      verdict.kind === 'refuse' ? [{ job, reason: verdict.reason }] : [],
    ),
    ...(room.refuses ? beyond : []),
  ];
  return {
    refuse,
    worthReading: worthReading({
      tenant,
      admitted: admitted.length,
      refused: refuse.length,
      heldAlone: verdicts.filter(({ verdict }) => verdict.kind === 'hold' && verdict.ofJob).length,
      room,
      waiting: waiting.length,
      pageSize,
    }),
    hold: [
      ...verdicts.flatMap(({ job, verdict }) =>
        verdict.kind === 'hold' ? [{ job, reason: verdict.reason }] : [],
      ),
      ...(room.refuses ? [] : beyond),
    ].filter(({ job, reason }) => job.reason?.text !== reason.text),
    launch,
    ...(admitted.length > room.machines
      ? { limitedBy: room.reason.code, passesByItself: room.passesByItself }
      : {}),
    more: room.machines > launch.length && (admitted.length > launch.length || waiting.length >= pageSize),
  };
}

/** More than the page only if it was full and all of it is dealt with: held back individually, refused, or launched. */
function worthReading(page: {
  tenant: Tenant | undefined;
  admitted: number;
  refused: number;
  heldAlone: number;
  room: Bound;
  waiting: number;
  pageSize: number;
}): number {
  const { tenant, admitted, refused, heldAlone, room, waiting, pageSize } = page;
  if (waiting < pageSize || !tenant || judgeTenant(tenant)?.kind === 'hold') return pageSize;
  if (refused < waiting && (room.machines === 0 || room.machines < admitted)) return pageSize;
  // Jobs held individually stay at the head of the line, and must not hide those behind them.
  const most = mostWorthReading + heldAlone * 10;
  const wanted = admitted < waiting ? most : room.machines + lookAhead;
  return Math.max(pageSize, Math.min(most, wanted));
}

/** A resting job already has its reason. */
function rested(verdict: Verdict, job: Job, now: number): Verdict {
  if (verdict.kind !== 'admit' || !isResting(job, now)) return verdict;
  return { kind: 'hold', reason: job.reason ?? unbounded.reason, ofJob: true };
}

/** `bounds` starts with the tenant's own limits: of several equal bounds, theirs gives the reason to show. */
function tightest(bounds: readonly Bound[]): Bound {
  return bounds.reduce((best, next) => (next.machines < best.machines ? next : best), unbounded);
}

const unbounded: Bound = {
  machines: Number.POSITIVE_INFINITY,
  reason: reason('queued', 'Nothing blocks it.'),
  passesByItself: false,
};

function ownBound(tenant: Tenant, tier: Tier): Bound {
  const room = roomFor(tenant, tier);
  return { machines: room.machines, reason: fullReason(tenant, tier, room), passesByItself: false };
}

export function fullReason(tenant: Tenant, tier: Tier, room: Room): Reason {
  const inTier = tierLimit(tenant, tier);
  const login = tenant.accountLogin;
  if (room.limitedBy === 'tenant' && tenant.maxRunners < 1) {
    const why = `max_runners of ${login} is ${tenant.maxRunners}, so it gets no runners; the job starts when the operator raises that limit.`;
    return reason('tenant-limit', why);
  }
  if (room.limitedBy === 'tier' && inTier < 1) {
    const why = `The limit of ${login} in the tier ${tier.name} is ${inTier}, so it gets no ${tier.name} runners; the job starts when the operator raises that limit.`;
    return reason('tier-limit', why);
  }
  return room.limitedBy === 'tenant'
    ? reason(
        'tenant-limit',
        `${login} has all of its ${tenant.maxRunners} runners in use; the job starts when one ends.`,
      )
    : reason(
        'tier-limit',
        `${login} has all of its ${inTier} ${tier.name} runners in use; the job starts when one ends.${
          tenant.maxRunners > inTier
            ? ` ${tenant.tierLimits?.has(tier.name) ? 'The operator set that limit for this tenant' : `The plan ${tenant.tier} does not include the tier, so the limit of the tier applies`}; max_runners (${tenant.maxRunners}, over all tiers) does not raise it.`
            : ''
        }`,
      );
}
