/** What every LaunchStore promises of launch rates, and of caps over all tenants. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, LaunchId, TierName } from '../../lib/core/ids.ts';
import { acme, givenJob, givenTier, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenLaunch, lease0, storedTenant, theTenant, waitingJobs } from './support/stored.ts';

export function sharedCapsContract(backend: StoreBackend): void {
  describe(`LaunchStore and shared caps ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const leases = async () => [...(await theTenant(stores)).leases];

    describe('take', () => {
      it('uses up the launch rate, begun anew or in use, and never more than a minute of it', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const tier = givenTier({ maxRunners: 9 });
        const jobs = await waitingJobs(stores, 1, 2, 3);
        const takeNext = async (n: number, cost: number) =>
          stores.launches.take({
            tenant: await theTenant(stores),
            tier,
            launch: givenLaunch([jobs[n]!], { launchId: LaunchId(`launch-${n}`) }),
            rate: { now: noon, cost, latest: noon + 60_000 - cost },
          });
        expect(tenant.rateUsedUntil).toBeUndefined();
        expect(await takeNext(0, 20_000)).toEqual({ kind: 'taken' });
        expect(await takeNext(1, 20_000)).toEqual({ kind: 'taken' });
        expect((await theTenant(stores)).rateUsedUntil).toBe(noon + 40_000);
        expect(await takeNext(2, 30_000)).toMatchObject({ kind: 'tenant-changed' });
        expect(await leases()).toHaveLength(2);
      });

      it('lets as many of many takers through as a shared cap has room for', async () => {
        const shared = [{ name: 'cell', machines: 2 }];
        const tier = givenTier({ maxRunners: 9 });
        const outcomes = [];
        for (const n of [1, 2, 3]) {
          const installationId = InstallationId(500 + n);
          const tenant = await storedTenant(stores, { installationId, maxRunners: 9 });
          const job = givenJob({ installationId, jobId: JobId(n) });
          await stores.jobs.insert([job]);
          const launch = givenLaunch([job], { installationId, launchId: LaunchId(`launch-${n}`) });
          outcomes.push(await stores.launches.take({ tenant, tier, launch, shared }));
        }
        expect(outcomes).toEqual([
          { kind: 'taken' },
          { kind: 'taken' },
          { kind: 'shared-full', cap: 'cell' },
        ]);
        expect((await theTenant(stores, InstallationId(503))).leases.size).toBe(0);
        const { held } = await stores.launches.sharedUseAcrossTenants('cell');
        expect([...held.keys()].sort()).toEqual([501, 502]);
      });

      it('refuses a launch that is larger than a shared cap, though nobody holds a lease', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));
        const shared = [{ name: 'cell', machines: 1 }];
        const taking = { tenant, tier: givenTier({ maxRunners: 9 }), launch, shared };
        expect(await stores.launches.take(taking)).toEqual({ kind: 'shared-full', cap: 'cell' });
        expect(await leases()).toEqual([]);
      });
    });

    describe('the line of a shared cap', () => {
      const waiter = { installationId: acme, tier: small, weight: 2, since: noon };
      const cap = 'tier/small';

      it('is empty where nobody ever held or waited', async () => {
        const use = await stores.launches.sharedUseAcrossTenants(cap);
        expect(use).toEqual({ held: new Map(), waiters: [] });
      });

      it('has each place once, with its newest time, until it leaves', async () => {
        expect((await stores.launches.joinLine(cap, waiter)).waiters).toEqual([waiter]);
        const later = { ...waiter, since: noon + 1 };
        expect((await stores.launches.joinLine(cap, later)).waiters).toEqual([later]);
        expect((await stores.launches.sharedUseAcrossTenants('cell')).waiters).toEqual([]);
        expect((await stores.launches.leaveLine(cap, waiter)).waiters).toEqual([]);
        expect((await stores.launches.leaveLine(cap, waiter)).waiters).toEqual([]);
      });

      it('keeps tiers with hyphens apart', async () => {
        const places = ['gpu-a', 'gpu-b'].map((tier) => ({ ...waiter, tier: TierName(tier) }));
        for (const place of places) await stores.launches.joinLine('cell', place);
        const { waiters } = await stores.launches.leaveLine('cell', places[0]!);
        expect(waiters).toEqual([places[1]]);
      });

      it('gives leases back once, and of the tenant that is named', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));
        const shared = [{ name: cap, machines: 9 }];
        await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 9 }), launch, shared });
        await stores.launches.freeShared(cap, InstallationId(999), [lease0]);
        await stores.launches.freeShared(cap, acme, [lease0]);
        await stores.launches.freeShared(cap, acme, [lease0]);
        const { held } = await stores.launches.sharedUseAcrossTenants(cap);
        expect(held).toEqual(new Map([[acme, new Set([launch.plannedJobs[1]!.lease])]]));
      });
    });
  });
}
