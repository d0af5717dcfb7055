/** What every LaunchStore promises about launch rates, and about caps over all tenants. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, LaunchId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { rateCharge } from '../../lib/core/launch-rate.ts';
import type { SharedCap } from '../../lib/core/shared-cap.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { acme, givenJob, givenTier, medium, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  givenRunner,
  lease0,
  lookAt,
  machine,
  storedTenant,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

export function sharedCapsContract(backend: StoreBackend): void {
  describe(`LaunchStore and shared caps ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const leases = async () => (await theTenant(stores)).leases;
    const counted = async (cap: SharedCap) =>
      (await stores.launches.capUseAcrossTenants(cap)).rows.map(({ leases }) => leases);

    describe('take', () => {
      it('uses up the launch rate, restarted or in use, and never more than a minute of it', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const tier = givenTier({ maxRunners: 9 });
        const jobs = await waitingJobs(stores, 1, 2, 3);
        const takeNext = async (n: number, machines: number) => {
          const now = await theTenant(stores);
          return stores.launches.take({
            tenant: now,
            tier,
            launch: givenLaunch([jobs[n]!], { launchId: LaunchId(`launch-${n}`) }),
            rate: rateCharge(now, { machines, launchesPerMinute: 60, now: noon }),
          });
        };
        expect(tenant.rateUsedUntil).toBeUndefined();
        expect(await takeNext(0, 20)).toEqual({ kind: 'taken' });
        expect(await takeNext(1, 20)).toEqual({ kind: 'taken' });
        expect((await theTenant(stores)).rateUsedUntil).toBe(noon + 40_000);
        expect(await takeNext(2, 21)).toMatchObject({ kind: 'tenant-changed' });
        expect(await leases()).toBe(2);
      });

      it('lets two restart an unused launch rate at the same moment, or add to one in use', async () => {
        const jobs = await waitingJobs(stores, 1, 2, 3, 4, 5, 6);
        const take = (tenant: Tenant, n: number, now: number) =>
          stores.launches.take({
            ...{ tenant, tier: givenTier({ maxRunners: 9 }) },
            launch: givenLaunch([jobs[n]!], { launchId: LaunchId(`launch-${n}`) }),
            rate: rateCharge(tenant, { machines: 1, launchesPerMinute: 600, now }),
          });
        const unused = await storedTenant(stores, { maxRunners: 9 });
        expect(await take(unused, 0, noon)).toEqual({ kind: 'taken' });
        expect(await take(unused, 1, noon)).toEqual({ kind: 'taken' });
        const inUse = await theTenant(stores);
        expect(await take(inUse, 2, noon + 900)).toEqual({ kind: 'taken' });
        expect(await take(inUse, 3, noon + 900)).toEqual({ kind: 'taken' });
        const idle = await theTenant(stores);
        expect(idle.rateUsedUntil).toBe(noon + 400);
        expect(await take(idle, 4, noon + 5_000)).toEqual({ kind: 'taken' });
        expect(await take(idle, 5, noon + 5_010)).toEqual({ kind: 'taken' });
        expect((await theTenant(stores)).rateUsedUntil).toBe(noon + 5_010 + 200);
      });

      it('refuses a taker that read a launch rate long before another one restarted it', async () => {
        const jobs = await waitingJobs(stores, 1, 2, 3);
        const take = (tenant: Tenant, n: number, now: number) =>
          stores.launches.take({
            ...{ tenant, tier: givenTier({ maxRunners: 9 }) },
            launch: givenLaunch([jobs[n]!], { launchId: LaunchId(`launch-${n}`) }),
            rate: rateCharge(tenant, { machines: 10, launchesPerMinute: 600, now }),
          });
        const unused = await storedTenant(stores, { maxRunners: 9 });
        expect(await take(unused, 0, noon)).toEqual({ kind: 'taken' });
        expect(await take(unused, 1, noon + 9_000)).toMatchObject({ kind: 'tenant-changed' });
        const idle = await theTenant(stores);
        expect(await take(idle, 1, noon + 9_000)).toEqual({ kind: 'taken' });
        expect(await take(idle, 2, noon + 3_000)).toMatchObject({ kind: 'tenant-changed' });
        expect((await theTenant(stores)).rateUsedUntil).toBe(noon + 10_000);
      });

      it('accepts as many of many takers as a shared cap has room for', async () => {
        const caps = [{ row: 'shared/cell/0', most: 2 }];
        const tier = givenTier({ maxRunners: 9 });
        const outcomes = [];
        for (const n of [1, 2, 3]) {
          const installationId = InstallationId(500 + n);
          const tenant = await storedTenant(stores, { installationId, maxRunners: 9 });
          const job = givenJob({ installationId, jobId: JobId(n) });
          await stores.jobs.insert([job]);
          const launch = givenLaunch([job], { installationId, launchId: LaunchId(`launch-${n}`) });
          outcomes.push(await stores.launches.take({ tenant, tier, launch, caps }));
        }
        expect(outcomes).toEqual([
          { kind: 'taken' },
          { kind: 'taken' },
          { kind: 'cap-full', row: 'shared/cell/0' },
        ]);
        expect((await theTenant(stores, InstallationId(503))).leases).toBe(0);
        expect(await counted({ name: 'cell', machines: 2 })).toEqual([2]);
      });

      it('refuses a launch that is larger than a shared cap, though nobody holds a lease', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));
        const caps = [{ row: 'shared/cell/0', most: 1 }];
        const taking = { tenant, tier: givenTier({ maxRunners: 9 }), launch, caps };
        expect(await stores.launches.take(taking)).toEqual({ kind: 'cap-full', row: 'shared/cell/0' });
        expect(await leases()).toBe(0);
      });
    });

    describe('the line of a shared cap', () => {
      const waiter = { installationId: acme, tier: small, weight: 2, since: noon };
      const cap = 'tier/small';
      const waiters = async (name: string) => {
        const line = await stores.launches.waitersAcrossTenants({ name, machines: 9 });
        expect((await stores.launches.capUseAcrossTenants({ name, machines: 9 })).waiters).toEqual(line);
        return line;
      };

      it('is empty if nobody ever held a lease or waited', async () => {
        const use = await stores.launches.capUseAcrossTenants({ name: cap, machines: 9 });
        expect(use).toEqual({ rows: [{ key: 'shared/tier/small/0', leases: 0, changes: 0 }], waiters: [] });
      });

      it('includes the rows of a formerly larger cap', async () => {
        const [large, small] = [1500, 400].map((machines) => ({ name: 'cell', machines }));
        expect((await stores.launches.capUseAcrossTenants(large!)).rowsEver).toBeUndefined();
        for (const cap of [small!, large!, small!]) await stores.launches.noteCapRows(cap);
        const row = { key: 'shared/cell/2', leases: 0, changes: 0 };
        expect(await stores.launches.correctCapRow(row, 7)).toBe(true);
        expect(await stores.launches.capUseAcrossTenants(small!)).toEqual({
          rows: [
            { key: 'shared/cell/0', leases: 0, changes: 0 },
            { key: 'shared/cell/1', leases: 0, changes: 0 },
            { key: 'shared/cell/2', leases: 7, changes: 1 },
          ],
          waiters: [],
          rowsEver: 3,
        });
      });

      it('corrects no row that a launch or an end has changed since it was read, and no healthy one', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const key = 'shared/cell/0';
        const take = async (n: number) => {
          const [job] = await waitingJobs(stores, n);
          const launch = givenLaunch([job!], { capRows: [key], launchId: LaunchId(`launch-${n}`) });
          await stores.launches.take({ tenant, tier: givenTier(), launch, caps: [{ row: key, most: 9 }] });
        };
        const rows = async () =>
          (await stores.launches.capUseAcrossTenants({ name: 'cell', machines: 9 })).rows;
        expect(await stores.launches.repairCapRow({ key, leases: 7, changes: 7 })).toBe(false);
        for (const n of [1, 2]) {
          const [asRead] = await rows();
          await take(n);
          expect(await stores.launches.correctCapRow(asRead!, 0)).toBe(false);
          expect(await rows()).toEqual([{ key, leases: n, changes: n }]);
        }
        const [asRead] = await rows();
        expect(await stores.launches.correctCapRow(asRead!, 0)).toBe(true);
        expect(await rows()).toEqual([{ key, leases: 0, changes: 3 }]);
      });

      it('has each place once, with its newest time, until it leaves', async () => {
        await stores.launches.joinLine(cap, waiter);
        expect(await waiters(cap)).toEqual([waiter]);
        const later = { ...waiter, since: noon + 1 };
        await stores.launches.joinLine(cap, later);
        expect(await waiters(cap)).toEqual([later]);
        expect(await waiters('cell')).toEqual([]);
        for (let times = 0; times < 2; times += 1) await stores.launches.leaveLine(cap, waiter);
        expect(await waiters(cap)).toEqual([]);
      });

      it('changes several places in one write', async () => {
        const [one, two] = [small, medium].map((tier) => ({ ...waiter, tier }));
        await stores.launches.joinLine(cap, one!);
        const later = [one!, two!].map((place) => ({ ...place, since: noon + 5 }));
        await stores.launches.joinLine(cap, ...later);
        const line = await stores.launches.waitersAcrossTenants({ name: cap, machines: 9 });
        expect(line.toSorted((a, b) => (a.tier > b.tier ? -1 : 1))).toEqual(later);
      });

      it('keeps tiers with hyphens apart', async () => {
        const places = ['gpu-a', 'gpu-b'].map((tier) => ({ ...waiter, tier: TierName(tier) }));
        for (const place of places) await stores.launches.joinLine('cell', place);
        await stores.launches.leaveLine('cell', places[0]!);
        expect(await waiters('cell')).toEqual([places[1]]);
      });

      it('subtracts a lease with its machine, once, in the row where it was counted', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const capRows = ['shared/cell/1'];
        const launch = givenLaunch(await waitingJobs(stores, 1, 2), { capRows });
        const caps = [{ row: 'shared/cell/1', most: 9 }];
        await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 9 }), launch, caps });
        await stores.runners.bind([givenRunner({ capRows })]);
        expect(await counted({ name: 'cell', machines: 1000 })).toEqual([0, 2]);
        const end = { runner: givenRunner({ capRows }), reason: 'stood-down' as const, at: noon };
        for (let times = 0; times < 2; times += 1) await stores.runners.end([end]);
        expect(await counted({ name: 'cell', machines: 1000 })).toEqual([0, 1]);
      });

      it('starts and ends nothing under a row without a number, and reports it until it is fixed', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const [key, cap] = ['shared/cell/0', { name: 'cell', machines: 9 }];
        const [one, two] = await waitingJobs(stores, 1, 2);
        const take = async (job: Job, name: string) =>
          stores.launches.take({
            ...{ tenant, tier: givenTier({ maxRunners: 9 }), caps: [{ row: key, most: 9 }] },
            launch: givenLaunch([job], { capRows: [key], launchId: LaunchId(name) }),
          });
        await take(one!, 'launch-1');
        await stores.runners.bind([givenRunner({ capRows: [key] })]);
        expect(await stores.launches.repairCapRow({ key, leases: 7, changes: 7 })).toBe(false);
        await stores.corruptCap(key);

        expect(await take(two!, 'launch-2')).toEqual({ kind: 'cap-full', row: key });
        const end = { runner: givenRunner({ capRows: [key] }), reason: 'stood-down' as const, at: noon };
        // AWS documents the first one, as the reason of a cancelled transaction. DynamoDB Local refuses the request
        // with the second.
        const code = expect.stringMatching(/^Validation(Error|Exception)$/);
        await expect(stores.runners.end([end])).rejects.toMatchObject({ code });
        await expect(stores.launches.capUseAcrossTenants(cap)).rejects.toMatchObject({
          code: 'UnreadableRow',
        });
        const skipped: UnreadableRow[] = [];
        expect((await stores.launches.capUseAcrossTenants(cap, skipped)).rows).toEqual([]);
        expect(skipped).toMatchObject([{ key, error: { code: 'UnreadableRow' } }]);
        expect(await leases()).toBe(1);

        expect(await stores.launches.repairCapRow({ key, leases: 1, changes: noon })).toBe(true);
        expect((await stores.launches.capUseAcrossTenants(cap)).rows).toEqual([
          { key, leases: 1, changes: noon },
        ]);
        expect(await stores.runners.end([end])).toEqual(['ended']);
        expect(await counted(cap)).toEqual([0]);
      });

      it('subtracts missing machines when the launch closes', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        const capRows = ['shared/cell/0'];
        const launch = givenLaunch(await waitingJobs(stores, 1, 2), { capRows });
        const caps = [{ row: 'shared/cell/0', most: 9 }];
        await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 9 }), launch, caps });
        const answered = await stores.launches.answer(launch, new Map([[lease0, machine]]));
        for (let times = 0; times < 2; times += 1) await stores.launches.close(answered!, lookAt);
        expect(await counted({ name: 'cell', machines: 9 })).toEqual([1]);
      });
    });
  });
}
