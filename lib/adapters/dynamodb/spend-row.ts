/**
 * What a tenant may spend and has spent, as attributes of its row. The operator writes the caps with commands or with the
 * AWS CLI, in dollars. A value that is no amount of dollars holds the tenant's jobs, with a sentence that says so, and
 * stops nothing else.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
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
import { TierName } from '../../core/ids.ts';
import { rangesOfLives } from '../../core/lives.ts';
import { type Micros, microsFrom } from '../../core/micros.ts';
import type { HeldLeases, LeaseCost, LivesByTier, SpendCaps } from '../../core/spend-counts.ts';
import { type Attributes, flag, number, type Row, text } from './attributes.ts';

/** A million dollars, to the micro-dollar: exact as a JavaScript number, and as a DynamoDB one. */
const amount = /^\d{1,7}(\.\d{1,6})?$/;
const allowed = 'a number (N) of dollars from 0 to 9999999, with at most six decimals';

export const capAttributes = ['spend_cap', 'daily_cap'] as const;
export type CapAttribute = (typeof capAttributes)[number];

/** Dollars as people type them; undefined: not an amount. */
export const microsOf = (dollars: string): Micros | undefined =>
  amount.test(dollars) ? microsFrom(Number(dollars)) : undefined;

export const capValue = (micros: Micros): AttributeValue => number(micros / 1_000_000);

export function capsOfRow({ attributes }: Row): SpendCaps | undefined {
  const { spend_cap: month, daily_cap: day, spend_strict: strict } = attributes;
  if (!month && !day && !strict) return undefined;
  const caps = { month: month && microsOf(month.N ?? ''), day: day && microsOf(day.N ?? '') };
  const faults = [
    ...(month && caps.month === undefined ? [fault('spend_cap', month, allowed)] : []),
    ...(day && caps.day === undefined ? [fault('daily_cap', day, allowed)] : []),
    ...(strict && strict.BOOL === undefined ? [fault('spend_strict', strict, 'a boolean (BOOL)')] : []),
  ];
  return {
    ...(caps.month === undefined ? {} : { month: caps.month }),
    ...(caps.day === undefined ? {} : { day: caps.day }),
    ...(strict?.BOOL === undefined ? {} : { strict: strict.BOOL }),
    ...(faults.length === 0 ? {} : { unreadable: faults.join(' ') }),
  };
}

const fault = (name: string, value: AttributeValue, must: string) =>
  `${name} is ${JSON.stringify(value)}; it must be ${must}.`;

/** For the row of a reinstallation. A cap that is unreadable in the earlier row stays unreadable, so that nothing starts. */
export const capsRow = (caps: SpendCaps | undefined): Attributes => ({
  ...(caps?.unreadable === undefined ? {} : { spend_cap: text('unreadable in the earlier installation') }),
  ...(caps?.month === undefined || caps.unreadable !== undefined ? {} : { spend_cap: capValue(caps.month) }),
  ...(caps?.day === undefined ? {} : { daily_cap: capValue(caps.day) }),
  ...(caps?.strict === undefined ? {} : { spend_strict: flag(caps.strict) }),
});

export const spentOfRow = (row: Row) => amountsOf(row, spentAttribute(''));
export const carriedOfRow = (row: Row) => amountsOf(row, carriedAttribute(''));

export const settledOfRow = (row: Row) => amountsOf(row, settledAttribute(''));

/** By period; undefined: nothing. */
function amountsOf(row: Row, prefix: string): ReadonlyMap<string, Micros> | undefined {
  const names = Object.keys(row.attributes).filter((name) => name.startsWith(prefix));
  const amounts = names.map((name) => [name.slice(prefix.length), row.number(name)] as const);
  return nonEmpty(new Map(amounts.filter(([, micros]) => micros !== 0)));
}

const reservedPattern = new RegExp(`^${reservedAttribute('(\\S{10})')}$`);
const overrunPattern = new RegExp(`^${overrunAttribute('(\\S{10})')}$`);
const sincePattern = new RegExp(`^${sinceAttribute('(\\S{10})', '(.+)')}$`);

/** Including those that are zero: taking leases removes them once their day is past. */
export function heldOfRow(row: Row): HeldLeases | undefined {
  const expected = new Map<string, Micros>();
  const overrun = new Map<string, Micros>();
  const since = new Map<string, Map<TierName, number>>();
  for (const name of Object.keys(row.attributes)) {
    const [, reservedDay] = reservedPattern.exec(name) ?? [];
    if (reservedDay !== undefined) expected.set(reservedDay, row.number(name));
    const [, overrunDay] = overrunPattern.exec(name) ?? [];
    if (overrunDay !== undefined) overrun.set(overrunDay, row.number(name));
    const [, day, tier] = sincePattern.exec(name) ?? [];
    if (day === undefined || tier === undefined) continue;
    since.set(day, (since.get(day) ?? new Map()).set(TierName(tier), row.number(name)));
  }
  if (expected.size + overrun.size + since.size === 0) return undefined;
  return { expected, since, ...(overrun.size === 0 ? {} : { overrun }) };
}

const livesPattern = new RegExp(`^${livesAttribute('(.+)', '')}(\\d+)$`);

export function livesOfRow(row: Row): LivesByTier | undefined {
  const lives = new Map<TierName, number[]>();
  for (const name of Object.keys(row.attributes)) {
    const [, tier, range] = livesPattern.exec(name) ?? [];
    if (tier === undefined) continue;
    const ofTier = lives.get(TierName(tier)) ?? new Array<number>(rangesOfLives).fill(0);
    ofTier[Number(range)] = row.number(name);
    lives.set(TierName(tier), ofTier);
  }
  return nonEmpty(lives);
}

export function livesFadedOfRow(row: Row): ReadonlyMap<TierName, number> | undefined {
  const prefix = fadedAttribute('');
  const names = Object.keys(row.attributes).filter((name) => name.startsWith(prefix));
  return nonEmpty(new Map(names.map((name) => [TierName(name.slice(prefix.length)), row.number(name)])));
}

const nonEmpty = <Known extends ReadonlyMap<unknown, unknown>>(map: Known) =>
  map.size === 0 ? undefined : map;

/** What a lease counts as spent, in the rows of its launch and its machine. */
export const leaseCostRow = (cost: LeaseCost | undefined): Attributes => ({
  ...(cost === undefined ? {} : { expected: number(cost.expected) }),
  ...(cost?.ceiling === undefined ? {} : { ceiling: number(cost.ceiling) }),
  ...(cost?.strict ? { strict: flag(true) } : {}),
  ...(cost?.overrun === undefined ? {} : { overrun: number(cost.overrun) }),
});

export function leaseCostOfRow(row: Row): LeaseCost | undefined {
  const [expected, ceiling] = [row.optionalNumber('expected'), row.optionalNumber('ceiling')];
  if (expected === undefined) return undefined;
  const overrun = row.optionalNumber('overrun');
  return {
    expected,
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(row.optionalFlag('strict') ? { strict: true as const } : {}),
    ...(overrun === undefined ? {} : { overrun }),
  };
}
