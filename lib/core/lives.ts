/**
 * How long a tenant's machines live, by ranges of time, and what that predicts for the next one. Every 30
 * days earlier counts are halved, so that the prediction soon follows when a tenant's jobs change.
 */
import { dayMilliseconds } from './days.ts';
import type { TierName } from './ids.ts';
import type { Lives } from './spend-counts.ts';
import type { Tenant } from './tenant.ts';

/** Seconds of the first range; each further range is twice as long. */
const shortest = 60;
export const rangesOfLives = 12;

export const lifeOf = (seconds: number): number =>
  Math.min(rangesOfLives - 1, Math.max(0, Math.ceil(Math.log2(Math.max(seconds, shortest) / shortest))));

/** The longest life of a range. */
export const rangeSeconds = (range: number): number =>
  range === rangesOfLives - 1 ? Number.POSITIVE_INFINITY : shortest * 2 ** range;

/** Undefined: too few to rely on. */
export const believedLives = (lives: Lives | undefined): Lives | undefined =>
  lives && numberOf(lives) >= leastLives ? lives : undefined;

const numberOf = (lives: Lives) => lives.reduce((sum, count) => sum + count, 0);

/** This many machines must have ended before the tenant's own times are used. */
const leastLives = 10;

/**
 * How long nine of ten machines lived at most, by the bounds of the ranges. Undefined: too few have ended.
 */
export function usualSeconds(lives: Lives | undefined): number | undefined {
  if (!lives || !believedLives(lives)) return undefined;
  const all = numberOf(lives);
  let seen = 0;
  const range = Array.from(lives, (count) => count ?? 0).findIndex((count) => {
    seen += count;
    return seen * 10 >= all * 9;
  });
  return range === rangesOfLives - 1 ? undefined : rangeSeconds(range);
}

/** How taking leases changes the lives of their tier: the first taking in each 30 days halves them. */
export interface LivesFade {
  /** As read; undefined: never halved. The write fails if the row's value has changed since. */
  readonly from: number | undefined;
  readonly to: number;
  /** For each range, how much to subtract: correct even if machines have ended since the row was read. */
  readonly off: Lives;
}

const fadeDays = 30;
export const fadePeriod = (at: number): number => Math.floor(at / (fadeDays * dayMilliseconds));

/** Undefined: there is nothing to halve. */
export function livesFade(tenant: Tenant, tier: TierName, now: number): LivesFade | undefined {
  const [lives, from, to] = [tenant.lives?.get(tier), tenant.livesFaded?.get(tier), fadePeriod(now)];
  if (!lives || (from !== undefined && from >= to)) return undefined;
  const left = halved(lives, from === undefined ? 0 : to - from);
  return { from, to, off: lives.map((count, range) => count - left[range]!) };
}

/** Stops halving before too few are left to rely on: old counts of a tenant with few jobs are better than none. */
function halved(lives: Lives, times: number): Lives {
  const half = lives.map((count) => Math.floor(count / 2));
  return times === 0 || numberOf(half) < leastLives ? lives : halved(half, times - 1);
}
