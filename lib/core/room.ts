/**
 * How many more machines a tenant may have of a tier: the smaller of what its total limit and its tier limit leave.
 * The tenant's counts of leases are all it needs; `LaunchStore.take` checks them again when it writes.
 */
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';
import { tierLimit } from './tier-limit.ts';

export interface Room {
  readonly machines: number;
  /** Which limit is tighter; the tenant's own if they are equal. */
  readonly limitedBy: 'tenant' | 'tier';
}

export function roomFor(tenant: Tenant, tier: Tier): Room {
  const inTenant = tenant.maxRunners - tenant.leases;
  const inTier = tierLimit(tenant, tier) - (tenant.tierLeases.get(tier.name) ?? 0);
  return {
    machines: Math.max(0, Math.min(inTenant, inTier)),
    limitedBy: inTenant <= inTier ? 'tenant' : 'tier',
  };
}
