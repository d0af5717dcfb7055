/** What a lease of a tenant costs, and what its caps leave room for, as this deployment is configured. */
import type { Deployment } from '../../contract/deployment.ts';
import { leaseCost } from '../../core/spend.ts';
import { spendBound } from '../../core/spend-bound.ts';
import type { LeaseCost } from '../../core/spend-counts.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { PricePlace } from '../../core/tier-price.ts';

type Configured = Pick<Deployment, 'region' | 'prices' | 'limits' | 'caps'>;

export const leaseCostOf = (deployment: Configured, tenant: Tenant, tier: Tier): LeaseCost =>
  leaseCost(tenant, tier, {
    place: placeOf(deployment),
    limits: deployment.limits,
    strict: deployment.caps.strictSpend ?? false,
  });

const placeOf = ({ region, prices }: Configured): PricePlace => ({ region, ...(prices ? { prices } : {}) });

/** @param look.exact for who asks now; absent: for a sentence that is stored */
export const spendRoom = (
  deployment: Configured,
  look: { tenant: Tenant; tier: Tier; now: number; exact?: boolean },
) =>
  spendBound({
    ...look,
    place: placeOf(deployment),
    cost: leaseCostOf(deployment, look.tenant, look.tier),
    refuses: deployment.caps.overSpend === 'refuse',
  });
