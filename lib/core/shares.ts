/**
 * Who is next under a cap over all tenants. A freed lease goes to the waiting tenant that holds the least for its weight, and
 * among equals to the one whose turn it is. A tenant that holds nothing gets one at its turn in any case, because a small
 * weight's share may be less than one machine: turns rotate by weight, so that every tenant starts one after a bounded
 * number of others. The running time grows with the number of waiting tenants, not with that of free leases.
 */
import { fittingRise } from './even-rise.ts';
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
import { type Holds, heldBy, nextOf, type Turn } from './turn.ts';

/** With no more free leases than this for each waiter, giving them out one by one is faster. */
const worthARise = 10;

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
  let open = line;
  for (let singles = 0; free > 0; singles--) {
    open = open.filter((turn) => roomFor(turn) > 0);
    if (open.length === 0) break;
    // Turns count only while someone holds nothing. After that, leases divided by weight rise evenly.
    const mayRise = singles <= 0 && free > worthARise * open.length;
    if (mayRise && open.every((turn) => heldBy(holds, turn) > 0)) {
      for (const [turn, count] of fittingRise(open, holds, { free, roomFor })) give(turn, count);
      // If a tier stopped the rise, it is full after so many.
      singles = open.length + 1;
    } else give(nextOf(open, holds), 1);
  }
  return shares;
}
