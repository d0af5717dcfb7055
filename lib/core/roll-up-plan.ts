/**
 * When the sums of a day are made. First when no machine of the day can be alive any more, so that its records are complete,
 * and once again when GitHub cannot deliver late words on its jobs any more. Source, for the three days that GitHub keeps
 * deliveries: https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
 */
import { dayOf } from './days.ts';

const hour = 3_600_000;
const dayMilliseconds = 24 * hour;

/** How far the sums of a day are. */
export interface RollUpProgress {
  /** How often they were made from all records. */
  readonly finished: number;
  /** While they are made: the last tenant whose sums are written. */
  readonly after?: number;
}

interface MachineLimits {
  readonly bootSeconds: number;
  readonly idleSeconds: number;
  readonly jobSeconds: number;
}

/** For what ends a machine later than its deadline: the sweep, and EC2 while it does not answer. */
const lateMilliseconds = 3 * hour;
const redeliveredMilliseconds = 3 * dayMilliseconds;
export const rollUpPasses = 2;

/** When the next making of a day's sums is due, epoch milliseconds; undefined: it was the last one. */
export function rollUpDueAt(day: string, finished: number, limits: MachineLimits): number | undefined {
  if (finished >= rollUpPasses) return undefined;
  const { bootSeconds, idleSeconds, jobSeconds } = limits;
  const over =
    Date.parse(day) + dayMilliseconds + (bootSeconds + idleSeconds + jobSeconds) * 1000 + lateMilliseconds;
  return finished === 0 ? over : over + redeliveredMilliseconds;
}

/** The days before this one, the oldest first. */
export function daysBefore(now: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => dayOf(now - (count - n) * dayMilliseconds));
}
