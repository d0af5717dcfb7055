/** How often a balance reads what a cap over all tenants counts: those rows are many where a cap is large. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { StoreCall } from '../fakes/world.ts';
import { acme, givenEvent, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const tiers = [givenTier({ maxRunners: 2, capOverAllTenants: 1 })];

const readsOf =
  (wanted: StoreCall) =>
  async ({ stores: { world } }: Platform, work: () => Promise<unknown>) => {
    let reads = 0;
    world.beforeCall = (call) => {
      if (call === wanted) reads++;
    };
    await work();
    world.beforeCall = undefined;
    return reads;
  };
const readsOfTheCap = readsOf('launches.capUseAcrossTenants');
const readsOfOthers = readsOf('tenants.findAcrossTenants');
const places = ({ stores: { world } }: Platform) => world.rows.lines.get('tier/small') ?? [];

describe('a balance under a cap over all tenants', () => {
  it('reads it once if the cap leaves room and the tenant is in no line', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    expect(await readsOfTheCap(platform, () => platform.accept(givenEvent()))).toBe(1);
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('reads it once more after it joined the line, since a lease may have come free meanwhile', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(givenEvent());
    // Once before the job has a row, to launch at once, and again when it waits.
    expect(await readsOfTheCap(platform, () => platform.accept(givenEvent({ jobId: JobId(2) })))).toBe(1 + 2);
    expect(places(platform)).toMatchObject([{ installationId: acme }]);
  });

  it('moves further back in the line for each machine of its burst that was launched immediately', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    const burst = [1, 2].map((jobId) => givenEvent({ jobId: JobId(jobId) }));
    await platform.accept(...burst);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(places(platform)[0]?.since).toBeGreaterThan(noon);
  });

  it('reads it twice if the tenant is in the line already', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(givenEvent());
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    expect(await readsOfTheCap(platform, () => platform.accept(givenEvent({ jobId: JobId(3) })))).toBe(2);
    expect(places(platform)).toHaveLength(1);
  });

  it('considers a hundred of those in the line, and reads no further tenants', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(givenEvent());
    const waiters = Array.from({ length: 150 }, (_, n) => ({
      ...{ installationId: InstallationId(1_000 + n), tier: small, weight: 1, since: noon - 1_000 + n },
    }));
    platform.stores.world.rows.lines.set('tier/small', waiters);
    const { findAcrossTenants } = platform.tenants;
    const read: number[] = [];
    platform.tenants.findAcrossTenants = async (ids) => {
      read.push(ids.length);
      return findAcrossTenants(ids);
    };
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    await platform.machineEnds(platform.liveMachines()[0]!);
    expect(Math.max(...read)).toBe(100);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
  });

  it('reads what others hold only if something is free to share', async () => {
    const globex = InstallationId(202);
    const other = givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex' });
    const platform = await givenPlatform({ deployment: { tiers }, tenants: [givenTenant(), other] });
    const ofGlobex = { installationId: globex, repository: 'globex/app', repositoryOwnerId: 2 };
    await platform.accept(givenEvent());
    const waits = () => platform.accept(givenEvent({ jobId: JobId(2), ...ofGlobex }));
    expect(await readsOfOthers(platform, waits)).toBe(0);
    const queues = () => platform.accept(givenEvent({ jobId: JobId(3) }));
    expect(await readsOfOthers(platform, queues)).toBe(0);
    expect(places(platform).map(({ installationId }) => installationId)).toEqual([globex, acme]);
    const [machine] = platform.liveMachines();
    expect(await readsOfOthers(platform, () => platform.machineEnds(machine!))).toBeGreaterThan(0);
    await platform.deliverPokes();
    expect(platform.stores.world.allRunners().at(-1)).toMatchObject({ installationId: globex });
  });

  it('keeps nothing free for a tenant whose row cannot be read', async () => {
    const globex = InstallationId(202);
    const tenants = [
      givenTenant(),
      givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex' }),
    ];
    const platform = await givenPlatform({ deployment: { tiers }, tenants });
    const ofGlobex = { installationId: globex, repository: 'globex/app', repositoryOwnerId: 2 };
    await platform.accept(givenEvent());
    await platform.accept(givenEvent({ jobId: JobId(2), ...ofGlobex }));
    await platform.accept(givenEvent({ jobId: JobId(3) }));
    // As the store leaves it out.
    platform.stores.world.rows.tenants.delete(globex);
    await platform.machineEnds(platform.liveMachines()[0]!);
    await platform.accept(givenEvent({ jobId: JobId(4) }));

    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('reads no counts when a machine ends and no job waits', async () => {
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    expect(await readsOfTheCap(platform, () => platform.machineEnds(machine!))).toBe(0);
  });
});
