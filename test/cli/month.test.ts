import { describe, expect, it } from '@jest/globals';
import { isGone, lastSettledDay, monthOf } from '../../lib/cli/costs/month.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

describe('the month of a report', () => {
  it('is this one, up to today, by default', () => {
    const month = monthOf(undefined, now, 'records');
    expect(month).toMatchObject({ name: '2026-11', isOpen: true, isPartlyGone: false });
    expect([month.days.length, month.days[0], month.days.at(-1)]).toEqual([21, '2026-11-01', '2026-11-21']);
  });

  it('includes its first day from its first moment', () => {
    expect(monthOf(undefined, Date.parse('2026-11-01T00:00:00Z'), 'records').days).toEqual(['2026-11-01']);
  });

  it.each([
    ['2026-10', 31, '2026-10-31', false],
    ['2026-09', 30, '2026-09-30', true],
  ])('%s has %i days, the last one %s; some gone: %s', (name, count, last, isPartlyGone) => {
    const month = monthOf(name, now, 'records');
    expect(month).toMatchObject({ isOpen: false, isPartlyGone });
    expect([month.days.length, month.days.at(-1)]).toEqual([count, last]);
  });

  it.each([
    ['2026-13', 'it must be a year and a month, such as 2026-11'],
    ['November', 'it must be a year and a month'],
    ['2026-12', 'which has not begun'],
    ['2026-08', 'records of machines are kept for 62 days, and those of 2026-08 are gone'],
  ])('is not %s: %s', (name, message) => {
    expect(() => monthOf(name, now, 'records')).toThrow(message);
  });

  it('may be one of the last thirteen if sums are enough, and none before', () => {
    expect(monthOf('2025-10', now, 'sums')).toMatchObject({ name: '2025-10', isPartlyGone: false });
    expect(() => monthOf('2025-08', now, 'sums')).toThrow('sums of machines are kept for 430 days');
  });

  it.each(['2026-13', '2027-01', '2025-08'])("%s is reported under the command's name for it", (name) => {
    expect(() => monthOf(name, now, 'sums', '<month>')).toThrow(/^<month> is /);
    expect(() => monthOf(name, now, 'sums')).toThrow(/^--month is /);
  });

  it('has days that are complete on the bill: up to the day before yesterday', () => {
    const days = ['2026-11-24T00:00:00Z', '2026-11-24T23:59:59Z'].map((at) => lastSettledDay(Date.parse(at)));
    expect(days).toEqual(['2026-11-22', '2026-11-22']);
  });

  it('has days of which only sums are left', () => {
    expect([isGone('2026-09-20', now), isGone('2026-09-21', now)]).toEqual([true, false]);
  });
});
