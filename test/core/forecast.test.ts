import { describe, expect, it } from '@jest/globals';
import { forecast } from '../../lib/core/forecast.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';

const days = (count: number) =>
  Array.from({ length: count }, (_, n) => `2026-11-${String(n + 1).padStart(2, '0')}`);

/** Dollars by day. */
const givenSums = (amounts: Readonly<Record<string, number>>) =>
  Object.entries(amounts).flatMap(([day, amount]) => {
    const launchedAt = Date.parse(day);
    const rates = { list: '2026-07-20', compute: amount * 1_000_000 };
    const runner = givenRunner({ launchedAt, startedAt: launchedAt, rates });
    return sumUp([
      usageOf({ runner, reason: 'stood-down', endedAt: launchedAt + 3_600_000, job: undefined }),
    ]);
  });

describe('a forecast', () => {
  it('adds the average of the last seven whole days for each day that is not over', () => {
    const amounts = Object.fromEntries(days(10).map((day, n) => [day, n < 3 ? 100 : 2]));
    expect(forecast(givenSums(amounts), { days: days(11), daysInMonth: 30 })).toEqual({
      total: (300 + 14 + 2 * 20) * 1_000_000,
      days: 7,
    });
  });

  it('counts days on which nothing ran', () => {
    const sums = givenSums({ '2026-11-01': 6 });
    expect(forecast(sums, { days: days(4), daysInMonth: 30 })?.total).toBe((6 + 2 * 27) * 1_000_000);
  });

  it('is never less than what was spent', () => {
    const sums = givenSums({ '2026-11-29': 1, '2026-11-30': 50 });
    expect(forecast(sums, { days: days(30), daysInMonth: 30 })?.total).toBe(51_000_000);
  });

  it('is none on the first day', () => {
    expect(forecast(givenSums({ '2026-11-01': 6 }), { days: days(1), daysInMonth: 30 })).toBeUndefined();
  });
});
