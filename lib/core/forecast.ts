/** Forecasts a month's cost from its last whole days: pure arithmetic, in whole micro-dollars. */
import type { Micros } from './micros.ts';
import { totalOf } from './price.ts';
import type { UsageSum } from './usage-sum.ts';

export interface Forecast {
  readonly total: Micros;
  /** The whole days that it is based on. */
  readonly days: number;
}

/** A week, so that weekends count as they do in a month. */
const mostDays = 7;

/**
 * @param days of the month that have begun, in order; the last one is not over
 * @returns undefined before a whole day of the month is over
 */
export function forecast(
  sums: readonly UsageSum[],
  { days, daysInMonth }: { days: readonly string[]; daysInMonth: number },
): Forecast | undefined {
  const whole = days.slice(0, -1);
  const recent = whole.slice(-mostDays);
  if (recent.length === 0) return undefined;
  const costOf = (some: readonly string[]) => {
    const wanted = new Set(some);
    return sums.filter(({ day }) => wanted.has(day)).reduce((sum, { cost }) => sum + totalOf(cost), 0);
  };
  const ahead = Math.round((costOf(recent) / recent.length) * (daysInMonth - whole.length));
  // A day that has already cost more than the others counts with its cost so far.
  return { total: costOf(whole) + Math.max(ahead, costOf(days.slice(-1))), days: recent.length };
}
