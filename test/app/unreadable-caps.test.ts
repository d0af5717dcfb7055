/** A cap's row broken by manual edits is reported, and counted anew from the rows of machines and launches. */
import { describe, expect, it } from '@jest/globals';
import { readOpenRows, reconcileCaps } from '../../lib/app/reconciler/reconcile-leases.ts';
import { InstallationId, type TierName } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { givenTenant, givenTier, medium, small } from '../support/given.ts';
import { givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';
import {
  corruptMachine,
  failedReconciler,
  failedSweep,
  faults,
  givenBoth,
  globex,
  ofAcme,
  ofGlobex,
  sweepFaults,
  tenants,
} from '../support/unreadable-rows.ts';

describe("a cap's row broken by a manual edit", () => {
  const tiers = [givenTier({ maxRunners: 9, capOverAllTenants: 3 })];
  const corruptCap = ({ stores: { world } }: Platform) => {
    for (const [key, row] of world.rows.capRows) world.rows.capRows.set(key, { ...row, leases: Number.NaN });
  };
  const counted = ({ stores: { world } }: Platform) =>
    [...world.rows.capRows.values()].map(({ leases }) => leases);
  const repaired = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'lease-count-corrected' });

  it('is reported by the sweep, and recounted by the next visit, so that launches continue', async () => {
    const { platform, sound } = await givenBoth(corruptCap, { deployment: { tiers } });
    expect(await platform.accept(ofGlobex(3))).toHaveLength(1);
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(sweepFaults(platform)).toEqual([
      expect.stringContaining('In the launches row shared/tier/small/0'),
    ]);
    platform.compute.setState(sound, 'terminated');
    expect(await platform.follow(instanceEvent(sound, 'terminated'))).toHaveLength(1);
    await platform.reconcile();
    expect([counted(platform), repaired(platform)]).toEqual([[2], 1]);
    expect(await platform.follow(instanceEvent(sound, 'terminated'))).toEqual([]);
    await platform.accept(ofGlobex(3), ofGlobex(4), ofGlobex(5));
    expect([counted(platform), platform.liveMachines().length]).toEqual([[3], 3]);
    await platform.reconcile();
    expect(repaired(platform)).toBe(1);
  });

  it('also counts leases whose rows were deleted by hand: their machines may live', async () => {
    const { platform, sound } = await givenBoth(corruptCap, { deployment: { tiers } });
    platform.stores.world.rows.runners.delete(sound);
    for (const [id, launch] of platform.stores.world.rows.launches)
      if (launch.installationId === globex) platform.stores.world.rows.launches.delete(id);
    await platform.reconcile();
    expect(counted(platform)).toEqual([2]);
  });

  it('does not count leases of other tiers, and counts those of every tenant, however many there are', async () => {
    const many = Array.from({ length: 120 }, (_, n) =>
      givenTenant({ installationId: InstallationId(1001 + n), accountId: 3 + n, accountLogin: `t${n}` }),
    );
    const both = [...tiers, givenTier({ name: medium, maxRunners: 9 })];
    const platform = await givenPlatform({ tenants: [...tenants, ...many], deployment: { tiers: both } });
    await platform.accept(ofAcme(1));
    corruptCap(platform);
    const counts = (held: readonly [TierName, number][]) => {
      const tierLeases = new Map(held);
      return { tierLeases, leases: [...tierLeases.values()].reduce((all, one) => all + one, 0) };
    };
    platform.stores.world.editTenant(globex, counts([[medium, 1]]));
    platform.stores.world.editTenant(many.at(-1)!.installationId, counts([[small, 1]]));
    const { findAcrossTenants } = platform.stores.tenants;
    const together: number[] = [];
    platform.tenants.findAcrossTenants = (ids) => {
      together.push(ids.length);
      return findAcrossTenants(ids);
    };
    await platform.reconcile();
    expect(counted(platform)).toEqual([2]);
    expect(Math.max(...together)).toBe(50);
  });

  it("counts a machine whose own row cannot be read, beside another cap's row that holds a number", async () => {
    const caps = { machinesInAll: 9, waitingJobsPerTenant: 100, launchesPerMinutePerTenant: 60 };
    const deployment = { tiers, caps };
    const { platform, unreadable } = await givenBoth(() => undefined, { deployment });
    const key = 'shared/cell/0';
    const row = platform.stores.world.rows.capRows.get(key)!;
    platform.stores.world.rows.capRows.set(key, { ...row, leases: Number.NaN });
    corruptMachine(platform, unreadable);
    await platform.reconcile().catch(() => undefined);
    expect(counted(platform)).toEqual([2, 2]);
  });

  it('stays unchanged if not all tenants can be read, or somebody was faster', async () => {
    const { platform } = await givenBoth(corruptCap, { deployment: { tiers } });
    const { findAcrossTenants } = platform.stores.tenants;
    platform.tenants.findAcrossTenants = async (ids) => (await findAcrossTenants(ids)).slice(1);
    await expect(platform.reconcile()).rejects.toThrow(failedReconciler);
    expect([counted(platform), repaired(platform)]).toEqual([[Number.NaN], 0]);
    expect(faults(platform)).toEqual([
      expect.stringContaining(
        'row shared/tier/small/0 holds no number, and is not corrected: tenants cannot be read: 101.',
      ),
    ]);
    platform.tenants.findAcrossTenants = async (ids) => {
      for (const [key, row] of platform.stores.world.rows.capRows)
        platform.stores.world.rows.capRows.set(key, { ...row, leases: 3 });
      return findAcrossTenants(ids);
    };
    await platform.reconcile();
    expect([counted(platform), repaired(platform)]).toEqual([[3], 0]);
  });
});

describe("a cap's row broken by a manual edit after the reconciler had read all rows", () => {
  const tiers = [givenTier({ maxRunners: 9, capOverAllTenants: 3 })];
  const key = 'shared/tier/small/0';
  const given = () => givenPlatform({ tenants, deployment: { tiers } });
  const corrupt = ({ stores: { world } }: Platform) =>
    world.rows.capRows.set(key, { key, leases: Number.NaN, changes: 1 });
  const counted = ({ stores: { world } }: Platform) => world.rows.capRows.get(key)?.leases;

  it('counts machines that started since, even if another row had as many leases', async () => {
    const platform = await given();
    await platform.accept(ofAcme(1), ofAcme(2));
    const open = await readOpenRows(platform);
    const elsewhere = { ...open.census!, byCapRow: new Map([['shared/tier/small/1', 2]]) };
    corrupt(platform);
    expect(await reconcileCaps(platform, { ...open, census: elsewhere })).toEqual([]);
    expect(counted(platform)).toBe(2);
  });

  it('does not count machines that have ended since', async () => {
    const { platform, sound } = await givenBoth(() => undefined, { deployment: { tiers } });
    const open = await readOpenRows(platform);
    await platform.machineEnds(sound);
    corrupt(platform);
    expect(await reconcileCaps(platform, open)).toEqual([]);
    expect(counted(platform)).toBe(1);
  });

  it('stays unchanged, and is reported, while there are more rows than one run reads', async () => {
    const platform = await given();
    await platform.accept(ofAcme(1), ofGlobex(2));
    corrupt(platform);
    const { listWatchedAcrossTenants } = platform.launches;
    platform.launches.listWatchedAcrossTenants = async (...query) =>
      Array<Launch>(20_000).fill((await listWatchedAcrossTenants(...query))[0]!);
    expect(await reconcileCaps(platform, await readOpenRows(platform))).toMatchObject([
      {
        ...{ code: 'UnreadableRow', retryable: false, cause: { code: 'UnreadableRow' } },
        message: expect.stringContaining('more launches or machines are open than can be counted at once'),
      },
    ]);
    expect(counted(platform)).toBe(Number.NaN);
    platform.launches.listWatchedAcrossTenants = listWatchedAcrossTenants;
    await platform.reconcile();
    expect(counted(platform)).toBe(2);
  });
});
