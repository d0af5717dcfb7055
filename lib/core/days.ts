/** Days and months in UTC, as on AWS's bills. */

export const dayMilliseconds = 86_400_000;

/** `2026-11-21`. */
export function dayOf(at: number): string {
  const number = Math.floor(at / dayMilliseconds);
  const known = names.get(number);
  if (known !== undefined) return known;
  const name = new Date(at).toISOString().slice(0, 10);
  if (names.size >= mostNames) names.clear();
  names.set(number, name);
  return name;
}

/** Each plan asks for the same few days again and again, and to write one out takes longer than all else of the question. */
const names = new Map<number, string>();
const mostNames = 1_000;

/** `2026-11`. */
export const monthOf = (at: number): string => dayOf(at).slice(0, 7);

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
