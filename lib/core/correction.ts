/**
 * What machines cost after the comparison with AWS's bill. On compared days, a tenant's machines add up to
 * what AWS billed for it; on the others, each component is corrected by the difference found in the same
 * tier. The records stay as they are.
 */
import { type ByComponent, type ComparedDay, sumOf, togetherOf } from './compared-day.ts';
import type { Micros } from './micros.ts';
import { byComponent, type Component, components } from './price.ts';
import type { UsageSum } from './usage-sum.ts';

export interface Correction {
  /** Those that were compared. */
  readonly days: readonly string[];
  costOf(sum: Pick<UsageSum, 'day' | 'installationId' | 'tier' | 'cost'>): Micros;
  /**
   * By how much days without a comparison may be off, as a share of their sum, nineteen times in twenty.
   * Estimated from the compared days, on each of which a tenant was off by its own amount. Absent: too few
   * compared days.
   */
  readonly uncertainty?: number;
}

/** Billed for each recorded micro-dollar, by component. */
type Ratios = Readonly<Record<Component, number | undefined>>;

/** @param compared in any order; usually of one month */
export function correctionBy(compared: readonly ComparedDay[]): Correction {
  const settled = new Set(compared.map(({ day }) => day));
  const tenants = pooled(
    compared.flatMap((day) => day.tenants.map((of) => [of.installationId, of] as const)),
  );
  const tiers = pooled(compared.flatMap((day) => day.tiers.map((of) => [of.tier, of] as const)));
  const all = ratiosOf(togetherOf(compared.flatMap(({ tenants: of }) => of)));
  const uncertainty = uncertaintyOf(compared);
  return {
    days: [...settled].toSorted(),
    costOf({ day, installationId, tier, cost }) {
      const own = settled.has(day)
        ? (tenants.get(installationId) ?? tenants.get(undefined))
        : tiers.get(tier);
      return Math.round(
        components.reduce(
          (sum, component) => sum + cost[component] * (own?.[component] ?? all[component] ?? 1),
          0,
        ),
      );
    },
    ...(uncertainty === undefined ? {} : { uncertainty }),
  };
}

function pooled<Key>(entries: readonly (readonly [Key, { recorded: ByComponent; billed: ByComponent }])[]) {
  const groups = Map.groupBy(entries, ([key]) => key);
  return new Map(
    [...groups].map(([key, group]) => [key, ratiosOf(togetherOf(group.map(([, both]) => both)))] as const),
  );
}

/** A component that is billed but not recorded is spread over the recorded ones. */
function ratiosOf({ recorded, billed }: { recorded: ByComponent; billed: ByComponent }): Ratios {
  const without = components.filter((component) => recorded[component] === 0);
  const left = without.reduce((sum, component) => sum + billed[component], 0);
  const known = sumOf(recorded);
  const share = known === 0 ? 0 : left / known;
  const ratio = (component: Component) =>
    recorded[component] === 0 ? undefined : billed[component] / recorded[component] + share;
  return byComponent(ratio);
}

/** Fewer days of tenants than this say nothing about the uncertainty. */
const fewestClusters = 5;

/** The cluster-robust error of a ratio. A cluster is one tenant's day: machines of one tenant are not independent. */
function uncertaintyOf(compared: readonly ComparedDay[]): number | undefined {
  const clusters = compared.flatMap(({ tenants }) => tenants).filter(({ recorded }) => sumOf(recorded) > 0);
  const count = clusters.length;
  if (count < fewestClusters) return undefined;
  const ratios = ratiosOf(togetherOf(clusters));
  const billed = clusters.reduce((sum, of) => sum + sumOf(of.billed), 0);
  if (billed === 0) return undefined;
  const squares = clusters.reduce((sum, of) => {
    const expected = components.reduce((all, one) => all + of.recorded[one] * (ratios[one] ?? 0), 0);
    return sum + (sumOf(of.billed) - expected) ** 2;
  }, 0);
  const error = Math.sqrt((squares * count) / (count - 1)) / billed;
  return error * quantile(count - 1);
}

/** Student's t at 97.5%; within 0.01 from four degrees of freedom on. */
const quantile = (degrees: number) => 1.96 + 2.37 / degrees + 2.82 / degrees ** 2 + 2.5 / degrees ** 3;
