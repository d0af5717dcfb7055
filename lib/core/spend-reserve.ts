/**
 * The most that running machines are likely to cost, by how long the tenant's earlier machines lived. The
 * older a machine is, the more likely it runs a long job, and the more is reserved for it, up to the
 * longest life that the limits allow.
 *
 * The bound is Chernoff's: for each `theta` above 0, the chance that a sum of costs exceeds `b` is at most
 * E(exp(theta × sum)) / exp(theta × b). It needs only the number and the age of the machines. For many
 * machines it is close to their average cost, for few to the cost of the longest life.
 */
import type { TierName } from './ids.ts';
import { rangeSeconds } from './lives.ts';
import type { Micros } from './micros.ts';
import type { HeldLeases, Lives } from './spend-counts.ts';
import type { Tenant } from './tenant.ts';

/** Machines of one tier and about one age. */
export interface Held {
  readonly machines: number;
  readonly ageSeconds: number;
  /** How long machines of the tier lived. Undefined: the longest allowed life is assumed. */
  readonly lives: Lives | undefined;
  /** Lives that have not ended: their length is unknown. */
  readonly unended: number;
  readonly ceiling: Micros;
}

/** The probability that they cost more. */
const risk = 0.001;

interface Reserved {
  readonly held: readonly Held[];
  /** One that is taken now. */
  readonly next: Held;
  readonly longestSeconds: number;
}

/** @returns how many machines like `next` fit into `micros` beside the held ones, even if all of them live longest */
export function machinesSurelyWithin(micros: Micros, { held, next, longestSeconds }: Reserved): number {
  const longest = ({ machines, ceiling }: Held) => machines * costOf(ceiling, longestSeconds);
  return Math.max(0, Math.floor((micros - sum(held.map(longest))) / Math.max(1, longest(next))));
}

/** How many are likely to fit, by how long the tenant's machines lived. */
export function machinesWithin(micros: Micros, reserved: Reserved): number {
  const { held, next, longestSeconds } = reserved;
  const moments = [...held, next].map((group) => momentOf(group, longestSeconds));
  const likely = thetas([next], longestSeconds).map((theta) => {
    const costs = held.map(({ machines }, n) => machines * moments[n]!(theta));
    return (theta * micros + Math.log(risk) - sum(costs)) / moments.at(-1)!(theta);
  });
  return Math.max(machinesSurelyWithin(micros, reserved), Math.floor(Math.max(...likely)));
}

/** The most that these are likely to cost together. */
export function reserveFor(held: readonly Held[], longestSeconds: number): Micros {
  const surely = sum(held.map(({ machines, ceiling }) => machines * costOf(ceiling, longestSeconds)));
  const moments = held.map((group) => momentOf(group, longestSeconds));
  const likely = thetas(held, longestSeconds).map((theta) => {
    const costs = held.map(({ machines }, n) => machines * moments[n]!(theta));
    return (sum(costs) - Math.log(risk)) / theta;
  });
  return Math.ceil(Math.min(surely, ...likely));
}

/** Around the inverse of the longest life's cost: the best of these is close enough to the optimum. */
function thetas(held: readonly Held[], longestSeconds: number): readonly number[] {
  const dearest = Math.max(1, ...held.map(({ ceiling }) => costOf(ceiling, longestSeconds)));
  return Array.from({ length: 25 }, (_, n) => 2 ** ((n - 12) / 2) / dearest);
}

const costOf = (ceiling: Micros, seconds: number): Micros => (ceiling * seconds) / 3_600;

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** log E(exp(theta × cost of one)); the largest exponent is factored out, so that none overflows. */
function momentOf({ ceiling, ...group }: Held, longestSeconds: number): (theta: number) => number {
  const most = costOf(ceiling, longestSeconds);
  const chances = chancesOf(group, longestSeconds);
  return (theta) =>
    theta * most +
    Math.log(
      sum(chances.map(([seconds, chance]) => chance * Math.exp(theta * (costOf(ceiling, seconds) - most)))),
    );
}

/** The whole life of a machine of this age, as pairs of seconds and probability. */
function chancesOf(
  { lives, unended, ageSeconds }: Omit<Held, 'ceiling'>,
  longestSeconds: number,
): readonly (readonly [number, number])[] {
  const known = (lives ?? []).flatMap((count, range) => {
    const to = Math.min(rangeSeconds(range), longestSeconds);
    const from = range === 0 ? 0 : rangeSeconds(range - 1);
    if (count === 0 || to <= ageSeconds) return [];
    return [[to, count * Math.min(1, (to - ageSeconds) / (to - from))] as const];
  });
  // Short lives end first: a new tenant's long ones have not ended yet, and any of them may become the
  // longest.
  const all = [...known, [longestSeconds, lives ? 1 + unended : 1] as const];
  const weight = sum(all.map(([, count]) => count));
  return all.map(([seconds, count]) => [seconds, count / weight]);
}

/** Whether any lease is held that was taken on this day. */
export const isHeldOn = (held: HeldLeases | undefined, day: string): boolean =>
  (held?.expected.get(day) ?? 0) !== 0 ||
  [...(held?.since.get(day)?.values() ?? [])].some((sum) => sum !== 0);

/**
 * Whether `held` has as many leases of each tier as the tenant counts: not while functions of an earlier
 * version write.
 */
export function isHeldComplete({ held, tierLeases }: Pick<Tenant, 'held' | 'tierLeases'>): boolean {
  const days = [...(held?.since ?? [])];
  const tiers = new Set([...tierLeases.keys(), ...days.flatMap(([, ofDay]) => [...ofDay.keys()])]);
  return [...tiers].every((tier) => {
    const machines = days.map(([day, ofDay]) =>
      Math.floor((ofDay.get(tier) ?? 0) / (Date.parse(day) / 1000)),
    );
    return sum(machines) === (tierLeases.get(tier) ?? 0) && machines.every((count) => count >= 0);
  });
}

/**
 * How many leases of a tier are held that were launched on a day, and how old they are on average: a sum of
 * seconds since 1970 determines both, for fewer than 20,000 leases.
 */
export function heldOf(
  held: HeldLeases | undefined,
  { day, tier, now }: { day: string; tier: TierName; now: number },
): { machines: number; ageSeconds: number } {
  const since = held?.since.get(day)?.get(tier) ?? 0;
  const machines = Math.max(0, Math.floor(since / (Date.parse(day) / 1000)));
  return { machines, ageSeconds: machines === 0 ? 0 : Math.max(0, now / 1000 - since / machines) };
}

/**
 * The leases of a tier that are held and were taken in a month or on a day, in groups of one age. There are
 * never more than the tenant counts. Those that it counts without an age may be of any day: functions of an
 * earlier version took them.
 */
export function agesOf(
  held: HeldLeases | undefined,
  { tier, leases, period, now }: { tier: TierName; leases: number; period: string; now: number },
): { known: readonly { machines: number; ageSeconds: number }[]; unknown: number } {
  const days = [...(held?.since.keys() ?? [])].toSorted().toReversed();
  let left = leases;
  const known = days.flatMap((day) => {
    const { machines, ageSeconds } = heldOf(held, { day, tier, now });
    const counted = Math.min(machines, left);
    left -= counted;
    return counted > 0 && day.startsWith(period) ? [{ machines: counted, ageSeconds }] : [];
  });
  return { known, unknown: left };
}
