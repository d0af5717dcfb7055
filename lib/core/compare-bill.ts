/**
 * Compares the records with AWS's bill, by day, tenant and component: how much they differ, and what would
 * have to be added to the records' sums to match the bill. Pure arithmetic, in whole micro-dollars; neither
 * side is changed.
 */
import type { InstallationId, TierName } from './ids.ts';
import type { Micros } from './micros.ts';
import { type Component, components } from './price.ts';
import type { UsageSum } from './usage-sum.ts';

/** Of one tenant and day, as AWS bills it. */
export interface BilledCost {
  readonly day: string;
  /** Absent: the bill names no tenant. */
  readonly installationId?: InstallationId;
  /** Present if the bill was queried by tier. */
  readonly tier?: TierName;
  /** Absent: something that records do not have, such as data transfer. */
  readonly component?: Component;
  readonly micros: Micros;
}

export interface Compared {
  readonly name: string;
  readonly recorded: Micros;
  readonly billed: Micros;
  /** Billed divided by recorded; absent: nothing is recorded. */
  readonly ratio?: number;
}

export interface Comparison {
  readonly days: readonly Compared[];
  readonly tenants: readonly (Compared & { readonly installationId: InstallationId })[];
  readonly components: readonly (Compared & { readonly name: Component })[];
  readonly total: Compared;
  /** Billed under the machines' tags, but without a tenant, or for something that records do not have. */
  readonly unexplained: Micros;
  /**
   * How many of the last days in a row differ by more than the limit; days on which nothing ran are
   * skipped.
   */
  readonly daysApart: number;
}

/** By how much a day may differ. */
export const mostApart = 0.03;
/**
 * This many differing days in a row are worth an alarm: a single one may be a machine that ran past
 * midnight.
 */
export const daysApartForAlarm = 3;

/**
 * @param days those that both sides cover completely, in order
 * @param earlier days of the month before, as they were compared: differing days may span two months
 */
export function compareBill(
  { sums, bill }: { sums: readonly UsageSum[]; bill: readonly BilledCost[] },
  days: readonly string[],
  earlier: readonly Compared[] = [],
): Comparison {
  const wanted = new Set(days);
  const recorded = sums
    .filter(({ day }) => wanted.has(day))
    .flatMap(({ day, installationId, cost }) =>
      components.map((component) => ({ day, installationId, component, micros: cost[component] })),
    );
  const ofDays = bill.filter(({ day }) => wanted.has(day));
  const billed = ofDays.filter(isExplained);
  const both = (name: string, has: (cost: BilledCost) => boolean) =>
    compared(name, total(recorded.filter(has)), total(billed.filter(has)));
  const tenants = [...new Set([...recorded, ...billed].map(({ installationId }) => installationId!))];
  const byDay = days.map((day) => both(day, (cost) => cost.day === day));
  return {
    days: byDay,
    tenants: tenants
      .toSorted((one, other) => one - other)
      .map((installationId) => ({
        ...both(String(installationId), (cost) => cost.installationId === installationId),
        installationId,
      })),
    components: components.map((component) => ({
      ...both(component, (cost) => cost.component === component),
      name: component,
    })),
    total: both('total', () => true),
    unexplained: total(ofDays.filter((cost) => !isExplained(cost))),
    daysApart: daysApartAtEnd([...earlier, ...byDay]),
  };
}

/** How many of the last days differ by more than the limit; days on which nothing ran are skipped. */
export function daysApartAtEnd(days: readonly Compared[]): number {
  const used = days.filter(({ recorded, billed }) => recorded !== 0 || billed !== 0);
  return used.length - 1 - used.findLastIndex((day) => !isApart(day));
}

/**
 * Days on which the records lack a price that the bill has, in order: they differ for that reason. In the
 * operator's own subnets, addresses may lack one on every day; `withoutUnpricedAddresses` leaves those out.
 */
export const daysWithoutPrice = (sums: readonly UsageSum[]): string[] =>
  [
    ...new Set(
      sums.filter(({ unpriced: { compute = 0, disk = 0 } }) => compute + disk > 0).map(({ day }) => day),
    ),
  ].toSorted();

export interface LeftOutOfDay {
  readonly day: string;
  readonly component: Component;
}

/** Both sides without the addresses of days on which the address of some machine has no price. */
export function withoutUnpricedAddresses(sums: readonly UsageSum[], bill: readonly BilledCost[]) {
  const days = new Set(sums.flatMap(({ day, unpriced: { address = 0 } }) => (address > 0 ? [day] : [])));
  const isKept = ({ day, component }: BilledCost) => component !== 'address' || !days.has(day);
  return {
    sums: sums.map((sum) => (days.has(sum.day) ? { ...sum, cost: { ...sum.cost, address: 0 } } : sum)),
    bill: bill.filter(isKept),
    leftOut: [...days].toSorted().map((day): LeftOutOfDay => ({ day, component: 'address' })),
  };
}

export const isExplained = ({ installationId, component }: BilledCost) =>
  installationId !== undefined && component !== undefined;

const isApart = ({ billed, ratio }: Compared) =>
  ratio === undefined ? billed !== 0 : Math.abs(ratio - 1) > mostApart;

export const compared = (name: string, recorded: Micros, billed: Micros): Compared => ({
  ...{ name, recorded, billed },
  ...(recorded === 0 ? {} : { ratio: billed / recorded }),
});

const total = (costs: readonly BilledCost[]) => costs.reduce((sum, { micros }) => sum + micros, 0);

/**
 * What a line of the bill is for, by AWS's usage type, which begins with the region outside us-east-1:
 * `EUW1-SpotUsage:m5.large`.
 */
export function componentOf(usageType: string): Component | undefined {
  if (/(^|-)(BoxUsage|SpotUsage)(:|$)/.test(usageType)) return 'compute';
  if (/(^|-)CPUCredits:/.test(usageType)) return 'surplus';
  if (/(^|-)EBS:Volume/.test(usageType)) return 'disk';
  if (/(^|-)PublicIPv4:/.test(usageType)) return 'address';
  return undefined;
}
