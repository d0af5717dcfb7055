/** Who balances a line again after it got machines, how soon, and which lines of caps it stands in meanwhile. */
import { describe, expect, it } from '@jest/globals';
import type { Supply } from '../../lib/app/launch/supply.ts';
import { comeAgain } from '../../lib/app/scale-up/come-again.ts';
import type { BalancePlan } from '../../lib/core/balance-plan.ts';
import { acme, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const tier = givenTier({ capOverAllTenants: 5 });
const tenant = givenTenant();
const done: BalancePlan = { refuse: [], hold: [], launch: [], more: false, worthReading: 10 };

/** A cap over all tenants leaves some room. */
async function given() {
  const platform = await givenPlatform({ deployment: { tiers: [tier] } });
  const supply: Supply = { bounds: [], open: undefined, caps: [], paced: false };
  return {
    platform,
    again: (
      plan: Partial<BalancePlan>,
      over: Partial<Pick<Parameters<typeof comeAgain>[1], 'machines' | 'supply' | 'judging'>> = {},
    ) => {
      const known = { machines: 1, tenant, supply, judging: { isCut: false }, ...over };
      return comeAgain(platform, { installationId: acme, tier, plan: { ...done, ...plan }, ...known });
    },
    inLine: () => platform.stores.world.rows.lines.get('tier/small') ?? [],
  };
}

describe('a line that got machines', () => {
  it.each<[number, string, Partial<BalancePlan>]>([
    [1, 'has more jobs and room for them', { more: true }],
    [1, 'has had its turn at scarce machines', { limitedBy: 'capacity', passesByItself: true }],
    [10, 'has used up its launch rate', { limitedBy: 'launch-rate', passesByItself: true }],
  ])('is balanced again %i s later if it %s', async (delaySeconds, _, plan) => {
    const { platform, again } = await given();
    await again(plan);
    const message = { kind: 'poke', installationId: acme, tier: small };
    expect(platform.queues.tiers).toMatchObject([{ tier: small, message, delaySeconds }]);
  });

  it('is balanced again by one poke only if its run had no time for all decisions', async () => {
    const { platform, again } = await given();
    const judging = { isCut: true };
    await again({ more: true }, { judging });
    expect(platform.queues.tiers).toEqual([]);
    // A second later it would find the same.
    await again({ limitedBy: 'launch-rate', passesByItself: true }, { judging });
    expect(platform.queues.tiers).toMatchObject([{ delaySeconds: 10 }]);
  });

  it.each<[string, Partial<BalancePlan>]>([
    ['all of its own limit in use', { limitedBy: 'tenant-limit', passesByItself: false }],
    ['no more jobs', {}],
  ])('is not balanced again by a poke if it has %s', async (_, plan) => {
    const { platform, again } = await given();
    await again(plan);
    expect(platform.queues.tiers).toEqual([]);
  });

  it('waits in the line of a cap if that stopped it, and not if its own limit did', async () => {
    const { again, inLine } = await given();
    await again({ limitedBy: 'tenant-limit' });
    expect(inLine()).toEqual([]);
    await again({ limitedBy: 'shared-cap' });
    expect(inLine()).toMatchObject([{ installationId: acme }]);
    await again({ limitedBy: 'tenant-limit' });
    expect(inLine()).toEqual([]);
  });
});

it('a line that got no machine sends no message, and leaves the lines of caps if there is nothing to take', async () => {
  const { platform, again, inLine } = await given();
  platform.stores.world.rows.lines.set('tier/small', [
    { installationId: acme, tier: small, weight: 1, since: noon },
  ]);
  await again({ more: true }, { machines: 0, supply: undefined });
  expect(inLine()).toEqual([]);
  expect(platform.queues.tiers).toEqual([]);
});
