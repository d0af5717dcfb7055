/**
 * How many machines a tenant may start a minute: whoever installs the App can queue any number of jobs, and each machine
 * costs at least a minute. `rateUsedUntil` on the tenant says until when its minute is used up; starting a machine moves
 * it on by the machine's share of a minute. What a tenant may have at once it may also start at once.
 */
import type { Tenant } from './tenant.ts';

const minute = 60_000;

/** @returns how many machines may start at `now` */
export function rateRoom(tenant: Tenant, launchesPerMinute: number, now: number): number {
  const used = Math.max(0, (tenant.rateUsedUntil ?? 0) - now);
  return Math.max(0, Math.floor((minute - used) / share(tenant, launchesPerMinute)));
}

/**
 * What a launch uses of the rate: `rateUsedUntil` moves on by `cost`, if it is at `latest` at most; and from `now`, where the rate
 * has not been in use since `since`.
 */
export interface RateCharge {
  readonly now: number;
  readonly since: number;
  readonly cost: number;
  readonly latest: number;
}

export function rateCharge(
  tenant: Tenant,
  launch: { machines: number; launchesPerMinute: number; now: number },
): RateCharge {
  const cost = Math.floor(launch.machines * share(tenant, launch.launchesPerMinute));
  return { now: launch.now, since: launch.now - inUse, cost, latest: launch.now + minute - cost };
}

/**
 * After a gap that is shorter than this, launches add to what was used: of several copies that launch at about the same
 * time, none has to plan again because it found the rate unused. In a minute that begins with such a gap a second's worth more starts.
 */
const inUse = 1_000;

const share = (tenant: Tenant, launchesPerMinute: number) =>
  minute / Math.max(1, launchesPerMinute, tenant.maxRunners);
