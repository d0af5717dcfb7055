import { describe, expect, it } from '@jest/globals';
import { assertConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { configWith, defaultConfig } from './configurations.ts';

const withRates = (rates: unknown) => configWith({ rates: rates as NonNullable<MayflyConfig['rates']> });

describe("an operator's own rates", () => {
  it('are none by default', () => {
    expect(assertConfig(defaultConfig).deployment).not.toHaveProperty('ownRates');
  });

  it('reach the functions in micro-dollars, with defaults filled in', () => {
    const small = [
      { from: '2026-11-01', perMinute: 0.0083 },
      { from: '2027-01-01', perMinute: 0.01 },
    ];
    expect(assertConfig(withRates({ tiers: { small } })).deployment.ownRates).toEqual({
      tiers: {
        small: [
          { from: '2026-11-01', minute: 8_300 },
          { from: '2027-01-01', minute: 10_000 },
        ],
      },
      roundSeconds: 60,
      freeMinutes: 0,
    });
  });

  it.each([
    ['free', 'rates is "free"; it must be an object'],
    [{}, 'rates.tiers is undefined; it must be an object'],
    [{ tiers: { huge: [] } }, 'rates.tiers has no setting "huge"'],
    [{ tiers: { small: [] } }, 'rates.tiers.small is []; it must be a list like'],
    [
      { tiers: { small: [{ from: 'now', perMinute: 1 }] } },
      'rates.tiers.small[0].from is "now"; it must be a day',
    ],
    [{ tiers: { small: [{ from: '2026-11-01', perMinute: -1 }] } }, 'US dollars from 0 to 100'],
    [{ tiers: { small: [{ from: '2026-11-01', perMinute: '1' }] } }, 'perMinute is "1"; it must be US'],
    [{ tiers: { small: [{ from: '2026-13-01', perMinute: 1 }] } }, 'small[0].from is "2026-13-01"'],
    [{ tiers: { small: [{ from: '2026-11-01T12', perMinute: 1 }] } }, 'small[0].from is "2026-11-01T12"'],
    [{ tiers: { small: [{ from: 'on 2026-11-01', perMinute: 1 }] } }, 'small[0].from is "on 2026-11-01"'],
    [{ tiers: { small: [null] } }, 'rates.tiers.small[0] is null; it must have from and perMinute'],
    [
      { tiers: { small: ['2026-12-01', '2026-12-01'].map((from) => ({ from, perMinute: 1 })) } },
      'in the order of the days, each day once',
    ],
    [{ tiers: {}, roundSeconds: 0 }, 'rates.roundSeconds is 0'],
    [{ tiers: {}, freeMinutes: -1 }, 'rates.freeMinutes is -1'],
    [{ tiers: {}, currency: 'EUR' }, 'rates has no setting "currency"'],
  ])('cannot be %j', (rates, message) => {
    expect(() => assertConfig(withRates(rates))).toThrow(message);
  });
});
