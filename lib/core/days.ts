/** Days and months in UTC, as on AWS's bills. */

export const dayMilliseconds = 86_400_000;

/** `2026-11-21`. @throws RangeError where it is no time */
export function dayOf(at: number): string {
  const date = dateOf(at);
  return `${yearAndMonth(date)}-${twoDigits(date.getUTCDate())}`;
}

/** `2026-11`. @throws RangeError where it is no time */
export const monthOf = (at: number): string => yearAndMonth(dateOf(at));

/** Both are made for each lease that is taken or counted, and `toISOString` takes four times as long. */
const yearAndMonth = (date: Date) => `${date.getUTCFullYear()}-${twoDigits(date.getUTCMonth() + 1)}`;

const twoDigits = (number: number) => (number < 10 ? `0${number}` : `${number}`);

function dateOf(at: number): Date {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) throw new RangeError(`${at} is no time.`);
  return date;
}

/** The first moment of the next day, epoch milliseconds. */
export function nextDay(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
}

/** The first moment of the next month, epoch milliseconds. */
export function nextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
