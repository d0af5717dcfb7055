/**
 * Caps over all tenants, and who comes next under one. A lease that comes free goes to the waiting tenant that holds the
 * least for its weight, and among equals to the one that has waited longest. Nobody who can use a lease waits behind
 * somebody who cannot: whoever has no use for its turn leaves the line.
 */
import type { InstallationId, LeaseId, TierName } from './ids.ts';
import type { Tier } from './tier.ts';

export interface SharedCap {
  /** `tier/<name>`, or `cell` for all tiers together. */
  readonly name: string;
  readonly machines: number;
}

export interface Waiter {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** Its share against the others': 2 gets twice what 1 gets. */
  readonly weight: number;
  /** When it was last served or else began to wait, epoch milliseconds. */
  readonly since: number;
}

/** Who holds and who waits for leases under one cap. */
export interface SharedUse {
  readonly held: ReadonlyMap<InstallationId, ReadonlySet<LeaseId>>;
  readonly waiters: readonly Waiter[];
}

/** The tighter cap first, so that whoever waits does so where it is stopped. */
export function sharedCaps(tier: Tier, cellCap: number | undefined): SharedCap[] {
  const ofTier = tier.capOverAllTenants;
  return [
    ...(ofTier === undefined ? [] : [{ name: `tier/${tier.name}`, machines: ofTier }]),
    ...(cellCap === undefined ? [] : [{ name: 'cell', machines: cellCap }]),
  ];
}

export const placeOf = (place: { installationId: InstallationId; tier: TierName }) =>
  `${place.installationId}/${place.tier}`;

/** How many of the free leases each waiter is to have, by place; those who get none are left out. */
export function sharesOf(cap: SharedCap, use: SharedUse): Map<string, number> {
  const holds = new Map([...use.held].map(([tenant, leases]) => [tenant, leases.size]));
  const shares = new Map<string, number>();
  const taken = [...holds.values()].reduce((sum, leases) => sum + leases, 0);
  const [only, ...others] = use.waiters;
  if (only && others.length === 0) {
    return new Map(cap.machines > taken ? [[placeOf(only), cap.machines - taken]] : []);
  }
  for (let free = cap.machines - taken; free > 0 && only; free--) {
    const next = use.waiters.reduce(
      (best, waiter) => (comesBefore(waiter, best, holds) ? waiter : best),
      only,
    );
    holds.set(next.installationId, (holds.get(next.installationId) ?? 0) + 1);
    shares.set(placeOf(next), (shares.get(placeOf(next)) ?? 0) + 1);
  }
  return shares;
}

function comesBefore(one: Waiter, other: Waiter, holds: ReadonlyMap<InstallationId, number>): boolean {
  const burden = ({ installationId, weight }: Waiter) => ((holds.get(installationId) ?? 0) + 1) / weight;
  const [ofOne, ofOther] = [burden(one), burden(other)];
  if (ofOne !== ofOther) return ofOne < ofOther;
  return one.since < other.since || (one.since === other.since && placeOf(one) < placeOf(other));
}

/** Those who wait, with this one among them. */
export const withWaiter = (use: SharedUse, me: Waiter): SharedUse =>
  use.waiters.some((waiter) => placeOf(waiter) === placeOf(me))
    ? use
    : { ...use, waiters: [...use.waiters, me] };

/** A weight is edited by hand: what is no positive number counts as 1. */
export const weightOf = (tenant: { readonly weight?: number }) =>
  tenant.weight !== undefined && tenant.weight > 0 ? tenant.weight : 1;
