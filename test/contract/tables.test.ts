/** How long rows are kept that nobody needs any more. */
import { expect, it } from '@jest/globals';
import { rerunKeptSeconds } from '../../lib/app/common/settings.ts';
import { rolledUpDays, tombstoneDays, usageDays, usageSumDays } from '../../lib/contract/tables.ts';

const years = [2026, 2027, 2028];
const months = years.flatMap((year) => Array.from({ length: 12 }, (_, month) => ({ year, month })));
/** The most days of so many months in a row. */
const longest = (count: number) =>
  Math.max(
    ...months.map(({ year, month }) => (Date.UTC(year, month + count) - Date.UTC(year, month)) / 86_400_000),
  );

it('keeps records of machines from the first of a month until the next one ends, and little longer', () => {
  expect(usageDays).toBeGreaterThanOrEqual(longest(2));
  expect(usageDays).toBeLessThan(longest(3));
});

it('sums up days for as long as their records are kept but for two days: none may be missing', () => {
  expect(usageDays - rolledUpDays).toBe(2);
});

it('keeps sums of thirteen complete months besides the running one', () => {
  expect(usageSumDays).toBeGreaterThanOrEqual(longest(14));
  expect(usageSumDays).toBeLessThan(longest(15));
});

it('keeps rows of finished jobs for a week, and as long a rerun of one is not repeated', () => {
  expect(tombstoneDays).toBe(7);
  expect(rerunKeptSeconds).toBe(7 * 86_400);
});
