import { describe, expect, it } from '@jest/globals';
import { dayMilliseconds } from '../../lib/core/days.ts';
import { fadePeriod, lifeOf, livesFade, rangesOfLives, usualSeconds } from '../../lib/core/lives.ts';
import type { Lives } from '../../lib/core/spend-counts.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenTenant, noon, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const none: Lives = new Array<number>(rangesOfLives).fill(0);
const livesOf = (tenant: Tenant) => tenant.lives?.get(small) ?? none;
const numberOf = (lives: Lives) => lives.reduce((sum, count) => sum + count, 0);

/** As the transaction of a taking does it. */
function taken(tenant: Tenant, now: number): Tenant {
  const fade = livesFade(tenant, small, now);
  if (!fade) return tenant;
  const left = livesOf(tenant).map((count, range) => count - fade.off[range]!);
  return { ...tenant, lives: new Map([[small, left]]), livesFaded: new Map([[small, fade.to]]) };
}

function ended(tenant: Tenant, seconds: number, machines: number): Tenant {
  const range = lifeOf(seconds);
  const lives = livesOf(tenant).map((count, n) => count + (n === range ? machines : 0));
  return { ...tenant, lives: new Map([[small, lives]]) };
}

/** So many machines a day, each of the same life. */
function daysOf(tenant: Tenant, use: { from: number; days: number; seconds: number; machines: number }) {
  let now = tenant;
  for (let day = use.from; day < use.from + use.days; day++)
    now = ended(taken(now, noon + day * dayMilliseconds), use.seconds, use.machines);
  return now;
}

const seconds = fc.integer({ min: 1, max: 40_000 });
const change = fc.record({
  before: seconds,
  after: seconds,
  years: fc.integer({ min: 0, max: 6 }),
  phase: fc.integer({ min: 0, max: 29 }),
  machines: fc.integer({ min: 1, max: 40_000 }),
});

describe('how long machines of a tenant live', () => {
  it('adapts within 150 days, whatever it was for years', () => {
    fc.assert(
      fc.property(change, ({ before, after, years, phase, machines }) => {
        const days = years * 365 + phase + 1;
        const earlier = daysOf(givenTenant(), { from: 0, days, seconds: before, machines });
        const later = daysOf(earlier, { from: days, days: 150, seconds: after, machines });
        const settled = daysOf(givenTenant(), { from: 0, days: 30, seconds: after, machines });
        expect(usualSeconds(livesOf(later))).toBe(usualSeconds(livesOf(settled)));
        // So the numbers stay small, far within DynamoDB's 38 digits.
        expect(numberOf(livesOf(later))).toBeLessThanOrEqual(60 * machines + 20);
      }),
      { numRuns: 30 },
    );
  });

  it('is still known for a tenant with a few jobs a month, and after years without any', () => {
    const few = Array.from({ length: 24 }, (_, month) => month * 30).reduce(
      (tenant, from) => daysOf(tenant, { from, days: 1, seconds: 100, machines: 3 }),
      givenTenant(),
    );
    expect(usualSeconds(livesOf(few))).toBe(120);
    const idle = daysOf(few, { from: 24 * 30 + 1_500, days: 1, seconds: 3_600, machines: 1 });
    expect(usualSeconds(livesOf(idle))).toBe(120);
  });

  it('is halved once in each 30 days, as often as 30 days have passed, and to no fewer than ten', () => {
    const lives = new Map([[small, none.map((_, range) => (range === 1 ? 101 : range === 8 ? 1 : 0))]]);
    const period = fadePeriod(noon);
    const left = (before: number) =>
      livesOf(taken(givenTenant({ lives, livesFaded: new Map([[small, period - before]]) }), noon));
    expect(left(0)).toEqual(lives.get(small));
    expect([left(1)[1], left(1)[8]]).toEqual([50, 0]);
    expect([2, 3, 4, 500].map((before) => left(before)[1])).toEqual([25, 12, 12, 12]);
    // A copy whose clock is behind changes nothing.
    expect(left(-1)).toEqual(lives.get(small));
  });

  it('counts in full until the end of the first 30 days', () => {
    const tenant = taken(ended(givenTenant(), 100, 40), noon);
    expect(livesOf(tenant)[1]).toBe(40);
    expect(tenant.livesFaded?.get(small)).toBe(fadePeriod(noon));
    expect(livesFade(givenTenant(), small, noon)).toBeUndefined();
  });
});
