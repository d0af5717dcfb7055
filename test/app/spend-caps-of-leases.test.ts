import { describe, expect, it } from '@jest/globals';
import { leaseCostOf, spendRoom } from '../../lib/app/common/lease-cost.ts';
import { TierName } from '../../lib/core/ids.ts';
import { rangesOfLives } from '../../lib/core/lives.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenCapped, longest, month, queued, queuedTo, today } from '../support/capped.ts';
import { acme, givenDeployment, givenTenant, givenTier, noon, small } from '../support/given.ts';

describe('what a lease costs', () => {
  const prices = {
    ...{ date: '2026-11-01', region: 'us-east-1', onDemand: { 't3.medium': 7_000_000 }, address: 5_000 },
    disk: { gigabyte: 80_000, iops: 5_000, throughputMegabyte: 40_000 },
  };

  it('is by the prices that are configured, also under a cap', () => {
    const own = givenDeployment({ prices });
    const costOf = (deployment: typeof own) => leaseCostOf(deployment, givenTenant(), givenTier()).expected;
    expect(costOf(own)).toBeGreaterThan(10 * costOf(givenDeployment()));
    const capped = givenTenant({ maxRunners: 50, caps: { month: longest * 20 } });
    const look = { tenant: capped, tier: givenTier({ maxRunners: 50 }), now: noon };
    expect(spendRoom(givenDeployment(), look)?.machines).toBe(20);
    expect(spendRoom(own, look)?.machines).toBe(0);
  });
});

describe('what a cap keeps free for machines that run', () => {
  const lives = [1_000, ...new Array(rangesOfLives - 1).fill(0)];
  const gone = TierName('gone');
  const since = (tiers: readonly (readonly [TierName, number])[]) => ({
    expected: new Map([[today, 9]]),
    since: new Map([
      [today, new Map(tiers.map(([tier, machines]) => [tier, machines * Math.floor(noon / 1000)]))],
    ]),
  });
  const roomOf = (tenant: Partial<Tenant>) =>
    spendRoom(givenDeployment(), {
      tenant: givenTenant({
        ...{ maxRunners: 50, caps: { day: longest * 3 }, lives: new Map([[small, lives]]) },
        ...tenant,
      }),
      tier: givenTier({ maxRunners: 50 }),
      now: noon,
    })!.machines;
  const none = { leases: 0, tierLeases: new Map(), held: since([]) };

  it('includes machines of a removed tier, at the price of the most expensive tier', () => {
    const removed = { leases: 2, tierLeases: new Map([[gone, 2]]), held: since([[gone, 2]]) };
    expect(roomOf(none)).toBeGreaterThan(roomOf(removed));
    expect(roomOf({ ...removed, tierLeases: new Map([[gone, 3]]), leases: 3 })).toBe(0);
  });

  it('includes each lease that functions of an earlier version took without its age, as the longest life', () => {
    expect(roomOf({ leases: 2, tierLeases: new Map([[small, 2]]), held: since([]) })).toBeLessThan(
      roomOf(none),
    );
    expect(roomOf({ leases: 3, tierLeases: new Map([[small, 3]]), held: since([]) })).toBe(0);
  });

  it('counts no more machines than the tenant holds, if such functions freed leases', () => {
    expect(roomOf({ ...none, held: since([[small, 40]]) })).toBe(roomOf(none));
  });
});

describe('the amount counted as spent on the current day', () => {
  const hour = 3_600_000;
  /** Two machines have ended, one runs; then somebody edits the count. */
  async function givenEdited(over: { spent?: number } = {}) {
    const platform = await givenCapped({ day: longest * 9 });
    await platform.accept(...queuedTo(2));
    await platform.endAll(300);
    await platform.accept(queued(3));
    const due = platform.recorded() + longest;
    const spent = new Map([today, month].map((period) => [period, over.spent ?? 7]));
    platform.stores.world.editTenant(acme, { spent });
    const repairs = () => platform.telemetry.total('Repairs', { kind: 'spend-count-corrected' });
    return { ...platform, due, repairs };
  }

  it('is corrected within the day, even while leases are held, and reported once', async () => {
    const platform = await givenEdited();
    await platform.reconcile();
    expect(await platform.spent(today)).toBe(platform.due);
    expect(await platform.spent(month)).toBe(platform.due);
    platform.clock.advance(hour);
    await platform.reconcile();
    expect(platform.repairs()).toBe(1);
    await platform.endAll(60);
    expect(await platform.spent(today)).toBe(platform.recorded());
  });

  it('is compared once an hour', async () => {
    const platform = await givenEdited();
    await platform.reconcile();
    const spent = new Map([today, month].map((period) => [period, 9]));
    platform.stores.world.editTenant(acme, { spent });
    platform.clock.advance(hour - 1);
    await platform.reconcile();
    expect(await platform.spent(today)).toBe(9);
    platform.clock.advance(1);
    await platform.reconcile();
    expect(await platform.spent(today)).toBe(platform.due);
  });

  it('is compared with up to twenty thousand records, and not changed if there are more', async () => {
    const platform = await givenEdited();
    const { usage } = platform.stores.world.rows;
    const [record] = usage.values();
    const addRecordsUpTo = (count: number) => {
      for (let n = usage.size; n < count; n++) usage.set(`more-${n}`, record!);
      platform.stores.world.editTenant(acme, { settled: new Map([[today, count]]) });
    };
    addRecordsUpTo(20_001);
    await platform.reconcile();
    expect([await platform.spent(today), platform.repairs()]).toEqual([7, 0]);
    usage.delete('more-20000');
    addRecordsUpTo(20_000);
    platform.clock.advance(hour);
    await platform.reconcile();
    expect(platform.repairs()).toBe(1);
  });

  it('is not changed while a machine has its record but still holds its lease', async () => {
    const platform = await givenEdited();
    platform.stores.world.editTenant(acme, {
      spent: new Map([today, month].map((period) => [period, platform.due])),
    });
    const died = new OperationalError('It died.', { code: 'Died', retryable: true });
    platform.stores.world.failNext('runners.end', died);
    await platform.machineEnds(platform.liveMachines()[0]!).catch(() => {});
    await platform.reconcile();
    expect(await platform.spent(today)).toBe(platform.due);
    expect(platform.repairs()).toBe(0);
  });

  it('is not changed if a lease was taken while the records were read', async () => {
    const platform = await givenEdited();
    let begun = false;
    platform.stores.world.beforeCall = (name) => {
      if (name !== 'tenants.correctSpent' || begun) return;
      begun = true;
      const { leaseChanges } = platform.stores.world.tenant(acme)!;
      platform.stores.world.editTenant(acme, { leaseChanges: leaseChanges + 1 });
    };
    await platform.reconcile();
    expect(begun).toBe(true);
    expect([await platform.spent(today), platform.repairs()]).toEqual([7, 0]);
  });

  it('is not corrected if functions of an earlier version counted less than what is held', async () => {
    const platform = await givenEdited();
    platform.stores.world.editTenant(acme, { held: { expected: new Map(), since: new Map() } });
    await platform.reconcile();
    expect([await platform.spent(today), platform.repairs()]).toEqual([7, 0]);
  });
});
