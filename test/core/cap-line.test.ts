/** When the cap over all tiers is short, and how a line was before leases were freed. */
import { describe, expect, it } from '@jest/globals';
import { beforeFreed, type CapLine, freeUnder, isShort, sharesIn } from '../../lib/core/cap-line.ts';
import { TierName } from '../../lib/core/ids.ts';
import { medium, small } from '../support/given.ts';
import { holding, useOf, waiter } from '../support/shared-cap.ts';

const former = TierName('former');

/** Tenants 1 and 2 wait for small machines, 3 for a medium one. */
const line = (free: number, rooms: readonly (readonly [TierName, number])[]): CapLine => ({
  cap: { name: 'cell', machines: 5 + free },
  use: useOf([5], [waiter(1), waiter(2), waiter(3, { tier: medium })]),
  rooms: new Map(rooms),
});

describe('the cap over all tiers', () => {
  it.each<[boolean, number, readonly (readonly [TierName, number])[]]>([
    [
      false,
      3,
      [
        [small, 2],
        [medium, 1],
      ],
    ],
    [
      true,
      2,
      [
        [small, 2],
        [medium, 1],
      ],
    ],
    [
      false,
      2,
      [
        [small, 2],
        [medium, 0],
      ],
    ],
    [
      false,
      2,
      [
        [small, 2],
        [medium, -4],
      ],
    ],
    [
      false,
      0,
      [
        [small, 0],
        [medium, 0],
      ],
    ],
    [
      true,
      0,
      [
        [small, 0],
        [medium, 1],
      ],
    ],
    [
      false,
      3,
      [
        [small, 2],
        [medium, 1],
        [former, 9],
      ],
    ],
    // A tier without a cap has room for any number.
    [true, 1_000_000, [[small, 2]]],
  ])('is short: %s, with %i free leases and this room in tiers: %j', (short, free, rooms) => {
    expect(isShort(line(free, rooms))).toBe(short);
  });

  it('has no free lease while more are in use than it allows, since it was made smaller', () => {
    expect([freeUnder(line(2, [])), freeUnder(line(-1, []))]).toEqual([2, 0]);
  });
});

it('before leases were freed, there was less room in all and in their tiers', () => {
  const before = beforeFreed(line(4, [[small, 2]]), [small, medium, small]);
  expect([freeUnder(before), [...before.rooms]]).toEqual([1, [[small, 0]]]);
  expect([...sharesIn(before, holding(0, 0, 0)).keys()]).toEqual(['3/medium']);
});
