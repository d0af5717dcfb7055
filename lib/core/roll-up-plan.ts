/**
 * When the sums of a day are computed: once no machine of the day can be alive, so that its records are
 * complete, and again once GitHub can no longer deliver late events about its jobs. Source, for the three
 * days that GitHub keeps deliveries:
 * https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
 */
import { dayOf } from './days.ts';

const hour = 3_600_000;
const dayMilliseconds = 24 * hour;

/** The progress of a day's sums. */
export interface RollUpProgress {
  /** How often they were computed from all records, except those of skipped tenants. */
  readonly finished: number;
  /** While they are computed: the last tenant whose sums are written. */
  readonly after?: number;
  /**
   * Skipped tenants, whose sums are missing or outdated because one of their records cannot be read; the
   * longest untried first. While sums are computed: those up to `after`, and those of the previous pass.
   */
  readonly skipped?: readonly number[];
  /** When they were last tried again, epoch milliseconds. */
  readonly triedAt?: number;
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

/** When a day's sums are next due, epoch milliseconds; undefined: they are final. */
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
