/** What a lease of a tenant costs, and what its caps leave room for, as this deployment is configured. */
import type { Deployment } from '../../contract/deployment.ts';
import type { TierName } from '../../core/ids.ts';
import { believedLives } from '../../core/lives.ts';
import type { Micros } from '../../core/micros.ts';
import { leaseCost, longestSeconds, mostRounding } from '../../core/spend.ts';
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

/** @param look.exact for a caller that asks now; absent: for a stored sentence */
export const spendRoom = (
  deployment: Configured,
  look: { tenant: Tenant; tier: Tier; now: number; exact?: boolean },
) =>
  spendBound({
    ...look,
    place: placeOf(deployment),
    cost: leaseCostOf(deployment, look.tenant, look.tier),
    ...reserveOf(deployment, look),
    refuses: deployment.caps.overSpend === 'refuse',
  });

/** None under strict caps, unless leases are held that were taken before the caps were strict: each may live longest. */
function reserveOf(
  deployment: Configured,
  { tenant, tier, now }: { tenant: Tenant; tier: Tier; now: number },
): { readonly reserve?: Reserve } {
  const strict = isStrict(deployment, tenant);
  const ceilings = new Map(
    deployment.tiers.map((of) => [of.name, ceilingPerHour(placeOf(deployment), of) ?? 0]),
  );
  // Nobody knows the cost of running machines whose tier was removed, or has no price.
  const most = Math.max(0, ...ceilings.values());
  const rounding = strict ? Math.ceil((mostRounding * 3_600) / longestSeconds(deployment.limits)) : 0;
  const group = (name: TierName, leases: { machines: number; ageSeconds: number }): Held => ({
    ...leases,
    lives: strict ? undefined : believedLives(tenant.lives?.get(name)),
    unended: tenant.tierLeases.get(name) ?? 0,
    ceiling: (ceilings.get(name) || most) + rounding,
  });
  if (strict && countLongest(tenant, (name) => ceilings.get(name) || most, deployment)) return {};
  const one = { machines: 1, ageSeconds: 0 };
  const dearest = deployment.tiers
    .map(({ name }) => group(name, one))
    .toSorted((a, b) => b.ceiling - a.ceiling)[0];
  const reserve = {
    heldIn: (period: string) =>
      [...tenant.tierLeases].flatMap(([name, leases]) => {
        const { known, unknown } = agesOf(tenant.held, { tier: name, leases, period, now });
        const groups = known.map((leases) => group(name, leases));
        return unknown === 0
          ? groups
          : [...groups, { ...group(name, { machines: unknown, ageSeconds: 0 }), lives: undefined }];
      }),
    next: group(tier.name, one),
    dearest: dearest ?? group(tier.name, one),
    longestSeconds: longestSeconds(deployment.limits),
  };
  return { reserve };
}

/** Whether the leases that are held count as the longest life. */
function countLongest(
  { held, tierLeases }: Tenant,
  ceilingOf: (tier: TierName) => Micros,
  { limits }: Configured,
): boolean {
  const hours = longestSeconds(limits) / 3_600;
  const longest = [...tierLeases].map(([name, leases]) => leases * ceilingOf(name) * hours);
  return sumOf(held?.expected.values() ?? []) >= sumOf(longest);
}

const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((sum, one) => sum + one, 0);
