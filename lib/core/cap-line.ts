/** The line of a cap over all tenants as it was read, and what its free leases mean for those who stand in it. */
import type { InstallationId, TierName } from './ids.ts';
import { type CapUse, leasesOf, type SharedCap, type Waiter } from './shared-cap.ts';
import { sharesOf, type TierRooms } from './shares.ts';

export interface CapLine {
  readonly cap: SharedCap;
  readonly use: CapUse;
  /** Of the cap over all tiers: the free leases of each tier that has a cap of its own and in which tenants wait. */
  readonly rooms: TierRooms;
}

export const freeUnder = ({ cap, use }: Pick<CapLine, 'cap' | 'use'>) =>
  Math.max(0, cap.machines - leasesOf(use));

export const tiersIn = ({ use }: Pick<CapLine, 'use'>): ReadonlySet<TierName> =>
  new Set(use.waiters.map(({ tier }) => tier));

/** Whether it has fewer free leases than the tiers in which tenants wait have room for. */
export const isShort = (line: CapLine) => roomIn(line, tiersIn(line)) > freeUnder(line);

function roomIn({ rooms }: CapLine, tiers: ReadonlySet<TierName>): number {
  let room = 0;
  for (const tier of tiers) room += Math.max(0, rooms.get(tier) ?? Number.POSITIVE_INFINITY);
  return room;
}

/**
 * The first so many who wait. If their tiers have less room than there are free leases, also the first so many of the others,
 * as nobody else can take the rest.
 * @param waiters in order of their turns
 */
export function firstInTurn(line: CapLine, waiters: readonly Waiter[], most: number): readonly Waiter[] {
  const first = waiters.slice(0, most);
  for (;;) {
    const tiers = tiersIn({ use: { ...line.use, waiters: first } });
    const others = waiters.filter(({ tier }) => !tiers.has(tier));
    if (others.length === 0 || roomIn(line, tiers) >= freeUnder(line)) return first;
    first.push(...others.slice(0, most));
  }
}

/** The same line before leases of these tiers were freed. */
export function beforeFreed(line: CapLine, freed: readonly TierName[]): CapLine {
  const rooms = new Map(line.rooms);
  for (const tier of freed) {
    const room = rooms.get(tier);
    if (room !== undefined) rooms.set(tier, room - 1);
  }
  return { ...line, cap: { ...line.cap, machines: line.cap.machines - freed.length }, rooms };
}

/** How many of the free leases each waiter gets, by place, the next in turn first. */
export const sharesIn = ({ cap, use, rooms }: CapLine, held: ReadonlyMap<InstallationId, number>) =>
  sharesOf(cap, use, { held, rooms });
