/** The caps of a tenant, and the changes of it, at which every LaunchStore refuses to take a launch. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, LaunchId } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { acme, givenTier, medium, small } from '../support/given.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  launch1,
  nobody,
  storedTenant,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

export function launchCapsContract(backend: StoreBackend): void {
  describe(`LaunchStore and caps ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const theLaunch = (id = launch1) => stores.launches.get(acme, id);

    describe('take is refused, with nothing written,', () => {
      const refused = async (launch: Launch, tier = givenTier(), tenant = theTenant(stores)) => {
        const outcome = await stores.launches.take({ tenant: await tenant, tier, launch });
        expect(await theLaunch(launch.launchId)).toBeUndefined();
        return outcome;
      };
      const second = async () =>
        givenLaunch(await waitingJobs(stores, 11), { launchId: LaunchId('launch-2') });

      it('if the tenant’s leases are used up', async () => {
        await takenLaunch(stores, 1, 2);

        const outcome = await refused(await second(), givenTier({ maxRunners: 9 }));

        expect(outcome).toEqual({ kind: 'tenant-changed', tenant: await theTenant(stores) });
        expect(await stores.jobs.listWaiting(acme, small, 10)).toHaveLength(1);
      });

      it('if the limit of a tier outside the plan is reached, even if the tenant has room', async () => {
        await takenLaunch(stores, 1, 2);
        await stores.edit(acme, { tier: medium, maxRunners: 9 });

        expect(await refused(await second(), givenTier({ maxRunners: 2 }))).toMatchObject({
          kind: 'tenant-changed',
        });
      });

      it('if an operator has changed the limit since it was read, and returns the new one', async () => {
        const tenant = await storedTenant(stores);
        await stores.setMaxRunners(acme, 1);
        const launch = await second();

        const outcome = await refused(launch, givenTier(), Promise.resolve(tenant));

        expect(outcome).toMatchObject({ kind: 'tenant-changed', tenant: { maxRunners: 1 } });
      });

      it.each<[string, OperatorEdit, OperatorEdit]>([
        ['the plan', { maxRunners: 9 }, { tier: medium }],
        ['a missing limit for the tier', { maxRunners: 9 }, { tierLimits: new Map([[small, 9]]) }],
        [
          'the limit for the tier',
          { tierLimits: new Map([[small, 1]]) },
          { tierLimits: new Map([[small, 9]]) },
        ],
      ])('where an operator has changed %s since it was read', async (_, before, edit) => {
        await storedTenant(stores);
        await stores.edit(acme, before);
        const tenant = await theTenant(stores);
        await stores.edit(acme, edit);

        const outcome = await refused(await second(), givenTier(), Promise.resolve(tenant));

        expect(outcome).toEqual({ kind: 'tenant-changed', tenant: await theTenant(stores) });
      });

      it('if the tenant’s own limit for the tier is reached, whatever its total', async () => {
        await takenLaunch(stores, 1);
        await stores.edit(acme, { maxRunners: 9, tierLimits: new Map([[small, 1]]) });

        expect(await refused(await second())).toMatchObject({ kind: 'tenant-changed' });
      });

      it.each(['suspended', 'pending', 'deleted'] as const)('if the tenant is %s', async (status) => {
        const tenant = await storedTenant(stores);
        await stores.setStatus(acme, status);

        const outcome = await refused(await second(), givenTier(), Promise.resolve(tenant));

        expect(outcome).toMatchObject({ kind: 'tenant-changed', tenant: { status } });
      });

      it('if an earlier installation still has machines', async () => {
        await storedTenant(stores, { predecessor: InstallationId(7) });

        expect(await refused(await second())).toMatchObject({
          kind: 'tenant-changed',
          tenant: { predecessor: 7 },
        });
      });

      it('if there is no such tenant', async () => {
        const tenant = { ...(await storedTenant(stores)), installationId: nobody };

        const outcome = await refused(await second(), givenTier(), Promise.resolve(tenant));

        expect(outcome).toEqual({ kind: 'tenant-changed', tenant: undefined });
      });
    });
  });
}
