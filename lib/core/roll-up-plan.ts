/**
 * When the sums of a day are made: once no machine of the day can be alive, so that its records are complete, and again
 * once GitHub can no longer deliver late events about its jobs. Source, for the three days that GitHub keeps
 * deliveries: https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
 */
import { dayOf } from './days.ts';

const hour = 3_600_000;
const dayMilliseconds = 24 * hour;

/** The progress of a day's sums. */
export interface RollUpProgress {
  /** How often they were made from all records, but for those of tenants that are left. */
  readonly finished: number;
  /** While they are made: the last tenant whose sums are written. */
  readonly after?: number;
  /**
   * Tenants whose sums are missing, or were not made again, since a record of theirs cannot be read; the longest untried first.
   * While sums are made: those up to `after`, and those of the time before.
   */
  readonly left?: readonly number[];
}

interface MachineLimits {
  readonly bootSeconds: number;
  readonly idleSeconds: number;
  readonly jobSeconds: number;
}

/** Margin for machines that end after their deadline: the sweep is late, or EC2 does not answer. */
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
