/** A calendar month in UTC, as on AWS's bills, and which of its days have rows. */
import { usageDays, usageSumDays } from '../../contract/tables.ts';
import { dayMilliseconds, dayOf } from '../../core/days.ts';
import { UsageError } from '../command.ts';

export interface Month {
  /** `2026-11`. */
  readonly name: string;
  /** The days that have begun, `2026-11-01` first. */
  readonly days: readonly string[];
  readonly daysInMonth: number;
  /** Its last day is not over yet. */
  readonly isOpen: boolean;
  /** The rows of some of its days have expired. */
  readonly isPartlyGone: boolean;
}

/** What to read: the records of machines, or the daily sums, which are kept for longer. */
export type Kept = 'records' | 'sums';

const keptDays = { records: usageDays, sums: usageSumDays };

/**
 * @param given `2026-11`; absent: this month
 * @param called the option's name, for errors
 * @throws UsageError
 */
export function monthOf(
  given: string | boolean | undefined,
  now: number,
  kept: Kept,
  called: '--month' | '<month>' = '--month',
): Month {
  const name = typeof given === 'string' ? given : new Date(now).toISOString().slice(0, 7);
  const start = /^20\d\d-(?:0[1-9]|1[0-2])$/.test(name) ? Date.parse(`${name}-01T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) {
    throw new UsageError(
      `${called} is ${JSON.stringify(name)}; it must be a year and a month, such as 2026-11.`,
    );
  }
  if (start > now) throw new UsageError(`${called} is ${name}, which has not begun.`);
  const date = new Date(start);
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  const days = keptDays[kept];
  if (end + days * dayMilliseconds <= now) {
    throw new UsageError(
      `${called} is ${name}; ${kept} of machines are kept for ${days} days, and those of ${name} are gone.`,
    );
  }
  const last = Math.min(end, now + 1);
  const begun = Array.from({ length: Math.ceil((last - start) / dayMilliseconds) }, (_, n) =>
    dayOf(start + n * dayMilliseconds),
  );
  const isPartlyGone = start + days * dayMilliseconds <= now;
  const daysInMonth = Math.round((end - start) / dayMilliseconds);
  return { name, days: begun, daysInMonth, isOpen: end > now, isPartlyGone };
}

/** AWS's bill lags by up to a day, and a day is complete only when it is over. */
const settledAfterDays = 2;

/** The last day that is complete on the bill at this moment. */
export const lastSettledDay = (at: number): string => dayOf(at - settledAfterDays * dayMilliseconds);

/** Whether the records of the day's machines have expired, so that only its sums, if any, remain. */
export const isGone = (day: string, now: number): boolean =>
  Date.parse(day) + usageDays * dayMilliseconds <= now;
