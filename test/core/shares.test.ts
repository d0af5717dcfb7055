import { describe, expect, it } from '@jest/globals';
import { boundedStep, shortestStep, type Waiter } from '../../lib/core/shared-cap.ts';
import { sharesOf } from '../../lib/core/shares.ts';
import { tenantTierKey } from '../../lib/core/tenant-tier.ts';
import { medium } from '../support/given.ts';
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
    const shares = sharesOf(cap(machines), useOf(held, waiters), holding(...held));
    expect(Object.fromEntries(shares)).toEqual(gets);
  });

  it('gives out exactly the free leases, and leaves nobody two below another of its weight', () => {
    const held = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(held, fc.nat(60), (counts, machines) => {
        const waiters = counts.map((_, n) => waiter(n + 1));
        const shares = sharesOf(cap(machines), useOf(counts, waiters), holding(...counts));
        const given = [...shares.values()].reduce((sum, share) => sum + share, 0);
        const taken = counts.reduce((sum, count) => sum + count, 0);
        expect(given).toBe(Math.max(0, machines - taken));
        const after = waiters.map((one, n) => counts[n]! + (shares.get(tenantTierKey(one)) ?? 0));
        const served = waiters.flatMap((one, n) => (shares.has(tenantTierKey(one)) ? [after[n]!] : []));
        if (served.length > 0) expect(Math.max(...served) - Math.min(...after)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gives the same result as lease by lease, with the same one next, for any weights and turns', () => {
    const waiting = fc.record({
      held: fc.nat(4),
      weight: fc.constantFrom(1, 1, 2, 4, 0.5, 10, 0.01),
      since: fc.oneof(fc.nat(3), fc.nat(4_000_000)),
      // In two tiers under the cap of the cell.
      alsoMedium: fc.boolean(),
    });
    const line = fc.array(waiting, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(line, fc.nat(600), (all, free) => {
        const held = all.map((one) => one.held);
        const waiters = all.flatMap(({ weight, since, alsoMedium }, n) => [
          waiter(n + 1, { weight, since }),
          ...(alsoMedium ? [waiter(n + 1, { tier: medium, weight, since: since + 500_000 })] : []),
        ]);
        const machines = held.reduce((sum, count) => sum + count, free);
        const shares = sharesOf(cap(machines), useOf(held, waiters), holding(...held));
        const expected = leaseByLease(waiters, held, free);
        expect(Object.fromEntries(shares)).toEqual(Object.fromEntries(expected));
        expect([...shares.keys()][0]).toBe([...expected.keys()][0]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no longer if a billion leases are free', () => {
    const free = 1_000_000_000;
    const waiters = [waiter(1, { weight: 10 }), waiter(2), waiter(3), waiter(3, { tier: medium })];
    const shares = sharesOf(cap(free + 3), useOf([1, 1, 1], waiters), holding(1, 1, 1));
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBe(free);
    expect(shares.get('1/small')! / shares.get('2/small')!).toBeCloseTo(10, 5);
    expect(shares.get('3/small')! + shares.get('3/medium')!).toBeCloseTo(shares.get('2/small')!, -1);
  });
});

/** The rule, one lease after the other. */
function leaseByLease(
  waiters: readonly Waiter[],
  held: readonly number[],
  free: number,
): Map<string, number> {
  const holds = holding(...held);
  const shortest = shortestStep(waiters);
  const line = waiters.map((one) => ({ ...one, step: boundedStep(one, shortest), given: 0 }));
  const shares = new Map<string, number>();
  for (let left = free; left > 0; left--) {
    const first = Math.min(...line.map(({ since }) => since));
    const [next] = line.toSorted((a, b) => {
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
  }
  return shares;
}
