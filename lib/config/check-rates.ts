/** The rules for the operator's own rates: of existing tiers, in dollars, each valid from a day on. */
import { microsFrom } from '../core/micros.ts';
import type { OwnRates } from '../core/own-rates.ts';
import type { MayflyConfig } from './config.ts';
import { expect, expectKnownKeys, expectWhole, isRecord, shown, textOf } from './faults.ts';
import type { RatesConfig } from './rates-config.ts';

export function rateFaults({ rates, tiers }: Pick<MayflyConfig, 'rates' | 'tiers'>): string[] {
  if (rates === undefined) return [];
  if (!isRecord(rates)) return [`rates is ${shown(rates)}; it must be an object, or left out.`];
  const { tiers: byTier, roundSeconds = 60, freeMinutes = 0 } = rates as unknown as RatesConfig;
  const faults = [
    ...expectKnownKeys('rates', rates, ['tiers', 'roundSeconds', 'freeMinutes']),
    ...expectWhole('rates.roundSeconds', roundSeconds, { from: 1, to: 3600 }),
    ...expectWhole('rates.freeMinutes', freeMinutes, { from: 0, to: 10_000_000 }),
  ];
  if (!isRecord(byTier)) return [...faults, `rates.tiers is ${shown(byTier)}; it must be an object.`];
  return [
    ...faults,
    ...expectKnownKeys('rates.tiers', byTier, Object.keys(isRecord(tiers) ? tiers : {})),
    ...Object.entries(byTier).flatMap(([tier, dated]) => datedFaults(`rates.tiers.${tier}`, dated)),
  ];
}

function datedFaults(name: string, dated: unknown): string[] {
  if (!Array.isArray(dated) || dated.length === 0)
    return [`${name} is ${shown(dated)}; it must be a list like [{ from: '2026-12-01', perMinute: 0.01 }].`];
  const days = dated.map((rate: { from?: unknown }) => rate?.from);
  const areInOrder = days.every((day, n) => n === 0 || textOf(days[n - 1]) < textOf(day));
  return [
    ...dated.flatMap((rate: unknown, n) => oneFaults(`${name}[${n}]`, rate)),
    ...expect(name, days, { fits: areInOrder, allowed: 'in the order of the days, each day once' }),
  ];
}

function oneFaults(name: string, rate: unknown): string[] {
  if (!isRecord(rate)) return [`${name} is ${shown(rate)}; it must have from and perMinute.`];
  const { from, perMinute } = rate;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(textOf(from)) && !Number.isNaN(Date.parse(textOf(from)));
  const isPrice = typeof perMinute === 'number' && perMinute >= 0 && perMinute <= 100;
  return [
    ...expectKnownKeys(name, rate, ['from', 'perMinute']),
    ...expect(`${name}.from`, from, { fits: isDay, allowed: 'a day such as 2026-12-01' }),
    ...expect(`${name}.perMinute`, perMinute, { fits: isPrice, allowed: 'US dollars from 0 to 100' }),
  ];
}

export function checkedRates({ rates }: Pick<MayflyConfig, 'rates'>): { ownRates?: OwnRates } {
  if (rates === undefined) return {};
  const tiers = Object.fromEntries(
    Object.entries(rates.tiers).map(([tier, dated]) => [
      tier,
      dated.map(({ from, perMinute }) => ({ from, minute: microsFrom(perMinute) })),
    ]),
  );
  const { roundSeconds = 60, freeMinutes = 0 } = rates;
  return { ownRates: { tiers, roundSeconds, freeMinutes } };
}
