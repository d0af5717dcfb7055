/**
 * One day's comparison of the records with AWS's bill, stored separately from the records, which it does not change:
 * by tenant and by tier, in each component. Pure arithmetic, in whole micro-dollars.
 */
import { type BilledCost, type Compared, compared, isExplained } from './compare-bill.ts';
import type { InstallationId, TierName } from './ids.ts';
import type { Micros } from './micros.ts';
import { byComponent, type Component, components } from './price.ts';
import type { UsageSum } from './usage-sum.ts';

export type ByComponent = Readonly<Record<Component, Micros>>;

export interface BothSides {
  readonly recorded: ByComponent;
  readonly billed: ByComponent;
}

/** Where the bill was read: Cost Explorer has it by day and tag, an export by machine. */
export type BillSource = 'cost-explorer' | 'export';

export interface ComparedDay {
  readonly day: string;
  readonly source: BillSource;
  /** Without `installationId`: all others together. */
  readonly tenants: readonly (BothSides & { readonly installationId?: InstallationId })[];
  readonly tiers: readonly (BothSides & { readonly tier: TierName })[];
  /** Billed under machines' tags, without a tenant or for something that records do not have. */
  readonly unexplained: Micros;
  /**
   * Both sides without usage that has no recorded price: the alarm uses these. Absent: they are the same as
   * above.
   */
  readonly priced?: Pick<Compared, 'recorded' | 'billed'>;
}

/** So that a day fits into one row of 400 KB; if there are more tenants, the smallest are combined. */
const mostTenantsOfDay = 3_000;

export interface BothBills {
  readonly sums: readonly UsageSum[];
  readonly byTenant: readonly BilledCost[];
  readonly byTier: readonly BilledCost[];
}

/**
 * The days that the bill covers. A day without any machine on it is either not billed yet, or nothing ran.
 * @param priced the same days without machines that have no recorded price
 */
export function comparedDays(
  { sums, byTenant, byTier }: BothBills,
  days: readonly string[],
  source: BillSource,
  priced: readonly Compared[] = [],
): ComparedDay[] {
  const pricedOf = new Map(priced.map((line) => [line.name, line]));
  const found = days.flatMap((day) => {
    const records = sums.filter((sum) => sum.day === day);
    const bill = byTenant.filter((cost) => cost.day === day);
    const explained = bill.filter(isExplained);
    if (total(explained) === 0) return [];
    const tiers = byTier.filter(({ day: of, tier, component }) => of === day && tier && component);
    const tenants = sides(records, explained, ({ installationId }) => installationId).map(([id, both]) => ({
      installationId: id,
      ...both,
    }));
    return [
      {
        ...{ day, source },
        tenants: boundedTenants(tenants),
        tiers: sides(records, tiers, ({ tier }) => tier).map(([tier, both]) => ({ tier, ...both })),
        unexplained: total(bill.filter((cost) => !isExplained(cost))),
      },
    ];
  });
  return found.map((of: ComparedDay) => withPriced(of, pricedOf.get(of.day)));
}

function withPriced(of: ComparedDay, priced: Compared | undefined): ComparedDay {
  if (!priced) return of;
  const { recorded, billed } = lineOfDay(of);
  if (recorded === priced.recorded && billed === priced.billed) return of;
  return { ...of, priced: { recorded: priced.recorded, billed: priced.billed } };
}

/**
 * What is kept when days are compared again. A day from an export stays as it is when Cost Explorer is asked later:
 * an export lists each machine, without credits and taxes.
 */
export function preferred(found: readonly ComparedDay[], kept: readonly ComparedDay[]): ComparedDay[] {
  const exported = new Map(kept.flatMap((day) => (day.source === 'export' ? [[day.day, day] as const] : [])));
  return found.map((day) => (day.source === 'export' ? day : (exported.get(day.day) ?? day)));
}

function sides<Key extends string | number>(
  records: readonly UsageSum[],
  bill: readonly BilledCost[],
  keyOf: (of: UsageSum | BilledCost) => Key | undefined,
): [Key, BothSides][] {
  const recorded = Map.groupBy(records, keyOf);
  const billed = Map.groupBy(bill, keyOf);
  const keys = [...new Set([...recorded.keys(), ...billed.keys()])].filter((key) => key !== undefined);
  return keys.toSorted().map((key) => [
    key,
    {
      recorded: byComponent((component) => add((recorded.get(key) ?? []).map(({ cost }) => cost[component]))),
      billed: byComponent((component) =>
        total((billed.get(key) ?? []).filter((cost) => cost.component === component)),
      ),
    },
  ]);
}

function boundedTenants(tenants: ComparedDay['tenants']): ComparedDay['tenants'] {
  if (tenants.length <= mostTenantsOfDay) return tenants;
  const sorted = tenants.toSorted((one, other) => sumOf(other.billed) - sumOf(one.billed));
  return [...sorted.slice(0, mostTenantsOfDay), togetherOf(sorted.slice(mostTenantsOfDay))];
}

export const togetherOf = (all: readonly BothSides[]): BothSides => ({
  recorded: byComponent((component) => add(all.map(({ recorded }) => recorded[component]))),
  billed: byComponent((component) => add(all.map(({ billed }) => billed[component]))),
});

/** A day as a line of a comparison. */
export function lineOfDay({ day, tenants }: ComparedDay): Compared {
  const { recorded, billed } = togetherOf(tenants);
  return compared(day, sumOf(recorded), sumOf(billed));
}

/** The same without machines that have no recorded price; this decides whether both sides differ. */
export const pricedLineOf = (of: ComparedDay): Compared =>
  of.priced ? compared(of.day, of.priced.recorded, of.priced.billed) : lineOfDay(of);

export const sumOf = (of: ByComponent): Micros => add(components.map((component) => of[component]));

const add = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
const total = (costs: readonly BilledCost[]) => add(costs.map(({ micros }) => micros));
