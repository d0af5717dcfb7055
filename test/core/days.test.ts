/** Days and months in UTC. */
import { describe, expect, it } from '@jest/globals';
import { dayOf, monthOf } from '../../lib/core/days.ts';
import { fc } from '../support/properties.ts';

const times = fc.integer({ min: Date.UTC(1970), max: Date.UTC(9999, 11, 31, 23, 59) });

describe('a day and a month', () => {
  it('are the beginning of the ISO text of their time', () => {
    fc.assert(
      fc.property(times, (at) => {
        const text = new Date(at).toISOString();
        expect([dayOf(at), monthOf(at)]).toEqual([text.slice(0, 10), text.slice(0, 7)]);
      }),
    );
  });

  it.each([
    [Date.UTC(2026, 0, 1) - 1, '2025-12-31'],
    [Date.UTC(2026, 0, 1), '2026-01-01'],
    [Date.UTC(2028, 1, 29, 23, 59), '2028-02-29'],
    [Date.UTC(2026, 9, 10), '2026-10-10'],
  ])('change at midnight: %d is on %s', (at, day) => {
    expect([dayOf(at), monthOf(at)]).toEqual([day, day.slice(0, 7)]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15])('are refused for %d', (at) => {
    expect(() => dayOf(at)).toThrow(RangeError);
    expect(() => monthOf(at)).toThrow(RangeError);
  });
});
