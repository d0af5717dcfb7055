/** The line of a cap over all tenants as it was read, and what its free leases mean for those who stand in it. */
import type { InstallationId, TierName } from './ids.ts';
import { type CapUse, leasesOf, type SharedCap } from './shared-cap.ts';
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
export function isShort(line: CapLine): boolean {
  let room = 0;
  for (const tier of tiersIn(line)) room += Math.max(0, line.rooms.get(tier) ?? Number.POSITIVE_INFINITY);
  return room > freeUnder(line);
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
