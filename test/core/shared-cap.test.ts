import { describe, expect, it } from '@jest/globals';
import { TierName } from '../../lib/core/ids.ts';
import {
  type CapUse,
  capCharge,
  capRowBounds,
  capRowKeys,
  heldUnder,
  largestRoom,
  placesAfter,
  sharedCaps,
  turnAfter,
  turnOnJoining,
  type Waiter,
  weightOf,
  withWaiter,
} from '../../lib/core/shared-cap.ts';
import { sharesOf } from '../../lib/core/shares.ts';
import { givenTier, medium, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { fc } from '../support/properties.ts';
import { cap, holding, useOf, waiter } from '../support/shared-cap.ts';

describe('the places of a tenant that was given a machine', () => {
  const [large, huge] = [TierName('large'), TierName('huge')];
  const place = (tier: TierName, since: number) => waiter(1, { tier, since });
  const sinces = (line: readonly Waiter[]) => line.map(({ tier, since }) => [tier, since]);
  const step = 1_000_000;

  it('move back together, each other tier before the one that was served, in their order', () => {
    const line = [place(medium, 7), place(large, 6), place(small, 5), waiter(2), place(huge, 5 + 3 * step)];
    expect(sinces(placesAfter(line, place(small, 5), 1))).toEqual([
      [small, 5 + step],
      [large, 5 + step - 3],
      [medium, 5 + step - 2],
    ]);
  });

  it('are served in turn, and the tenant moves back by one step for each machine', () => {
    let line = [place(small, 0), place(medium, 0), place(large, 0)];
    const served: TierName[] = [];
    for (let machines = 1; machines <= 7; machines++) {
      const next = line.reduce((first, one) => (one.since < first.since ? one : first));
      served.push(next.tier);
      const moved = placesAfter(line, next, 1);
      line = line.map((one) => moved.find(({ tier }) => tier === one.tier) ?? one);
    }
    expect(served).toEqual([small, medium, large, small, medium, large, small]);
    expect(Math.min(...line.map(({ since }) => since)) / step).toBeCloseTo(7, 4);
  });

  it('stay where they are if it was given none', () => {
    expect(placesAfter([place(medium, 1)], place(small, 5), 0)).toEqual([place(small, 5)]);
  });
});

describe('sharedCaps', () => {
  it('are none if none is configured, and the tier’s own before the cell’s', () => {
    expect(sharedCaps(givenTier(), undefined)).toEqual([]);
    expect(sharedCaps(givenTier({ capOverAllTenants: 5 }), 9).map(({ name }) => name)).toEqual([
      'tier/small',
      'cell',
    ]);
  });
});

describe('the rows of a cap', () => {
  const sizes = [0, 1, 499, 999, 1000, 5000, 20_000, 99_999, 100_000, 1_000_000];

  it.each(sizes)(
    'are limited to %i machines in all, and each write goes to one of at most 64 rows',
    (machines) => {
      const bounds = [...capRowBounds(cap(machines)).values()];
      expect(bounds.reduce((sum, bound) => sum + bound, 0)).toBe(machines);
      expect(bounds.length).toBeLessThanOrEqual(64);
      expect(Math.max(...bounds) - Math.min(...bounds)).toBeLessThanOrEqual(1);
    },
  );

  it('never count more than the cap, however leases come and go between them', () => {
    const step = fc.record({
      machines: fc.integer({ min: 1, max: 96 }),
      fraction: fc.double({ min: 0, max: 0.999, noNaN: true }),
      frees: fc.nat(200),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        (machines, steps) => {
          const counts = new Map([...capRowBounds(cap(machines)).keys()].map((key) => [key, 0]));
          const held: string[] = [];
          for (const { machines: wanted, fraction, frees } of nonEmpty(steps)) {
            const rows = [...counts].map(([key, leases]) => ({ key, leases, changes: 0 }));
            const charge = capCharge(cap(machines), { rows, waiters: [] }, { machines: wanted, fraction });
            if (charge) {
              counts.set(charge.row, counts.get(charge.row)! + wanted);
              for (let n = 0; n < wanted; n++) held.push(charge.row);
            }
            expect(held.length).toBeLessThanOrEqual(machines);
            for (const row of held.splice(0, frees)) counts.set(row, counts.get(row)! - 1);
          }
        },
      ),
    );
  });

  it('stay within the cap while it changes, leaving room for leases of a larger one', () => {
    const step = fc.record({
      cap: fc.option(fc.integer({ min: 1, max: 3000 }), { freq: 4 }),
      machines: fc.integer({ min: 1, max: 400 }),
      fraction: fc.double({ min: 0, max: 0.999, noNaN: true }),
      frees: fc.nat(300),
      // Read before so many other launches.
      staleBy: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        let machines = 1500;
        const counts = new Map<string, number>();
        const reads: CapUse[] = [];
        const held: string[] = [];
        for (const { cap: changed, machines: wanted, fraction, frees, staleBy } of nonEmpty(steps)) {
          if (changed !== null) {
            machines = changed;
            reads.length = 0;
          }
          const keys = capRowKeys(cap(machines), 6);
          reads.push({
            rows: keys.map((key) => ({ key, leases: counts.get(key) ?? 0, changes: 0 })),
            waiters: [],
          });
          const charge = capCharge(cap(machines), reads.at(-1 - staleBy) ?? reads.at(-1)!, {
            machines: wanted,
            fraction,
          });
          // The condition of the transaction.
          if (charge && (counts.get(charge.row) ?? 0) + wanted <= charge.most) {
            counts.set(charge.row, (counts.get(charge.row) ?? 0) + wanted);
            for (let n = 0; n < wanted; n++) held.push(charge.row);
            expect(held.length).toBeLessThanOrEqual(machines);
          }
          for (const row of held.splice(0, frees)) counts.set(row, counts.get(row)! - 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('accept a launch as long as any of them has room', () => {
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
    const empty = { rows: [], waiters: [] };
    const chosen = [0, 0.49, 0.5, 0.99].map(
      (fraction) => capCharge(cap(1000), empty, { machines: 1, fraction })?.row,
    );
    expect(chosen.map((row) => row?.slice(-1))).toEqual(['0', '0', '1', '1']);
  });
});

describe('among those who wait', () => {
  it('the one further in front comes first if all else is equal, and then the lower place', () => {
    const behind = [waiter(1, { since: 9 }), waiter(2, { since: 3 }), waiter(3, { since: 3 })];
    const gets = (line: readonly Waiter[], held: readonly number[]) => [
      ...sharesOf(cap(held.reduce((sum, one) => sum + one, 1)), useOf(held, line), {
        held: holding(...held),
      }).keys(),
    ];
    expect(gets(behind, [1, 1, 1])).toEqual(['2/small']);
    expect(gets(behind.toReversed(), [1, 1, 1])).toEqual(['2/small']);
    expect(gets(behind, [1, 2, 2])).toEqual(['1/small']);
  });

  it('one that has had a machine moves back, so that those with equal holdings take turns', () => {
    const line = [waiter(1, { since: 0 }), waiter(2, { since: 10 })];
    const shares = sharesOf(cap(13), useOf([5, 5], line), { held: holding(5, 5) });
    expect(Object.fromEntries(shares)).toEqual({ '1/small': 2, '2/small': 1 });
  });

  it('one who waits already keeps its place, and another one joins at the end', () => {
    const two = useOf([1], [waiter(1), waiter(2)]);
    expect(withWaiter(two, waiter(2))).toBe(two);
    const use = useOf([1], [waiter(1, { since: 100 })]);
    expect(withWaiter(use, waiter(1, { since: 5 }))).toBe(use);
    expect(withWaiter(use, waiter(2, { since: 5 })).waiters).toEqual([
      waiter(1, { since: 100 }),
      waiter(2, { since: 101 }),
    ]);
    expect(withWaiter(use, waiter(2)).rows).toBe(use.rows);
  });
});

describe('what a tenant holds under a cap', () => {
  it.each([
    [{ name: 'cell', machines: 9 }, 5],
    [{ name: 'tier/small', tier: small, machines: 9 }, 2],
    [{ name: 'tier/medium', tier: medium, machines: 9 }, 0],
  ])('%j is %i', (of, count) => {
    expect(heldUnder(of, { leases: 5, tierLeases: new Map([[small, 2]]) })).toBe(count);
  });
});

describe('a weight', () => {
  it.each([
    [undefined, 1],
    [0, 1],
    [-2, 1],
    [Number.NaN, 1],
    [0.5, 0.5],
    [3, 3],
  ])('of %s counts as %d', (weight, counts) => {
    expect(weightOf(weight === undefined ? {} : { weight })).toBe(counts);
  });
});

describe('turns', () => {
  /** A freed lease at a time, each to whose it is; every machine lives for as many others as the cap has. */
  function play(weights: readonly number[], machines: number, starts: number): number[] {
    let waiters: readonly Waiter[] = [];
    for (const [n, weight] of weights.entries()) {
      const me = waiter(n + 1, { weight, since: 0 });
      waiters = [...waiters, { ...me, since: turnOnJoining(waiters, me) }];
    }
    const live: number[] = [];
    const started: number[] = [];
    while (started.length < starts) {
      if (live.length === machines) live.shift();
      const held = weights.map((_, n) => live.filter((tenant) => tenant === n).length);
      const [place] = [
        ...sharesOf(cap(live.length + 1), useOf(held, waiters), { held: holding(...held) }).keys(),
      ];
      const n = Number.parseInt(place!, 10) - 1;
      const since = turnAfter(waiters, waiters[n]!, 1);
      waiters = waiters.map((one, at) => (at === n ? { ...one, since } : one));
      live.push(n);
      started.push(n);
    }
    return started;
  }

  it('let each of three of weight 1 start beside one of weight 10, under a cap of 8', () => {
    const started = play([10, 1, 1, 1], 8, 130);
    expect(new Set(started.slice(0, 4)).size).toBe(4);
    for (const light of [1, 2, 3]) {
      const starts = started.filter((tenant) => tenant === light).length;
      expect(starts).toBeGreaterThanOrEqual(8);
      expect(starts).toBeLessThanOrEqual(20);
    }
  });

  it('give starts by weight if there are more tenants than machines', () => {
    const started = play([4, 1, 1, 1, 1, 1, 1, 1, 1, 2], 4, 1_400);
    const counts = [0, 1, 9].map((n) => started.filter((tenant) => tenant === n).length);
    expect(counts[0]! / counts[1]!).toBeGreaterThan(3);
    expect(counts[0]! / counts[1]!).toBeLessThan(5);
    expect(counts[2]! / counts[1]!).toBeGreaterThan(1.5);
    expect(counts[2]! / counts[1]!).toBeLessThan(2.5);
  });

  it('reach everybody after a limited number of others, at any weights', () => {
    const weights = fc.array(fc.constantFrom(0.001, 0.1, 1, 3, 10, 1_000, 1e9), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 8 }), (given, machines) => {
        const rounds = 25 * given.length + 8;
        const started = play(given, machines, rounds * 2);
        for (const n of nonEmpty(given.keys())) {
          expect(started.slice(0, rounds)).toContain(n);
          expect(started.slice(rounds)).toContain(n);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('turnOnJoining', () => {
  it('is behind everyone in the current round, and before those that had a machine in it', () => {
    const line = [waiter(1, { since: 100 }), waiter(2, { since: 105 }), waiter(3, { since: 1_000_100 })];
    expect(turnOnJoining(line, waiter(4, { since: 5_000 }))).toBe(106);
    expect(turnOnJoining([], waiter(4, { since: 5_000 }))).toBe(5_000);
    expect(turnOnJoining(line, waiter(2, { since: 105 }))).toBe(101);
    expect(turnOnJoining([waiter(4, { since: 7 })], waiter(4, { since: 5_000 }))).toBe(5_000);
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
