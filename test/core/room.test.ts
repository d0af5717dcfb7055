import { describe, expect, it } from '@jest/globals';
import { roomFor } from '../../lib/core/room.ts';
import { givenTenant, givenTier, medium, small } from '../support/given.ts';

describe('the room of a tenant in a tier', () => {
  it.each([
    [
      { max: 5, cap: 9, leases: 2, ofTier: 1 },
      { machines: 3, limitedBy: 'tenant' },
    ],
    [
      { max: 9, cap: 5, leases: 2, ofTier: 1 },
      { machines: 4, limitedBy: 'tier' },
    ],
    [
      { max: 5, cap: 4, leases: 2, ofTier: 1 },
      { machines: 3, limitedBy: 'tenant' },
    ],
    [
      { max: 1, cap: 9, leases: 3, ofTier: 3 },
      { machines: 0, limitedBy: 'tenant' },
    ],
  ])('for %j', ({ max, cap, leases, ofTier }, room) => {
    const tierLeases = new Map([[small, ofTier]]);
    const tenant = givenTenant({ tier: medium, maxRunners: max, leases, tierLeases });
    expect(roomFor(tenant, givenTier({ maxRunners: cap }))).toEqual(room);
  });
});
