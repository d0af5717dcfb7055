/**
 * Who is next under a cap over all tenants. A freed lease goes to the waiting tenant that holds the least for its weight, and
 * among equals to the one whose turn it is. A tenant that holds nothing gets one at its turn in any case, because a small
 * weight's share may be less than one machine: turns rotate by weight, so that every tenant starts one after a bounded
 * number of others. The running time grows with the number of waiting tenants, not with that of free leases.
 */
import type { InstallationId, TierName } from './ids.ts';
import {
  boundedStep,
  type CapUse,
  leasesOf,
  type SharedCap,
  shortestStep,
  type Waiter,
} from './shared-cap.ts';
import { tenantTierKey } from './tenant-tier.ts';

/** A waiter while leases are given out: each lease advances `since`. */
interface Turn extends Waiter {
  since: number;
  readonly step: number;
}

/** With no more free leases than this for each waiter, giving them out one by one is faster. */
const worthARise = 10;
/** Each halves the interval. */
const halvings = 64;

type Holds = Map<InstallationId, number>;

/** How many leases are free under the cap of each tier that has one. */
export type TierRooms = ReadonlyMap<TierName, number>;

/**
 * How many of the free leases each waiter gets, by place; waiters without any are left out, and the next in turn comes
 * first.
 * @param options.held what each waiter holds under the cap
 * @param options.rooms the waiters of a tier get no more than this together
 */
export function sharesOf(
  cap: SharedCap,
  use: CapUse,
  options: { held: ReadonlyMap<InstallationId, number>; rooms?: TierRooms },
): Map<string, number> {
  let free = cap.machines - leasesOf(use);
  const holds: Holds = new Map(options.held);
  const rooms = new Map(options.rooms);
  const roomFor = ({ tier }: Waiter) => rooms.get(tier) ?? Number.POSITIVE_INFINITY;
  const shares = new Map<string, number>();
  const shortest = shortestStep(use.waiters);
  const line = use.waiters.map((waiter): Turn => ({ ...waiter, step: boundedStep(waiter, shortest) }));
  const give = (turn: Turn, count: number) => {
    holds.set(turn.installationId, heldBy(holds, turn) + count);
    shares.set(tenantTierKey(turn), (shares.get(tenantTierKey(turn)) ?? 0) + count);
    rooms.set(turn.tier, roomFor(turn) - count);
    turn.since += count * turn.step;
    free -= count;
  };
  for (let open = line; free > 0; ) {
    open = open.filter((turn) => roomFor(turn) > 0);
    if (open.length === 0) break;
    // Whoever gets so many, no tier is full before the last.
    const end = free - Math.min(free, ...open.map(roomFor));
    // Turns count only while someone holds nothing. After that, leases divided by weight rise evenly.
    while (free > end && open.some((turn) => heldBy(holds, turn) === 0)) give(nextOf(open, holds), 1);
    if (free - end > worthARise * open.length) {
      for (const [turn, count] of evenRise(open, holds, free - end)) give(turn, count);
    }
    while (free > end) give(nextOf(open, holds), 1);
  }
  return shares;
}

const heldBy = (holds: Holds, { installationId }: Waiter) => holds.get(installationId) ?? 0;

function nextOf(line: readonly Turn[], holds: Holds): Turn {
  const first = line.reduce((turn, { since }) => (since < turn ? since : turn), Number.POSITIVE_INFINITY);
  return line.reduce((best, turn) => (comesBefore(turn, best, { holds, first }) ? turn : best));
}

/** @param round.first the `since` of the waiter whose turn it is */
function comesBefore(one: Turn, other: Turn, { holds, first }: { holds: Holds; first: number }): boolean {
  const hasTurn = (turn: Turn) => heldBy(holds, turn) === 0 && turn.since <= first;
  if (hasTurn(one) !== hasTurn(other)) return hasTurn(one);
  const burden = (turn: Turn) => (heldBy(holds, turn) + 1) / turn.weight;
  const [ofOne, ofOther] = [burden(one), burden(other)];
  return ofOne === ofOther ? isInFront(one, other) : ofOne < ofOther;
}

const isInFront = (one: Turn, other: Turn) =>
  one.since < other.since || (one.since === other.since && tenantTierKey(one) < tenantTierKey(other));

/**
 * Raises all tenants to the highest common level of leases divided by weight for which the free leases suffice. Fewer leases
 * are left over than tenants wait. Everyone holds something already, so turns do not count.
 * @returns how many leases each waiter gets
 */
function evenRise(line: readonly Turn[], holds: Holds, free: number): [Turn, number][] {
  const tenants = [...Map.groupBy(line, ({ installationId }) => installationId).values()].map((turns) => {
    // A tenant that waits in several tiers counts once, and only its waiters with the greatest weight get leases.
    const weight = Math.max(...turns.map((turn) => turn.weight));
    const served = turns.filter((turn) => turn.weight === weight);
    return { held: heldBy(holds, served[0]!), weight, served };
  });
  const upTo = (level: number, { held, weight }: { held: number; weight: number }) =>
    stepsWithin(level, (step) => (held + step) / weight, level * weight - held);
  const highest = Math.max(...tenants.map(({ held, weight }) => (held + free) / weight));
  const level = greatest(
    [0, highest],
    (at) => tenants.reduce((sum, tenant) => sum + upTo(at, tenant), 0) <= free,
  );
  const given = tenants.flatMap((tenant) => inTurn(tenant.served, upTo(level, tenant)));
  const round = { holds, first: Number.NEGATIVE_INFINITY };
  return given.sort(([one], [other]) => (comesBefore(one, other, round) ? -1 : 1));
}

/** Divides one tenant's leases among the tiers in which it waits, in turn. */
function inTurn(turns: readonly Turn[], count: number): [Turn, number][] {
  const [only, ...others] = turns;
  if (only && others.length === 0) return count === 0 ? [] : [[only, count]];
  const least = Math.min(...turns.map(({ since }) => since));
  const upTo = (reach: number, { since, step }: Turn) =>
    stepsWithin(reach, (n) => since - least + (n - 1) * step, (reach - (since - least)) / step + 1);
  const furthest = Math.max(...turns.map(({ since, step }) => since - least + count * step));
  const reach = greatest(
    [-1, furthest],
    (at) => turns.reduce((sum, turn) => sum + upTo(at, turn), 0) <= count,
  );
  const given = turns.map((turn): [Turn, number] => [turn, upTo(reach, turn)]);
  let left = count - given.reduce((sum, [, steps]) => sum + steps, 0);
  const next = ([turn, steps]: [Turn, number]) => ({ ...turn, since: turn.since + steps * turn.step });
  for (; left > 0; left--) given.reduce((a, b) => (isInFront(next(b), next(a)) ? b : a))[1] += 1;
  return given.filter(([, steps]) => steps > 0);
}

/** How many steps, counted from 1, have a value within the bound. @param about the result, except for rounding */
function stepsWithin(bound: number, valueAt: (step: number) => number, about: number): number {
  let steps = Math.max(0, Math.floor(about));
  while (steps > 0 && valueAt(steps) > bound) steps--;
  while (valueAt(steps + 1) <= bound) steps++;
  return steps;
}

/**
 * Bisection: the greatest number in the range for which `holds` is true, within floating-point precision. `holds` must be
 * true at the start of the range, and false from some point on.
 */
function greatest([from, most]: readonly [number, number], holds: (at: number) => boolean): number {
  if (holds(most)) return most;
  let [least, beyond] = [from, most];
  for (let n = 0; n < halvings; n++) {
    const middle = (least + beyond) / 2;
    if (holds(middle)) least = middle;
    else beyond = middle;
  }
  return least;
}
