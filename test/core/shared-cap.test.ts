import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InstallationId } from '../../lib/core/ids.ts';
import {
  type CapUse,
  capCharge,
  capRowBounds,
  largestRoom,
  placeOf,
  sharedCaps,
  sharesOf,
  type Waiter,
  weightOf,
} from '../../lib/core/shared-cap.ts';
import { givenTier, small } from '../support/given.ts';

const waiter = (n: number, over: Partial<Waiter> = {}): Waiter => ({
  installationId: InstallationId(n),
  tier: small,
  weight: 1,
  since: n,
  ...over,
});
const holding = (...held: number[]) => new Map(held.map((count, n) => [InstallationId(n + 1), count]));
const useOf = (held: readonly number[], waiters: readonly Waiter[]): CapUse => ({
  rows: [{ key: 'shared/tier/small/0', leases: held.reduce((sum, count) => sum + count, 0), changes: 1 }],
  waiters,
});
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

describe('the rows of a cap', () => {
  const sizes = [0, 1, 499, 999, 1000, 5000, 20_000, 99_999, 100_000, 1_000_000];

  it.each(sizes)('are bounded to %i machines in all, and each write one of at most 64 rows', (machines) => {
    const bounds = [...capRowBounds(cap(machines)).values()];
    expect(bounds.reduce((sum, bound) => sum + bound, 0)).toBe(machines);
    expect(bounds.length).toBeLessThanOrEqual(64);
    expect(Math.max(...bounds) - Math.min(...bounds)).toBeLessThanOrEqual(1);
  });

  it('never count more than the cap, however leases come and go between them', () => {
    const step = fc.record({
      machines: fc.integer({ min: 1, max: 96 }),
      fraction: fc.double({ min: 0, max: 0.999, noNaN: true }),
      frees: fc.nat(200),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.array(step, { maxLength: 60 }), (machines, steps) => {
        const counts = new Map([...capRowBounds(cap(machines)).keys()].map((key) => [key, 0]));
        const held: string[] = [];
        for (const { machines: wanted, fraction, frees } of steps) {
          const rows = [...counts].map(([key, leases]) => ({ key, leases, changes: 0 }));
          const charge = capCharge(cap(machines), { rows, waiters: [] }, { machines: wanted, fraction });
          if (charge) {
            counts.set(charge.row, counts.get(charge.row)! + wanted);
            for (let n = 0; n < wanted; n++) held.push(charge.row);
          }
          expect(held.length).toBeLessThanOrEqual(machines);
          for (const row of held.splice(0, frees)) counts.set(row, counts.get(row)! - 1);
        }
      }),
    );
  });

  it('leave room for a launch as long as any of them has it', () => {
    const rows = [...capRowBounds(cap(1000))].map(([key, most], n) => ({
      key,
      leases: most - n,
      changes: 0,
    }));
    const use = { rows, waiters: [] };
    expect(largestRoom(cap(1000), use)).toBe(1);
    expect(capCharge(cap(1000), use, { machines: 1, fraction: 0.99 })).toEqual({
      row: 'shared/tier/small/1',
      most: 500,
    });
    expect(capCharge(cap(1000), use, { machines: 2, fraction: 0 })).toBeUndefined();
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
    const shares = sharesOf(cap(machines), useOf(held, waiters), holding(...held));
    expect(Object.fromEntries(shares)).toEqual(gets);
  });

  it('gives out exactly what is free, and leaves nobody two below another of its weight', () => {
    const held = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(held, fc.nat(60), (counts, machines) => {
        const waiters = counts.map((_, n) => waiter(n + 1));
        const shares = sharesOf(cap(machines), useOf(counts, waiters), holding(...counts));
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
