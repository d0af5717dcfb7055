/**
 * In which lists over all tenants every LaunchStore has a launch, from its first look until its machines have ended.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LaunchId } from '../../lib/core/ids.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { acme, givenTier, noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  instances,
  launch1,
  lookAt,
  storedTenant,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

export function launchListsContract(backend: StoreBackend): void {
  describe(`LaunchStore and its lists ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const theLaunch = (id = launch1) => stores.launches.get(acme, id);

    describe('overdue', () => {
      const overdue = async (now: number, limit = 10) =>
        (await stores.launches.listOverdueAcrossTenants(now, limit)).map((launch) => launch.launchId);

      it('lists launches of an earlier version that are open past their fence, longest first', async () => {
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

      it('lists a launch at its first look from the beginning, open or closed, and under no fence', async () => {
        const launch = givenLaunch(await waitingJobs(stores, 1, 2), { lookAt });
        const tenant = await storedTenant(stores);
        await stores.launches.take({ tenant, tier: givenTier(), launch });
        const held = await stores.launches.hold(launch, noon + 90_000);
        expect(held).toEqual({ ...launch, callUntil: noon + 90_000 });

        expect(await overdue(Number.MAX_SAFE_INTEGER)).toEqual([]);
        const watched = (now: number) => stores.launches.listWatchedAcrossTenants(now, 10);
        expect([await watched(lookAt - 1), await watched(lookAt)]).toEqual([[], [held]]);
        const answered = await stores.launches.answer(held!, instances);
        expect(await watched(lookAt)).toEqual([answered]);
        await stores.launches.close(answered!, lookAt);
        expect(await watched(lookAt)).toEqual([{ ...answered, state: 'closed' }]);
      });

      it('lists launches by the page, in the order of their next look, from the last one of the page before', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 9 });
        for (const [n, later] of [3, 1, 2].entries()) {
          const of = { launchId: LaunchId(`at-${later}`), lookAt: lookAt + later };
          const launch = givenLaunch(await waitingJobs(stores, n + 1), of);
          await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 9 }), launch });
        }
        const page = async (from: number, limit: number) => {
          const { launches, next } = await stores.launches.pageAcrossTenants({ from, limit });
          return [...launches.map(({ launchId }) => launchId as string), next];
        };
        expect(await page(0, 2)).toEqual(['at-1', 'at-2', lookAt + 2]);
        expect(await page(lookAt + 2, 2)).toEqual(['at-2', 'at-3', lookAt + 3]);
        expect(await page(lookAt + 3, 2)).toEqual(['at-3', undefined]);
        expect(await page(lookAt + 4, 2)).toEqual([undefined]);
      });

      it('lists a launch again only if a manual edit removed it from all lists, open or closed', async () => {
        const watched = (now: number) => stores.launches.listWatchedAcrossTenants(now, 10);
        const launch = await takenLaunch(stores, 1);
        expect(await stores.launches.relist(launch1, noon)).toBe('listed');
        expect(await stores.launches.relist(LaunchId('unknown'), noon)).toBe('gone');
        expect(await stores.launches.get(acme, LaunchId('unknown'))).toBeUndefined();
        await stores.unlist(launch1);
        expect([await watched(Number.MAX_SAFE_INTEGER), await overdue(Number.MAX_SAFE_INTEGER)]).toEqual([
          [],
          [],
        ]);
        expect(await stores.launches.relist(launch1, noon)).toBe('listed-again');
        expect(await watched(noon)).toEqual([{ ...launch, lookAt: noon }]);

        await stores.launches.answer(launch, instances);
        await stores.launches.close({ ...launch, instances }, lookAt);
        await stores.unlist(launch1);
        expect(await watched(Number.MAX_SAFE_INTEGER)).toEqual([]);
        expect([
          await stores.launches.relist(launch1, noon),
          await stores.launches.relist(launch1, noon),
        ]).toEqual(['listed-again', 'listed']);
        expect(await watched(noon)).toEqual([{ ...launch, state: 'closed', instances, lookAt: noon }]);
      });

      it.each(['open changed', 'deadline removed', 'open and state removed'] as const)(
        'lists a launch again if a manual edit left this of its row: %s',
        async (edit) => {
          const [late, skipped] = [Number.MAX_SAFE_INTEGER, [] as UnreadableRow[]];
          const ids = async (list: 'listOverdueAcrossTenants' | 'listWatchedAcrossTenants') =>
            (await stores.launches[list](late, 10, skipped)).map(({ launchId }) => launchId);
          await takenLaunch(stores, 1);
          await stores.unlist(launch1, edit);
          expect([await ids('listOverdueAcrossTenants'), await ids('listWatchedAcrossTenants')]).toEqual([
            [],
            [],
          ]);
          expect(skipped).toEqual([]);
          expect(await stores.launches.relist(launch1, noon)).toBe('listed-again');
          expect(await stores.launches.relist(launch1, noon)).toBe('listed');
          const found = [...(await ids('listWatchedAcrossTenants')), ...skipped.map(({ key }) => key)];
          expect(found).toEqual([launch1]);
        },
      );

      it('lists no launch without any machine, or that was shrunk to nothing', async () => {
        const launch = givenLaunch(await waitingJobs(stores, 1), { lookAt });
        const tenant = await storedTenant(stores);
        await stores.launches.take({ tenant, tier: givenTier(), launch });
        const left = await stores.launches.shrink(launch, { without: launch.plannedJobs, rateBack: 0 });
        expect(left).not.toHaveProperty('lookAt');
        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);

        const other = givenLaunch(await waitingJobs(stores, 2), { launchId: LaunchId('other'), lookAt });
        await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch: other });
        const answered = await stores.launches.answer(other, new Map());
        await stores.launches.close(answered!, lookAt);
        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      });

      it('lists no launch of an earlier version without any machine', async () => {
        const launch = await takenLaunch(stores, 1);
        const answered = await stores.launches.answer(launch, new Map());
        await stores.launches.close(answered!, lookAt);

        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
        expect(await theLaunch()).toEqual({ ...launch, state: 'closed' });
      });
    });
  });
}
