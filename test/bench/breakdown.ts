/**
 * What a job's cost consists of, item by item: each function's time, each statement's units, each kind of log line.
 * Pure arithmetic.
 */
import { billLines, functionTimeDollars, perMillion } from './bill.ts';
import type { Reading } from './meter.ts';
import { logEventOverheadBytes, prices } from './prices.ts';

export interface Item {
  readonly item: string;
  readonly dollars: number;
}

/** For a million jobs, in the groups of the bill, the most expensive first. */
export function itemsOf({ use, unitsByPart, readsByPart, logsByEvent }: Reading, jobs: number): Item[] {
  const split = new Set(['Lambda time', 'DynamoDB writes', 'DynamoDB reads', 'logs']);
  const items: Item[] = [
    ...billLines(use).filter(({ item }) => !split.has(item)),
    ...use.functions.map((each) => ({ item: `time of ${each.name}`, dollars: functionTimeDollars(each) })),
    ...unitsByPart.map(({ part, units }) => ({
      item: `writes: ${part}`,
      dollars: units * prices.dynamoWriteUnit,
    })),
    ...readsByPart.map(({ part, units }) => ({
      item: `reads: ${part}`,
      dollars: units * prices.dynamoReadUnit,
    })),
    ...logsByEvent.map(({ event, lines, bytes }) => ({
      item: `lines: ${event}`,
      dollars: ((bytes + lines * logEventOverheadBytes) / 1e9) * prices.logGigabyte,
    })),
  ];
  return perMillion(items, jobs).sort((one, other) => other.dollars - one.dollars);
}

const title = '$ for a million jobs';

/** The two side by side, as lines of text; items below a cent in both are left out. */
export function renderItems(burst: readonly Item[], singles: readonly Item[]): string[] {
  const ofSingles = new Map(singles.map(({ item, dollars }) => [item, dollars]));
  const known = new Set(burst.map(({ item }) => item));
  const rows = [
    ...burst.map(({ item, dollars }) => ({ item, burst: dollars, single: ofSingles.get(item) ?? 0 })),
    ...singles
      .filter(({ item }) => !known.has(item))
      .map(({ item, dollars }) => ({ item, burst: 0, single: dollars })),
  ].filter(({ burst: one, single }) => one >= 0.005 || single >= 0.005);
  const width = Math.max(title.length, ...rows.map(({ item }) => item.length));
  const cell = (dollars: number) => dollars.toFixed(2).padStart(6);
  return [
    `${title.padEnd(width)}   burst  single`,
    ...rows.map(({ item, burst: one, single }) => `${item.padEnd(width)}  ${cell(one)}  ${cell(single)}`),
  ];
}
