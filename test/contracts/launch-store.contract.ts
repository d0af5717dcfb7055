/** What every LaunchStore promises about a launch after it is taken. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { acme, givenJob } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenLaunch, instances, launch1, lookAt, nobody, takenLaunch, theTenant } from './support/stored.ts';

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

    describe('a taken launch', () => {
      it('is not visible to another tenant', async () => {
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

      it('is held by one of two who would move the fence to where it is', async () => {
        const launch = await takenLaunch(stores, 1);

        expect(await stores.launches.hold(launch, launch.callUntil)).toBeUndefined();
      });

      it('is held while it is answered, too, so that the sweep can finish it', async () => {
        const launch = await takenLaunch(stores, 1);
        const answered = await stores.launches.answer(launch, instances);
        const until = launch.callUntil + 1000;

        expect(await stores.launches.hold(answered!, until)).toEqual({ ...answered, callUntil: until });
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

      it('is complete in one write, closed and listed, and stays as it is', async () => {
        const launch = await takenLaunch(stores, 1);
        const complete = { ...launch, state: 'closed', instances, lookAt };
        expect(await stores.launches.complete(launch, instances, lookAt)).toEqual(complete);
        expect(await stores.launches.complete(launch, new Map(), lookAt + 1)).toEqual(complete);
        expect(await stores.launches.answer(launch, new Map())).toEqual(complete);

        expect(await theLaunch()).toEqual(complete);
        expect(await leases()).toBe(1);
        expect(await stores.launches.hold(launch, launch.callUntil + 1)).toBeUndefined();
        expect(await stores.launches.listOverdueAcrossTenants(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
        expect(await stores.launches.listWatchedAcrossTenants(lookAt, 9)).toEqual([complete]);
      });

      it('is not complete once it has another answer', async () => {
        const launch = await takenLaunch(stores, 1);
        const answered = await stores.launches.answer(launch, new Map());
        expect(await stores.launches.complete(launch, instances, lookAt)).toEqual(answered);
        expect(await theLaunch()).toEqual(answered);
      });

      it('is not created by changing one that was not taken', async () => {
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
        await stores.launches.place(launch, instances);
        expect(await stores.launches.get(acme, launch1)).toEqual({ ...launch, instances });

        await stores.launches.answer(launch, instances);
        await stores.launches.close({ ...launch, instances }, lookAt);
        await stores.launches.place(launch, new Map());
        expect(await stores.launches.get(acme, launch1)).toMatchObject({
          state: 'closed',
          instances,
        });
      });
    });
  });
}
