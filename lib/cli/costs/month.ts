/** A calendar month in UTC, as AWS's bills go by, and which of its days have rows. */
import { usageDays } from '../../contract/tables.ts';
import { UsageError } from '../command.ts';

export interface Month {
  /** `2026-11`. */
  readonly name: string;
  /** Those that have begun, `2026-11-01` first. */
  readonly days: readonly string[];
  /** Its last day is not over yet. */
  readonly isOpen: boolean;
  /** Rows of some of its days are gone. */
  readonly isPartlyGone: boolean;
}

const dayMilliseconds = 86_400_000;

/** @param given `2026-11`; absent: this month. @throws UsageError */
export function monthOf(given: string | boolean | undefined, now: number): Month {
  const name = typeof given === 'string' ? given : new Date(now).toISOString().slice(0, 7);
  const start = /^20\d\d-(?:0[1-9]|1[0-2])$/.test(name) ? Date.parse(`${name}-01T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) {
    throw new UsageError(
      `--month is ${JSON.stringify(name)}; it must be a year and a month, such as 2026-11.`,
    );
  }
  if (start > now) throw new UsageError(`--month is ${name}, which has not begun.`);
  const date = new Date(start);
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  if (end + usageDays * dayMilliseconds <= now) {
    throw new UsageError(
      `--month is ${name}; usage rows are kept for ${usageDays} days, and those of ${name} are gone.`,
    );
  }
  const last = Math.min(end, now + 1);
  const days = Array.from({ length: Math.ceil((last - start) / dayMilliseconds) }, (_, n) =>
    new Date(start + n * dayMilliseconds).toISOString().slice(0, 10),
  );
  return { name, days, isOpen: end > now, isPartlyGone: start + usageDays * dayMilliseconds <= now };
}
