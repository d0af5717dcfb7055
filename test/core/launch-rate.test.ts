import { describe, expect, it } from '@jest/globals';
import { rateCharge, rateRoom } from '../../lib/core/launch-rate.ts';
import { givenTenant, noon } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { fc } from '../support/properties.ts';

describe('the launch rate', () => {
  it.each([
    { used: undefined, perMinute: 60, room: 60 },
    { used: noon - 1, perMinute: 60, room: 60 },
    { used: noon + 30_000, perMinute: 60, room: 30 },
    { used: noon + 60_000, perMinute: 60, room: 0 },
    { used: noon, perMinute: 1, room: 2 },
  ])(
    'leaves room for $room machines at $perMinute a minute, used until $used',
    ({ used, perMinute, room }) => {
      const tenant = givenTenant({ maxRunners: 2, ...(used === undefined ? {} : { rateUsedUntil: used }) });
      expect(rateRoom(tenant, perMinute, noon)).toBe(room);
    },
  );

  it('is never exceeded by more than one minute’s burst, however launches are made', () => {
    const moment = fc.record({
      after: fc.oneof(fc.nat(2_000), fc.nat(30_000)),
      wanted: fc.integer({ min: 1, max: 40 }),
    });
    const moments = fc.array(moment, { minLength: 1 });
    fc.assert(
      fc.property(moments, (asks) => {
        let tenant = givenTenant({ maxRunners: 1 });
        let now = noon;
        let started = 0;
        for (const { after, wanted } of nonEmpty(asks)) {
          now += after;
          const machines = Math.min(wanted, rateRoom(tenant, 30, now));
          if (machines === 0) continue;
          const { cost, usedAtMost, from } = rateCharge(tenant, { machines, launchesPerMinute: 30, now });
          const used = tenant.rateUsed ?? 0;
          expect(used).toBeLessThanOrEqual(usedAtMost);
          tenant = { ...tenant, rateUsed: used + cost, rateUsedUntil: from + used + cost };
          started += machines;
        }
        expect(started).toBeLessThanOrEqual(30 + (30 * (now - noon)) / 60_000);
      }),
    );
  });

  it('charges a launch its machines’ share of a minute, as far as the minute has room for it', () => {
    const launch = { machines: 3, launchesPerMinute: 60, now: noon };
    const tenant = givenTenant({ rateUsed: 5_000, rateUsedUntil: noon + 20_000 });
    const inUse = { cost: 3_000, usedAtMost: 42_000, from: noon + 15_000 };
    expect(rateCharge(tenant, launch)).toEqual(inUse);
  });

  it('restarts if it is unused, whatever was used before', () => {
    const launch = { machines: 3, launchesPerMinute: 60, now: noon };
    const begun = { cost: 3_000, usedAtMost: 57_000, from: noon, anew: { instead: undefined } };
    expect(rateCharge(givenTenant(), launch)).toEqual(begun);
    const tenant = givenTenant({ rateUsed: 5_000, rateUsedUntil: noon - 20_000 });
    const anew = { cost: 3_000, usedAtMost: 62_000, from: noon - 5_000, anew: { instead: noon - 25_000 } };
    expect(rateCharge(tenant, launch)).toEqual(anew);
  });
});
