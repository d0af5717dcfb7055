/** What every LaunchStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, LaunchId } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, givenTier, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  launch1,
  lease0,
  lookAt,
  machine,
  nobody,
  storedTenant,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

const instances = new Map([[lease0, machine]]);

export function launchStoreContract(backend: StoreBackend): void {
  describe(`LaunchStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const theLaunch = (id = launch1) => stores.launches.get(acme, id);
    const leases = async () => (await theTenant(stores)).leases;

    describe('take', () => {
      it('counts the leases, covers the jobs and stores the launch', async () => {
        const tenant = await storedTenant(stores);
        const jobs = await waitingJobs(stores, 1, 2);
        const launch = givenLaunch(jobs);

        expect(await stores.launches.take({ tenant, tier: givenTier(), launch })).toEqual({ kind: 'taken' });

        expect(await theTenant(stores)).toEqual({
          ...tenant,
          leases: 2,
          tierLeases: new Map([[small, 2]]),
          leaseChanges: 1,
        });
        expect(await stores.jobs.get(acme, JobId(1))).toEqual({
          ...jobs[0],
          state: 'covered',
          lease: lease0,
          attempts: 1,
        });
        expect(await stores.jobs.listWaiting(acme, small, 10)).toEqual([]);
        expect(await theLaunch()).toEqual(launch);
      });

      it('counts as taken when it was taken before', async () => {
        const launch = await takenLaunch(stores, 1, 2);
        const tenant = await theTenant(stores);

        expect(await stores.launches.take({ tenant, tier: givenTier(), launch })).toEqual({ kind: 'taken' });
        expect(await leases()).toBe(2);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ attempts: 1 });
      });

      it('takes as many machines as one transaction can hold', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 98 });
        const launch = givenLaunch(await waitingJobs(stores, ...Array.from({ length: 96 }, (_, n) => n + 1)));

        const outcome = await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 98 }), launch });

        expect(outcome).toEqual({ kind: 'taken' });
        expect(await leases()).toBe(96);
      });

      it('throws at a plan that exceeds the limits it was made with', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 1 });
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));

        const taking = stores.launches.take({ tenant, tier: givenTier(), launch });

        await expect(taking).rejects.toThrow('asks for 2 machines; allowed are 1 to 1');
      });

      it('counts the attempts of a job that is launched for again', async () => {
        await takenLaunch(stores, 1);
        await stores.jobs.waitAgain(acme, JobId(1), lease0, reason('capacity', 'No machine came.'));
        const launch = givenLaunch([givenJob()], { launchId: LaunchId('launch-2') });

        await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch });

        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: 'launch-2.0', attempts: 2 });
      });
    });

    describe('take is refused, with nothing written,', () => {
      const refused = async (launch: Launch, tier = givenTier(), tenant = theTenant(stores)) => {
        const outcome = await stores.launches.take({ tenant: await tenant, tier, launch });
        expect(await theLaunch(launch.launchId)).toBeUndefined();
        return outcome;
      };
      const second = async () =>
        givenLaunch(await waitingJobs(stores, 11), { launchId: LaunchId('launch-2') });

      it('where the tenant’s leases are taken', async () => {
        await takenLaunch(stores, 1, 2);

        const outcome = await refused(await second(), givenTier({ maxRunners: 9 }));

        expect(outcome).toEqual({ kind: 'tenant-changed', tenant: await theTenant(stores) });
        expect(await stores.jobs.listWaiting(acme, small, 10)).toHaveLength(1);
      });

      it('where the tier’s cap is reached, though the tenant has room', async () => {
        await takenLaunch(stores, 1, 2);
        await stores.setMaxRunners(acme, 9);

        expect(await refused(await second(), givenTier({ maxRunners: 2 }))).toMatchObject({
          kind: 'tenant-changed',
        });
      });

      it('where an operator has changed the limit since it was read, and tells the new one', async () => {
        const tenant = await storedTenant(stores);
        await stores.setMaxRunners(acme, 1);
        const launch = await second();

        const outcome = await refused(launch, givenTier(), Promise.resolve(tenant));

        expect(outcome).toMatchObject({ kind: 'tenant-changed', tenant: { maxRunners: 1 } });
      });

      it.each(['suspended', 'pending', 'deleted'] as const)('where the tenant is %s', async (status) => {
        const tenant = await storedTenant(stores);
        await stores.setStatus(acme, status);

        const outcome = await refused(await second(), givenTier(), Promise.resolve(tenant));

        expect(outcome).toMatchObject({ kind: 'tenant-changed', tenant: { status } });
      });

      it('where an earlier installation still has machines', async () => {
        await storedTenant(stores, { predecessor: InstallationId(7) });

        expect(await refused(await second())).toMatchObject({
          kind: 'tenant-changed',
          tenant: { predecessor: 7 },
        });
      });

      it('where there is no such tenant', async () => {
        const tenant = { ...(await storedTenant(stores)), installationId: nobody };

        const outcome = await refused(await second(), givenTier(), Promise.resolve(tenant));

        expect(outcome).toEqual({ kind: 'tenant-changed', tenant: undefined });
      });

      it('where one of its jobs no longer waits', async () => {
        await storedTenant(stores);
        const jobs = await waitingJobs(stores, 1, 2);
        await stores.jobs.finish(acme, JobId(2), { outcome: 'cancelled', at: noon });

        expect(await refused(givenLaunch(jobs))).toEqual({ kind: 'jobs-changed' });
        expect(await leases()).toBe(0);
        expect(await stores.jobs.get(acme, JobId(1))).toEqual(jobs[0]);
      });
    });

    describe('after it is taken', () => {
      it('is not there for another tenant', async () => {
        await takenLaunch(stores, 1);

        expect(await stores.launches.get(nobody, launch1)).toBeUndefined();
      });

      it('is held by one of two who read the same fence', async () => {
        const launch = await takenLaunch(stores, 1);
        const until = launch.callUntil + 1000;

        expect(await stores.launches.hold(launch, until)).toEqual({ ...launch, callUntil: until });
        expect(await stores.launches.hold(launch, until + 1)).toBeUndefined();
        expect(await theLaunch()).toMatchObject({ callUntil: until });
      });

      it('keeps the first answer', async () => {
        const launch = await takenLaunch(stores, 1);

        await stores.launches.answer(launch, instances);
        await stores.launches.answer(launch, new Map());

        expect(await theLaunch()).toEqual({ ...launch, state: 'answered', instances });
      });

      it('closes once it is answered, and stays as it closed', async () => {
        const launch = await takenLaunch(stores, 1);
        await stores.launches.close(launch, lookAt);
        expect(await theLaunch()).toEqual(launch);

        const answered = await stores.launches.answer(launch, instances);
        expect(answered).toEqual({ ...launch, state: 'answered', instances });
        await stores.launches.close(answered!, lookAt);
        await stores.launches.answer(launch, new Map());
        await stores.launches.close({ ...launch, instances: new Map() }, lookAt);

        expect(await theLaunch()).toEqual({ ...launch, state: 'closed', instances, lookAt });
        expect(await leases()).toBe(1);
        expect(await stores.launches.hold(launch, launch.callUntil + 1)).toBeUndefined();
      });

      it('makes no launch by changing one that was not taken', async () => {
        const launch = givenLaunch([givenJob()]);

        expect(await stores.launches.answer(launch, instances)).toBeUndefined();
        await stores.launches.close({ ...launch, instances }, lookAt);

        expect(await stores.launches.hold(launch, launch.callUntil + 1)).toBeUndefined();
        expect(await theLaunch()).toBeUndefined();
      });
    });

    describe('place', () => {
      it('keeps which machine got which lease while the launch is open, and no longer', async () => {
        const launch = await takenLaunch(stores, 1);
        const places = new Map([[lease0, machine]]);
        await stores.launches.place(launch, places);
        expect(await stores.launches.get(acme, launch1)).toEqual({ ...launch, instances: places });

        await stores.launches.answer(launch, places);
        await stores.launches.close({ ...launch, instances: places }, lookAt);
        await stores.launches.place(launch, new Map());
        expect(await stores.launches.get(acme, launch1)).toMatchObject({
          state: 'closed',
          instances: places,
        });
      });
    });

    describe('overdue', () => {
      const overdue = async (now: number, limit = 10) =>
        (await stores.launches.listOverdueAcrossTenants(now, limit)).map((launch) => launch.launchId);

      it('lists what is open past its fence, longest first, up to the limit', async () => {
        await takenLaunch(stores, 1);
        const early = givenLaunch(await waitingJobs(stores, 2), {
          launchId: LaunchId('early'),
          callUntil: noon,
        });
        await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch: early });

        expect(await overdue(noon - 1)).toEqual([]);
        expect(await overdue(noon + 1)).toEqual(['early']);
        expect(await overdue(noon + 60_001)).toEqual(['early', launch1]);
        expect(await overdue(noon + 60_001, 1)).toEqual(['early']);
      });

      it('keeps an answered launch, counts from the moved fence, and forgets a closed one', async () => {
        const launch = await takenLaunch(stores, 1);
        await stores.launches.hold(launch, noon + 90_000);
        await stores.launches.answer(launch, instances);

        expect(await overdue(noon + 60_001)).toEqual([]);
        expect(await overdue(noon + 90_001)).toEqual([launch1]);

        await stores.launches.close({ ...launch, instances }, lookAt);
        expect(await overdue(noon + 90_001)).toEqual([]);
      });

      it('lists a closed launch when its machines are to be looked at, until all of them have ended', async () => {
        const watched = async (now: number) =>
          (await stores.launches.listWatchedAcrossTenants(now, 10)).map((launch) => launch.launchId);
        const launch = await takenLaunch(stores, 1);
        await stores.launches.lookAgain(launch, noon);
        expect(await watched(Number.MAX_SAFE_INTEGER)).toEqual([]);
        await stores.launches.answer(launch, instances);
        await stores.launches.close({ ...launch, instances }, lookAt);

        expect([await watched(lookAt - 1), await watched(lookAt)]).toEqual([[], [launch1]]);
        await stores.launches.lookAgain(launch, lookAt + 9);
        expect([await watched(lookAt), await watched(lookAt + 9)]).toEqual([[], [launch1]]);
        await stores.launches.lookAgain(launch, undefined);
        expect(await watched(Number.MAX_SAFE_INTEGER)).toEqual([]);
        expect(await theLaunch()).toEqual({ ...launch, state: 'closed', instances });
      });

      it('lists no launch of which no machine came', async () => {
        const launch = await takenLaunch(stores, 1);
        const answered = await stores.launches.answer(launch, new Map());
        await stores.launches.close(answered!, lookAt);

        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
        expect(await theLaunch()).toEqual({ ...launch, state: 'closed' });
      });
    });
  });
}
