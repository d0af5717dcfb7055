/** The rules for the operator's own price list: of this region, dated, all amounts in whole micro-dollars. */
import type { PriceList } from '../core/price-list.ts';
import type { MayflyConfig } from './config.ts';
import { expect, expectKnownKeys, expectWhole, isRecord, shown, textOf } from './faults.ts';

/** A million dollars. */
const amount = { from: 0, to: 1_000_000_000_000 };

export function priceFaults({ prices, region }: Pick<MayflyConfig, 'prices' | 'region'>): string[] {
  if (prices === undefined) return [];
  if (!isRecord(prices))
    return [`prices is ${shown(prices)}; it must be the file that mayfly prices update writes.`];
  const { date, region: of, onDemand, disk, address } = prices as unknown as PriceList;
  return [
    ...expectKnownKeys('prices', prices, ['date', 'region', 'onDemand', 'disk', 'address']),
    ...expect('prices.date', date, { fits: /^\d{4}-\d\d-\d\d$/.test(textOf(date)), allowed: 'a day' }),
    ...expect('prices.region', of, {
      fits: of === region,
      allowed: `${shown(region)}, the region; run mayfly prices update again`,
    }),
    ...amountFaults('prices.onDemand', onDemand),
    ...amountFaults('prices.disk', disk, ['gigabyte', 'iops', 'throughputMegabyte']),
    ...expectWhole('prices.address', address, amount),
  ];
}

function amountFaults(name: string, amounts: unknown, keys?: readonly string[]): string[] {
  if (!isRecord(amounts))
    return [`${name} is ${shown(amounts)}; it must be an object of prices in micro-dollars.`];
  return [
    ...(keys ? expectKnownKeys(name, amounts, keys) : []),
    ...(keys ?? Object.keys(amounts)).flatMap((key) => expectWhole(`${name}.${key}`, amounts[key], amount)),
  ];
}

/** Keeps only the tiers' types: functions need no others. */
export function checkedPrices({ prices, tiers }: Pick<MayflyConfig, 'prices' | 'tiers'>): {
  prices?: PriceList;
} {
  if (prices === undefined) return {};
  const types = new Set(Object.values(tiers).flatMap(({ instanceTypes }) => instanceTypes));
  const onDemand = Object.entries(prices.onDemand).filter(([type]) => types.has(type));
  return { prices: { ...prices, onDemand: Object.fromEntries(onDemand) } };
}
