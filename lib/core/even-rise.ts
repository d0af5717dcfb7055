/**
 * Gives out many leases at once: as many to each tenant as one by one would, if everyone holds something already. The running
 * time grows with the number of tenants, not with that of leases.
 */
import { comesBefore, type Holds, heldBy, isInFront, type Turn } from './turn.ts';

/** Each halves the interval. */
const halvings = 64;

/** The highest even rise in which no tier gets more than it has room for. */
export function fittingRise(
  line: readonly Turn[],
  holds: Holds,
  { free, roomFor }: { free: number; roomFor: (turn: Turn) => number },
): [Turn, number][] {
  const fits = (rise: readonly [Turn, number][]) => {
    const got = Map.groupBy(rise, ([{ tier }]) => tier);
    return [...got.values()].every(
      (given) => given.reduce((sum, [, count]) => sum + count, 0) <= roomFor(given[0]![0]),
    );
  };
  const whole = evenRise(line, holds, free);
  if (fits(whole)) return whole;
  // With so few leases no tier is full before the last.
  let [least, beyond] = [Math.min(...line.map(roomFor)), free];
  let highest = evenRise(line, holds, least);
  while (beyond - least > 1) {
    const middle = Math.floor((least + beyond) / 2);
    const rise = evenRise(line, holds, middle);
    if (fits(rise)) [least, highest] = [middle, rise];
    else beyond = middle;
  }
  return highest;
}

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
