/**
 * The rules for caps: optional limits on what tenants may use. A cap over all tenants is counted in at most 64 rows that
 * every launch writes to; the upper bound keeps those rows below DynamoDB's limit for one item.
 */
import type { Caps } from '../contract/deployment.ts';
import { expectKnownKeys, expectWhole, expectWord, isRecord, shown } from './faults.ts';

export const defaultCaps: Caps = { waitingJobsPerTenant: 1_000, launchesPerMinutePerTenant: 60 };

/** The largest number that has been simulated (test/scale). */
export const mostUnderOneCap = 100_000;

const bounds = {
  machinesInAll: { from: 1, to: mostUnderOneCap },
  waitingJobsPerTenant: { from: 1, to: 10_000 },
  launchesPerMinutePerTenant: { from: 1, to: 10_000 },
} as const satisfies Partial<Record<keyof Caps, { from: number; to: number }>>;

const overSpendWords = ['hold', 'refuse'] as const;

export function capFaults(caps: unknown): string[] {
  if (caps === undefined) return [];
  if (!isRecord(caps)) return [`caps is ${shown(caps)}; it must be an object, or left out.`];
  return [
    ...expectKnownKeys('caps', caps, [...Object.keys(bounds), 'strictSpend', 'overSpend']),
    ...Object.entries(bounds).flatMap(([name, range]) =>
      caps[name] === undefined ? [] : expectWhole(`caps.${name}`, caps[name], range),
    ),
    ...(caps['strictSpend'] === undefined || typeof caps['strictSpend'] === 'boolean'
      ? []
      : [`caps.strictSpend is ${shown(caps['strictSpend'])}; it must be true or false.`]),
    ...(caps['overSpend'] === undefined
      ? []
      : expectWord('caps.overSpend', caps['overSpend'], overSpendWords)),
  ];
}
