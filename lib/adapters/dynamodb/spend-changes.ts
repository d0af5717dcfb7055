/**
 * How the tenant's item of a transaction counts spending. It changes in the transactions that take leases and give them
 * back, and so exactly once for each: a machine's row ends once, and a launch closes once, however often a write is
 * retried.
 */
import {
  carriedAttribute,
  fadedAttribute,
  livesAttribute,
  overrunAttribute,
  reservedAttribute,
  settledAttribute,
  sinceAttribute,
  spentAttribute,
} from '../../contract/tables.ts';
import { dayOf } from '../../core/days.ts';
import type { TierName } from '../../core/ids.ts';
import type { Launch } from '../../core/launch.ts';
import { livesFade } from '../../core/lives.ts';
import type { Micros } from '../../core/micros.ts';
import type { Runner } from '../../core/runner.ts';
import { pastDays, pastPeriods, periodsOf } from '../../core/spend.ts';
import type { HeldLeases, LeaseCost, Settlement } from '../../core/spend-counts.ts';
import type { Tenant } from '../../core/tenant.ts';
import { type Attributes, flag, number } from './attributes.ts';
import { capValue } from './spend-row.ts';

/** To be added to the rest of the item. */
export interface SpendItem {
  /** Parts of an ADD: `#a :a, #b :b`, one by one. */
  readonly adds: readonly string[];
  /** Parts of a SET. */
  readonly sets: readonly string[];
  /** Parts of a REMOVE: counts that are too old to be read, so that the row stays small. */
  readonly removes: readonly string[];
  readonly conditions: readonly string[];
  readonly values: Attributes;
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Taking: adds the expected cost to the launch's month and day, if each cap, and whether caps are strict, is as read and
 * there is room for it. Room is the cap less what is added, so the cap holds after the write. `asRead`: no lease may have been taken or freed since.
 * What is spent would not show that: a lease that ended below its expected cost makes up for one that was taken.
 */
export function spendTaken(tenant: Tenant, launch: Launch, asRead: boolean): SpendItem {
  const spent = expectedOf(launch);
  const [month, day] = periodsOf(launch.createdAt);
  const caps = [
    { name: 'spend_cap', cap: tenant.caps?.month, period: month, alias: 'spentMonth' },
    { name: 'daily_cap', cap: tenant.caps?.day, period: day, alias: 'spentDay' },
  ];
  const past = pastOf(tenant, launch.createdAt);
  const set = caps.flatMap(({ cap, ...rest }) => (cap === undefined ? [] : [{ cap, ...rest }]));
  const most = (cap: Micros, period: string) => roomIn(tenant, period, cap) - spent;
  const unchanged = leasesUnchanged(tenant);
  const strict = strictUnchanged(tenant);
  const added = spent === 0 ? [] : [...caps.map(({ alias }) => alias), 'reserved'];
  const fade = livesFaded(tenant, launch);
  return {
    adds: [...added.map((alias) => `#${alias} :spent`), '#since :since', ...fade.adds],
    sets: fade.sets,
    removes: past.map((_, n) => `#past${n}`),
    conditions: [
      ...caps.flatMap(({ name, cap, alias }) =>
        cap === undefined
          ? [`attribute_not_exists(#${name})`]
          : [`#${name} = :${name}`, `(attribute_not_exists(#${alias}) OR #${alias} <= :${alias})`],
      ),
      ...(set.length === 0 ? [] : [strict.condition]),
      ...(asRead ? [unchanged.condition] : []),
      ...fade.conditions,
    ],
    values: {
      ':since': number(launch.plannedJobs.length * secondsOf(launch.createdAt)),
      ...(set.length === 0 ? {} : strict.values),
      ...(asRead ? unchanged.values : {}),
      ...fade.values,
      ...(spent === 0 ? {} : { ':spent': number(spent) }),
      ...Object.fromEntries(set.map(({ name, cap }) => [`:${name}`, capValue(cap)])),
      ...Object.fromEntries(set.map(({ cap, period, alias }) => [`:${alias}`, number(most(cap, period))])),
    },
    names: Object.fromEntries([
      ['#since', sinceAttribute(day, launch.tier)],
      ...(spent === 0 ? [] : [['#reserved', reservedAttribute(day)]]),
      ...(spent === 0 ? set : caps).map(({ alias, period }) => [`#${alias}`, spentAttribute(period)]),
      ...past.map((name, n) => [`#past${n}`, name]),
      ...fade.names,
    ]),
  };
}

/** Leases that were planned before the caps became strict count less than strict caps require. */
const strictUnchanged = ({ caps }: Tenant) =>
  caps?.strict === undefined
    ? { condition: 'attribute_not_exists(#spend_strict)', values: {} }
    : { condition: '#spend_strict = :strict', values: { ':strict': flag(caps.strict) } };

/** Only one launch halves them: for another copy that read the same row, the condition fails, and it plans again. */
function livesFaded(tenant: Tenant, { tier, createdAt }: Launch) {
  const fade = livesFade(tenant, tier, createdAt);
  if (!fade) return { adds: [], sets: [], conditions: [], values: {}, names: [] };
  const { from, to, off } = fade;
  const less = [...off.entries()].filter(([, count]) => count > 0);
  return {
    adds: less.map(([range]) => `#life${range} :life${range}`),
    sets: ['#faded = :faded'],
    conditions: [from === undefined ? 'attribute_not_exists(#faded)' : '#faded = :fadedWas'],
    values: {
      ':faded': number(to),
      ...(from === undefined ? {} : { ':fadedWas': number(from) }),
      ...Object.fromEntries(less.map(([range, count]) => [`:life${range}`, number(-count)])),
    },
    names: [
      ['#faded', fadedAttribute(tier)] as const,
      ...less.map(([range]) => [`#life${range}`, livesAttribute(tier, range)] as const),
    ],
  };
}

/** No lease was taken or freed since the tenant was read. Before the first lease the row has no such count. */
export const leasesUnchanged = ({ leaseChanges }: Pick<Tenant, 'leaseChanges'>) => ({
  condition:
    leaseChanges === 0
      ? '(attribute_not_exists(#lease_changes) OR #lease_changes = :leaseChanges)'
      : '#lease_changes = :leaseChanges',
  values: { ':leaseChanges': number(leaseChanges) },
});

const secondsOf = (at: number) => Math.floor(at / 1000);

/** Counts that are not read any more. */
function pastOf({ spent, carried, held, settled }: Tenant, now: number): string[] {
  const since = [...(held?.since ?? [])].flatMap(([day, tiers]) =>
    [...tiers].flatMap(([tier, count]) =>
      pastDays(new Map([[day, count]]), now).map((past) => sinceAttribute(past, tier)),
    ),
  );
  return [
    ...pastPeriods(spent, now).map(spentAttribute),
    ...pastPeriods(carried, now).map(carriedAttribute),
    ...pastPeriods(settled, now).map(settledAttribute),
    ...pastDays(held?.expected, now).map(reservedAttribute),
    ...pastDays(held?.overrun, now).map(overrunAttribute),
    ...since,
  ];
}

export const expectedOf = ({ leaseCost, plannedJobs }: Launch): Micros =>
  (leaseCost?.expected ?? 0) * plannedJobs.length;

/** The spending of earlier installations is final before this one takes its first lease. */
export const roomIn = ({ carried }: Tenant, period: string, cap: Micros): Micros =>
  cap - (carried?.get(period) ?? 0);

/** Giving back: each lease is settled in its own month and day. */
export function spendSettled(
  freed: readonly { readonly tier: TierName; readonly spend?: Settlement }[],
): Pick<SpendItem, 'adds' | 'values' | 'names'> {
  const changes = new Map<string, number>();
  const add = (name: string, change: number) => changes.set(name, (changes.get(name) ?? 0) + change);
  for (const { tier, spend } of freed) {
    if (!spend) continue;
    for (const period of periodsOf(spend.launchedAt)) add(spentAttribute(period), spend.change);
    const day = dayOf(spend.launchedAt);
    add(reservedAttribute(day), -spend.expected);
    add(overrunAttribute(day), -(spend.overrun ?? 0));
    add(sinceAttribute(day, tier), -secondsOf(spend.launchedAt));
    if (spend.life === undefined) continue;
    add(livesAttribute(tier, spend.life), 1);
    add(settledAttribute(day), 1);
  }
  const moved = [...changes].filter(([, change]) => change !== 0);
  return {
    adds: moved.map((_, n) => `#spend${n} :spend${n}`),
    values: Object.fromEntries(moved.map(([, change], n) => [`:spend${n}`, number(change)])),
    names: Object.fromEntries(moved.map(([name], n) => [`#spend${n}`, name])),
  };
}

/**
 * Raises what a held lease counts. A copy that planned with the former count fails its condition, and plans again.
 */
export function spendRaised(
  { launchedAt, leaseCost: before }: Pick<Runner, 'launchedAt' | 'leaseCost'>,
  now: Pick<LeaseCost, 'expected' | 'overrun'>,
) {
  const [month, day] = periodsOf(launchedAt);
  const overrun = now.overrun === undefined ? 0 : now.overrun - (before?.overrun ?? 0);
  return {
    update: `ADD #month :more, #day :more, #reserved :more${overrun === 0 ? '' : ', #overrun :overrun'}, #lease_changes :one`,
    condition: 'attribute_exists(#installation_id)',
    values: {
      ':more': number(now.expected - (before?.expected ?? 0)),
      ':one': number(1),
      ...(overrun === 0 ? {} : { ':overrun': number(overrun) }),
    },
    names: {
      '#month': spentAttribute(month),
      '#day': spentAttribute(day),
      '#reserved': reservedAttribute(day),
      ...(overrun === 0 ? {} : { '#overrun': overrunAttribute(day) }),
    },
  };
}

/** As a SET, for a row that has launched nothing yet. */
export function carriedSet(carried: ReadonlyMap<string, Micros>) {
  const entries = [...carried];
  return {
    sets: entries.map((_, n) => `#carried${n} = :carried${n}`),
    values: Object.fromEntries(entries.map(([, micros], n) => [`:carried${n}`, number(micros)])),
    names: Object.fromEntries(entries.map(([period], n) => [`#carried${n}`, carriedAttribute(period)])),
  };
}

/**
 * Further SETs that correct the row's entries about held leases. Entries without a held lease become 0. The aliases are short:
 * DynamoDB takes expressions of 4 KB, and thirty tiers have 256 entries in a week.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
 */
export function heldSet(read: HeldLeases | undefined, now: HeldLeases | undefined) {
  const entries = [
    ...new Map([...heldNumbers(read).keys()].map((name) => [name, 0] as const)),
    ...heldNumbers(now),
  ];
  const numbers = [...new Map(entries)];
  return {
    sets: numbers.map((_, n) => `, #h${n} = :h${n}`),
    values: Object.fromEntries(numbers.map(([, count], n) => [`:h${n}`, number(count)])),
    names: Object.fromEntries(numbers.map(([name], n) => [`#h${n}`, name])),
  };
}

const heldNumbers = (held: HeldLeases | undefined): ReadonlyMap<string, number> =>
  new Map([
    ...[...(held?.expected ?? [])].map(([day, micros]) => [reservedAttribute(day), micros] as const),
    ...[...(held?.overrun ?? [])].map(([day, micros]) => [overrunAttribute(day), micros] as const),
    ...[...(held?.since ?? [])].flatMap(([day, tiers]) =>
      [...tiers].map(([tier, seconds]) => [sinceAttribute(day, tier), seconds] as const),
    ),
  ]);
