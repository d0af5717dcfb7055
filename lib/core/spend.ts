/**
 * What a tenant has spent, as its row counts it: by day and by month of the launch (UTC), in whole
 * micro-dollars. A lease adds its machine's expected cost when it is taken, and is settled with the actual
 * cost when it goes back, in the same transactions as the leases themselves. So a count is always the cost
 * of the machines that have ended, plus the expected cost of those that have not.
 */
import { dayMilliseconds, dayOf, monthOf } from './days.ts';
import { lifeOf, usualSeconds } from './lives.ts';
import type { Micros } from './micros.ts';
import { components, totalOf } from './price.ts';
import type { LeaseCost, Settlement } from './spend-counts.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';
import { addressPerHour, ceilingPerHour, type PricePlace } from './tier-price.ts';
import type { UsageRecord } from './usage.ts';

/** The counts in which a lease counts: its month and its day. */
export const periodsOf = (launchedAt: number) => [monthOf(launchedAt), dayOf(launchedAt)] as const;

export const hasCap = ({ caps }: Tenant): boolean =>
  caps !== undefined && (caps.month !== undefined || caps.day !== undefined || caps.unreadable !== undefined);

/** Includes what earlier installations of the account spent. */
export const spentIn = ({ spent, carried }: Tenant, period: string): Micros =>
  (spent?.get(period) ?? 0) + (carried?.get(period) ?? 0);

/** Counts of months before the last one and of days before yesterday, which are not read any more. */
export function pastPeriods(counts: ReadonlyMap<string, Micros> | undefined, now: number): string[] {
  const yesterday = dayOf(now - dayMilliseconds);
  const lastMonth = monthOf(Date.parse(`${monthOf(now)}-01T00:00:00Z`) - dayMilliseconds);
  return [...(counts?.keys() ?? [])].filter(
    (period) => period < (period.length === yesterday.length ? yesterday : lastMonth),
  );
}

/** The same for held leases, whose entries are removed once they are zero: no machine lives for a week. */
export function pastDays(counts: ReadonlyMap<string, number> | undefined, now: number): string[] {
  const [yesterday, weekAgo] = [dayOf(now - dayMilliseconds), dayOf(now - 7 * dayMilliseconds)];
  return [...(counts ?? [])].flatMap(([day, count]) =>
    day < weekAgo || (count === 0 && day < yesterday) ? [day] : [],
  );
}

export interface Expecting {
  readonly place: PricePlace;
  readonly limits: {
    readonly bootSeconds: number;
    readonly idleSeconds: number;
    readonly jobSeconds: number;
  };
  readonly strict: boolean;
}

/** From a machine's last deadline to its end: the sweep runs each minute, and may have much to do. */
const endSeconds = 180;

/** The longest life that the limits allow. */
export const longestSeconds = ({ bootSeconds, idleSeconds, jobSeconds }: Expecting['limits']): number =>
  bootSeconds + idleSeconds + jobSeconds + endSeconds;

/** After so long a machine powers itself off, whatever hangs: half an hour after the limits should have ended it. */
export const watchdogSeconds = ({ bootSeconds, idleSeconds, jobSeconds }: Expecting['limits']): number =>
  bootSeconds + idleSeconds + jobSeconds + 1_800;

/** The expected cost of a machine that is launched now. */
export function leaseCost(tenant: Tenant, tier: Tier, { place, limits, strict }: Expecting): LeaseCost {
  const ceiling = ceilingPerHour(place, tier);
  if (ceiling === undefined) return { expected: 0 };
  const longest = longestSeconds(limits);
  const isStrict = tenant.caps?.strict ?? strict;
  const usual = isStrict ? undefined : usualSeconds(tenant.lives?.get(tier.name));
  const expected = costOf(ceiling, Math.min(longest, usual ?? longest));
  return { expected, ceiling, ...(isStrict ? { strict: true } : {}) };
}

/**
 * How far ahead the cost of an overdue machine is counted, and in which steps; the sweep runs each minute.
 */
const [aheadSeconds, stepSeconds] = [600, 900];

/**
 * What a lease must count if its machine was not ended at its deadline, or if the deadline was extended:
 * what the machine may have cost some minutes later. Undefined: the lease counts enough.
 */
export function overrunCost(
  { launchedAt, leaseCost: cost }: { readonly launchedAt: number; readonly leaseCost?: LeaseCost },
  { until, limits }: { readonly until: number; readonly limits: Expecting['limits'] },
): LeaseCost | undefined {
  if (cost?.ceiling === undefined) return undefined;
  const seconds = (until - launchedAt) / 1000 + endSeconds;
  // Machines often outlive the usual life, so that alone causes no write.
  if (!cost.strict && seconds <= longestSeconds(limits)) return undefined;
  if (costOf(cost.ceiling, seconds) <= cost.expected) return undefined;
  const expected = costOf(cost.ceiling, Math.ceil((seconds + aheadSeconds) / stepSeconds) * stepSeconds);
  const overrun = Math.max(0, expected - costOf(cost.ceiling, longestSeconds(limits)));
  return { ...cost, expected, ...(overrun === 0 ? {} : { overrun }) };
}

/** What rounding may add to the cost of a machine. */
export const mostRounding: Micros = components.length + 1;

/** Each component is rounded by itself. */
const costOf = (ceiling: Micros, seconds: number): Micros =>
  Math.ceil((ceiling * seconds) / 3_600) + components.length;

/**
 * The amount that counts for an ended machine: the cost in its record. If a component has no price, the
 * most that the machine may have cost, never 0. In the operator's own subnets it is assumed to have had an
 * address.
 */
export function countedCost(record: UsageRecord, ceiling: Micros | undefined): Micros {
  const priced = totalOf(record.cost);
  if (record.unpriced.length === 0 || ceiling === undefined) return priced;
  const seconds = livedSeconds(record);
  const most = Math.max(priced, costOf(ceiling, seconds));
  const isAddressAlone = record.unpriced.every((component) => component === 'address');
  return isAddressAlone ? Math.min(most, priced + Math.ceil((addressPerHour * seconds) / 3_600)) : most;
}

const livedSeconds = ({ startedAt, endedAt }: UsageRecord) => Math.max(0, (endedAt - startedAt) / 1000);

export function settlementOf(
  lease: { readonly launchedAt: number; readonly leaseCost?: LeaseCost },
  record: UsageRecord,
): Settlement {
  const { launchedAt, leaseCost: cost } = lease;
  const change = countedCost(record, cost?.ceiling) - (cost?.expected ?? 0);
  const overrun = cost?.overrun === undefined ? {} : { overrun: cost.overrun };
  const life = lifeOf(livedSeconds(record));
  return { launchedAt, change, expected: cost?.expected ?? 0, life, ...overrun };
}

/** For a lease whose machine never started. */
export const unspent = (lease: {
  readonly createdAt: number;
  readonly leaseCost?: LeaseCost;
}): Settlement => ({
  launchedAt: lease.createdAt,
  change: -(lease.leaseCost?.expected ?? 0),
  expected: lease.leaseCost?.expected ?? 0,
});
