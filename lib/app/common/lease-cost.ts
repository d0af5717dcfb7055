/** What a lease of a tenant costs, and what its caps leave room for, as this deployment is configured. */
import type { Deployment } from '../../contract/deployment.ts';
import { believedLives, leaseCost, longestSeconds } from '../../core/spend.ts';
import { type Reserve, spendBound } from '../../core/spend-bound.ts';
import type { LeaseCost } from '../../core/spend-counts.ts';
import { type Held, heldOf } from '../../core/spend-reserve.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { ceilingPerHour, type PricePlace } from '../../core/tier-price.ts';

type Configured = Pick<Deployment, 'region' | 'prices' | 'limits' | 'caps' | 'tiers'>;

export const leaseCostOf = (deployment: Omit<Configured, 'tiers'>, tenant: Tenant, tier: Tier): LeaseCost =>
  leaseCost(tenant, tier, {
    place: placeOf(deployment),
    limits: deployment.limits,
    strict: isStrict(deployment, tenant),
  });

const isStrict = ({ caps }: Pick<Configured, 'caps'>, tenant: Tenant) =>
  tenant.caps?.strict ?? caps.strictSpend ?? false;

const placeOf = ({ region, prices }: Pick<Configured, 'region' | 'prices'>): PricePlace => ({
  region,
  ...(prices ? { prices } : {}),
});

/** @param look.exact for who asks now; absent: for a sentence that is stored */
export const spendRoom = (
  deployment: Configured,
  look: { tenant: Tenant; tier: Tier; now: number; exact?: boolean },
) =>
  spendBound({
    ...look,
    place: placeOf(deployment),
    cost: leaseCostOf(deployment, look.tenant, look.tier),
    ...(isStrict(deployment, look.tenant) ? {} : { reserve: reserveOf(deployment, look) }),
    refuses: deployment.caps.overSpend === 'refuse',
  });

function reserveOf(
  deployment: Configured,
  { tenant, tier, now }: { tenant: Tenant; tier: Tier; now: number },
): Reserve {
  const group = (of: Tier, leases: { machines: number; ageSeconds: number }): Held => ({
    ...leases,
    lives: believedLives(tenant.lives?.get(of.name)),
    unended: tenant.tierLeases.get(of.name) ?? 0,
    ceiling: ceilingPerHour(placeOf(deployment), of) ?? 0,
  });
  const one = { machines: 1, ageSeconds: 0 };
  return {
    heldIn: (period) =>
      [...(tenant.held?.since.keys() ?? [])]
        .filter((day) => day.startsWith(period))
        .flatMap((day) =>
          deployment.tiers.map((of) => group(of, heldOf(tenant.held, { day, tier: of.name, now }))),
        )
        .filter(({ machines }) => machines > 0),
    next: group(tier, one),
    dearest:
      deployment.tiers.map((of) => group(of, one)).toSorted((a, b) => b.ceiling - a.ceiling)[0] ??
      group(tier, one),
    longestSeconds: longestSeconds(deployment.limits),
  };
}
