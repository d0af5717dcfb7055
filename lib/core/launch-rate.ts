/**
 * How many machines a tenant may start in a minute: anyone who installs the App can queue any number of jobs, and each
 * machine is billed for at least a minute. `rateUsedUntil` on the tenant is the time until which its rate is used up; each
 * machine advances it by the machine's share of a minute. A tenant may start all machines of its limit at once.
 */
import type { Tenant } from './tenant.ts';

const minute = 60_000;

/** @returns how many machines may start at `now` */
export function rateRoom(tenant: Tenant, launchesPerMinute: number, now: number): number {
  const used = Math.max(0, (tenant.rateUsedUntil ?? 0) - now);
  return Math.max(0, Math.floor((minute - used) / share(tenant, launchesPerMinute)));
}

/**
 * What a launch uses of the rate. The time until which it is used up is the sum of two numbers: everything that launches
 * ever used, which grows by `cost`, and the moment from which that counts. A launch that finds the rate
 * unused restarts it: it sets the second number, and leaves the first. So copies that restart it at the
 * same moment set nearly the same value, and each adds what it uses.
 */
export interface RateCharge {
  /** Milliseconds. */
  readonly cost: number;
  /** The launch is allowed only if everything used before it is at most this, milliseconds. */
  readonly usedAtMost: number;
  /** The moment from which use counts, epoch milliseconds: as read, or as the launch restarts it. */
  readonly from: number;
  /** Present: the launch restarts the rate. `instead` is the moment as read; undefined: there was none. */
  readonly anew?: { readonly instead: number | undefined };
}

/** Copies that restart the rate must do so within this time of one another, or plan again. Milliseconds. */
export const beginTogetherMilliseconds = 1_000;

export function rateCharge(
  tenant: Tenant,
  launch: { machines: number; launchesPerMinute: number; now: number },
): RateCharge {
  const { now } = launch;
  const cost = Math.floor(launch.machines * share(tenant, launch.launchesPerMinute));
  const { rateUsed: used = 0, rateUsedUntil: until } = tenant;
  const known = until === undefined ? undefined : until - used;
  const isInUse = until !== undefined && until > now - inUse;
  const from = isInUse ? until - used : now - used;
  const usedAtMost = now + minute - cost - from;
  return { cost, usedAtMost, from, ...(isInUse ? {} : { anew: { instead: known } }) };
}

/** The rate restarts only if it was unused for this long, milliseconds. So at most a second's worth more may start. */
const inUse = 1_000;

const share = (tenant: Tenant, launchesPerMinute: number) =>
  minute / Math.max(1, launchesPerMinute, tenant.maxRunners);
