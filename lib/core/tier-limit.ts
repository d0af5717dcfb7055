/**
 * How many live machines of one tier a tenant may have; its `max_runners` over all tiers applies as well. A limit that
 * the operator set for this tenant and tier comes first. Otherwise the tier's own `maxRunners` applies, and a greater
 * `max_runners` counts in the tiers that the tenant's plan includes: raising plan and `max_runners` raises what the
 * tenant gets. Tiers larger than the plan keep their own limit, because they cost more.
 */
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export function tierLimit(tenant: Pick<Tenant, 'tier' | 'maxRunners' | 'tierLimits'>, tier: Tier): number {
  const own = tenant.tierLimits?.get(tier.name);
  if (own !== undefined) return own;
  return isIncluded(tenant, tier) ? Math.max(tier.maxRunners, tenant.maxRunners) : tier.maxRunners;
}

const isIncluded = (tenant: Pick<Tenant, 'tier'>, { name, includedIn = [] }: Tier) =>
  name === tenant.tier || includedIn.includes(tenant.tier);
