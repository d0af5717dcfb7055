import { describe, expect, it } from '@jest/globals';
import { boundedStep, shortestStep, type Waiter } from '../../lib/core/shared-cap.ts';
import { sharesOf, type TierRooms } from '../../lib/core/shares.ts';
import { tenantTierKey } from '../../lib/core/tenant-tier.ts';
import { medium, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';
import { cap, holding, useOf, waiter } from '../support/shared-cap.ts';

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
    const shares = sharesOf(cap(machines), useOf(held, waiters), { held: holding(...held) });
    expect(Object.fromEntries(shares)).toEqual(gets);
  });

  it('gives out exactly the free leases, and leaves nobody two below another of its weight', () => {
    const held = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(held, fc.nat(60), (counts, machines) => {
        const waiters = counts.map((_, n) => waiter(n + 1));
        const shares = sharesOf(cap(machines), useOf(counts, waiters), { held: holding(...counts) });
        const given = [...shares.values()].reduce((sum, share) => sum + share, 0);
        const taken = counts.reduce((sum, count) => sum + count, 0);
        expect(given).toBe(Math.max(0, machines - taken));
        const after = waiters.map((one, n) => counts[n]! + (shares.get(tenantTierKey(one)) ?? 0));
        const served = waiters.flatMap((one, n) => (shares.has(tenantTierKey(one)) ? [after[n]!] : []));
        if (served.length > 0) expect(Math.max(...served) - Math.min(...after)).toBeLessThanOrEqual(1);
      }),
    );
  });

  const anyRoom = fc.constant(Number.POSITIVE_INFINITY);
  it.each([
    ['wherever there is room', anyRoom],
    ['where some tiers have little room', fc.oneof(anyRoom, fc.nat(3), fc.nat(300))],
  ])(
    'gives the same result as lease by lease, with the same one next, for any weights and turns, %s',
    (_, room) => {
      const waiting = fc.record({
        held: fc.nat(4),
        weight: fc.constantFrom(1, 1, 2, 4, 0.5, 10, 0.01),
        since: fc.oneof(fc.nat(3), fc.nat(4_000_000)),
        // In two tiers under the cap of the cell.
        alsoMedium: fc.boolean(),
      });
      const line = fc.array(waiting, { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(line, fc.nat(600), fc.tuple(room, room), (all, free, [ofSmall, ofMedium]) => {
          const rooms = new Map(
            [[small, ofSmall] as const, [medium, ofMedium] as const].filter(([, most]) => most < 1000),
          );
          const held = all.map((one) => one.held);
          const waiters = all.flatMap(({ weight, since, alsoMedium }, n) => [
            waiter(n + 1, { weight, since }),
            ...(alsoMedium ? [waiter(n + 1, { tier: medium, weight, since: since + 500_000 })] : []),
          ]);
          const machines = held.reduce((sum, count) => sum + count, free);
          const shares = sharesOf(cap(machines), useOf(held, waiters), { held: holding(...held), rooms });
          const expected = leaseByLease(waiters, held, { free, rooms });
          expect(Object.fromEntries(shares)).toEqual(Object.fromEntries(expected));
          expect([...shares.keys()][0]).toBe([...expected.keys()][0]);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('gives a tier no more than it has room for, and the rest to the others', () => {
    const waiters = [waiter(1), waiter(2), waiter(3, { tier: medium })];
    const rooms = new Map([[small, 3]]);
    const gets = (free: number) =>
      Object.fromEntries(sharesOf(cap(free), useOf([], waiters), { held: holding(0, 0, 0), rooms }));
    expect(gets(2)).toEqual({ '1/small': 1, '2/small': 1 });
    expect(gets(9)).toEqual({ '1/small': 2, '2/small': 1, '3/medium': 6 });
    rooms.set(medium, 1);
    expect(gets(9)).toEqual({ '1/small': 2, '2/small': 1, '3/medium': 1 });
    rooms.set(small, -1);
    expect(gets(9)).toEqual({ '3/medium': 1 });
  });

  it('takes no longer if a billion leases are free', () => {
    const free = 1_000_000_000;
    const waiters = [waiter(1, { weight: 10 }), waiter(2), waiter(3), waiter(3, { tier: medium })];
    const shares = sharesOf(cap(free + 3), useOf([1, 1, 1], waiters), { held: holding(1, 1, 1) });
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBe(free);
    expect(shares.get('1/small')! / shares.get('2/small')!).toBeCloseTo(10, 5);
    expect(shares.get('3/small')! + shares.get('3/medium')!).toBeCloseTo(shares.get('2/small')!, -1);
    const rooms = new Map([[small, 3_000_000]]);
    const bounded = sharesOf(cap(free + 3), useOf([1, 1, 1], waiters), { held: holding(1, 1, 1), rooms });
    expect(bounded.get('3/medium')).toBe(free - 3_000_000);
    // The small tier stays open, because its tenant holds too much to be next.
    const heavy = sharesOf(cap(free), useOf([], [waiter(1), waiter(2, { tier: medium })]), {
      held: holding(2 * free, 1),
      rooms: new Map([[small, 1]]),
    });
    expect(Object.fromEntries(heavy)).toEqual({ '2/medium': free });
  });
});

/** The rule, one lease after the other. */
function leaseByLease(
  waiters: readonly Waiter[],
  held: readonly number[],
  { free, rooms }: { free: number; rooms: TierRooms },
): Map<string, number> {
  const holds = holding(...held);
  const left = new Map(rooms);
  const shortest = shortestStep(waiters);
  const line = waiters.map((one) => ({ ...one, step: boundedStep(one, shortest) }));
  const shares = new Map<string, number>();
  for (let given = 0; given < free; given++) {
    const open = line.filter(({ tier }) => (left.get(tier) ?? 1) > 0);
    if (open.length === 0) break;
    const first = Math.min(...open.map(({ since }) => since));
    const [next] = open.toSorted((a, b) => {
      const keys = [a, b].map((one) => {
        const count = holds.get(one.installationId)!;
        return { isLast: count === 0 && one.since <= first ? 0 : 1, burden: (count + 1) / one.weight };
      });
      const [ofA, ofB] = [keys[0]!, keys[1]!];
      return (
        ofA.isLast - ofB.isLast ||
        ofA.burden - ofB.burden ||
        a.since - b.since ||
        (tenantTierKey(a) < tenantTierKey(b) ? -1 : 1)
      );
    });
    holds.set(next!.installationId, holds.get(next!.installationId)! + 1);
    shares.set(tenantTierKey(next!), (shares.get(tenantTierKey(next!)) ?? 0) + 1);
    next!.since += next!.step;
    const room = left.get(next!.tier);
    if (room !== undefined) left.set(next!.tier, room - 1);
  }
  return shares;
}
