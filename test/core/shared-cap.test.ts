import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InstallationId } from '../../lib/core/ids.ts';
import { placeOf, sharedCaps, sharesOf, type Waiter, weightOf } from '../../lib/core/shared-cap.ts';
import { givenLeases, givenTier, small } from '../support/given.ts';

const waiter = (n: number, over: Partial<Waiter> = {}): Waiter => ({
  installationId: InstallationId(n),
  tier: small,
  weight: 1,
  since: n,
  ...over,
});
const holding = (...held: number[]) =>
  new Map(held.map((count, n) => [InstallationId(n + 1), givenLeases(count, `launch-${n}`)]));
const cap = (machines: number) => ({ name: 'tier/small', machines });

describe('sharedCaps', () => {
  it('are none where none is configured, and the tier’s own before that of the cell', () => {
    expect(sharedCaps(givenTier(), undefined)).toEqual([]);
    expect(sharedCaps(givenTier({ capOverAllTenants: 5 }), 9).map(({ name }) => name)).toEqual([
      'tier/small',
      'cell',
    ]);
  });
});

describe('sharesOf', () => {
  it.each([
    {
      case: 'who holds less',
      held: [3, 1],
      waiters: [waiter(1), waiter(2)],
      free: 1,
      gets: { '2/small': 1 },
    },
    {
      case: 'who waits longer',
      held: [1, 1],
      waiters: [waiter(1, { since: 9 }), waiter(2)],
      free: 1,
      gets: { '2/small': 1 },
    },
    {
      case: 'who weighs more',
      held: [2, 2],
      waiters: [waiter(1), waiter(2, { weight: 2 })],
      free: 1,
      gets: { '2/small': 1 },
    },
    {
      case: 'both',
      held: [0, 0],
      waiters: [waiter(1), waiter(2)],
      free: 4,
      gets: { '1/small': 2, '2/small': 2 },
    },
    { case: 'the only one', held: [5, 0], waiters: [waiter(1)], free: 3, gets: { '1/small': 3 } },
    { case: 'nobody', held: [5], waiters: [waiter(1)], free: 0, gets: {} },
  ])('gives $free free leases to $case', ({ held, waiters, free, gets }) => {
    const machines = held.reduce((sum, count) => sum + count, free);
    expect(Object.fromEntries(sharesOf(cap(machines), { held: holding(...held), waiters }))).toEqual(gets);
  });

  it('gives out exactly what is free, and leaves nobody two below another of its weight', () => {
    const held = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(held, fc.nat(60), (counts, machines) => {
        const waiters = counts.map((_, n) => waiter(n + 1));
        const use = { held: holding(...counts), waiters };
        const shares = sharesOf(cap(machines), use);
        const given = [...shares.values()].reduce((sum, share) => sum + share, 0);
        const taken = counts.reduce((sum, count) => sum + count, 0);
        expect(given).toBe(Math.max(0, machines - taken));
        const after = waiters.map((one, n) => counts[n]! + (shares.get(placeOf(one)) ?? 0));
        const served = waiters.flatMap((one, n) => (shares.has(placeOf(one)) ? [after[n]!] : []));
        if (served.length > 0) expect(Math.max(...served) - Math.min(...after)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('weightOf', () => {
  it.each([
    [undefined, 1],
    [2, 2],
    [0.5, 0.5],
    [0, 1],
    [-3, 1],
  ])('of %s is %s', (weight, is) => {
    expect(weightOf(weight === undefined ? {} : { weight })).toBe(is);
  });
});
