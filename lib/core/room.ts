/**
 * How many more machines a tenant may have of a tier: the smaller of what its total and its tier's cap leave.
 * The sets' sizes are the only count of machines there is; `LaunchStore.take` checks them again as it writes.
 */
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export interface Room {
  readonly machines: number;
  /** Which limit is the tighter one; the tenant's own where they are equal. */
  readonly limitedBy: 'tenant' | 'tier';
}

export function roomFor(tenant: Tenant, tier: Tier): Room {
  const inTenant = tenant.maxRunners - tenant.leases.size;
  const inTier = tier.maxRunners - (tenant.tierLeases.get(tier.name)?.size ?? 0);
  return {
    machines: Math.max(0, Math.min(inTenant, inTier)),
    limitedBy: inTenant <= inTier ? 'tenant' : 'tier',
  };
}
