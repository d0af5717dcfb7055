/** What a lease of a tenant costs, and what its caps leave room for, as this deployment is configured. */
import type { Deployment } from '../../contract/deployment.ts';
import type { TierName } from '../../core/ids.ts';
import { believedLives } from '../../core/lives.ts';
import { hasCap, leaseCost, longestSeconds, mostRounding } from '../../core/spend.ts';
import { type Reserve, spendBound } from '../../core/spend-bound.ts';
import type { LeaseCost } from '../../core/spend-counts.ts';
import { agesOf, type Held } from '../../core/spend-reserve.ts';
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

/**
 * Undefined: the tenant has no cap, and nothing is computed for it.
 * @param look.exact for a caller that asks now; absent: for a stored reason
 */
export const spendRoom = (
  deployment: Configured,
  look: { tenant: Tenant; tier: Tier; now: number; exact?: boolean },
) =>
  hasCap(look.tenant)
    ? spendBound({
        ...look,
        place: placeOf(deployment),
        cost: leaseCostOf(deployment, look.tenant, look.tier),
        reserve: reserveOf(deployment, look),
        refuses: deployment.caps.overSpend === 'refuse',
      })
    : undefined;

/** Under strict caps each machine may live longest: leases that were taken before may count less. */
function reserveOf(
  deployment: Configured,
  { tenant, tier, now }: { tenant: Tenant; tier: Tier; now: number },
): Reserve {
  const strict = isStrict(deployment, tenant);
  const ceilings = new Map(
    deployment.tiers.map((of) => [of.name, ceilingPerHour(placeOf(deployment), of) ?? 0]),
  );
  // Nobody knows the cost of running machines whose tier was removed, or has no price.
  const most = Math.max(0, ...ceilings.values());
  const ceilingOf = (name: TierName) => ceilings.get(name) || most;
  const longest = longestSeconds(deployment.limits);
  const rounding = strict ? Math.ceil((mostRounding * 3_600) / longest) : 0;
  const group = (name: TierName, leases: { machines: number; ageSeconds: number }): Held => ({
    ...leases,
    lives: strict ? undefined : believedLives(tenant.lives?.get(name)),
    unended: tenant.tierLeases.get(name) ?? 0,
    ceiling: ceilingOf(name) + rounding,
  });
  const agesIn = (period: string) =>
    [...tenant.tierLeases].map(([name, leases]) => ({
      name,
      ...agesOf(tenant.held, { tier: name, leases, period, now }),
    }));
  const one = { machines: 1, ageSeconds: 0 };
  const dearest = deployment.tiers
    .map(({ name }) => group(name, one))
    .toSorted((a, b) => b.ceiling - a.ceiling)[0];
  return {
    heldIn: (period) =>
      agesIn(period).flatMap(({ name, known, unknown }) => {
        const groups = known.map((leases) => group(name, leases));
        return unknown === 0
          ? groups
          : [...groups, { ...group(name, { machines: unknown, ageSeconds: 0 }), lives: undefined }];
      }),
    longestIn: (period) =>
      sumOf(
        agesIn(period).map(({ name, known, unknown }) => {
          const machines = unknown + sumOf(known.map((group) => group.machines));
          return (machines * ceilingOf(name) * longest) / 3_600;
        }),
      ),
    next: group(tier.name, one),
    dearest: dearest ?? group(tier.name, one),
    longestSeconds: longest,
  };
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);
