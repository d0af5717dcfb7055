/** What every LaunchStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, LaunchId } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { reason } from '../../lib/core/reason.ts';
import type { SpoiltRow } from '../../lib/ports/spoilt-row.ts';
import { acme, givenJob, givenTier, medium, noon, small } from '../support/given.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
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
      it('counts the leases and stores the launch, and its jobs wait until they are covered', async () => {
        const tenant = await storedTenant(stores);
        const jobs = await waitingJobs(stores, 1, 2);
        const launch = givenLaunch(jobs);

        expect(await stores.launches.take({ tenant, tier: givenTier(), launch })).toEqual({ kind: 'taken' });

        const { held: _, ...taker } = await theTenant(stores);
        expect(taker).toEqual({
          ...tenant,
          leases: 2,
          tierLeases: new Map([[small, 2]]),
          leaseChanges: 1,
        });
        expect(await stores.jobs.listWaiting(acme, small, 10)).toEqual(jobs);
        expect(await stores.launches.cover(launch)).toEqual([]);
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

      it.each<[string, OperatorEdit]>([
        ['a greater max_runners, in the tier of the plan', { maxRunners: 3 }],
        ['a greater plan', { tier: medium, maxRunners: 3 }],
        ["a limit of the tenant's own", { tier: medium, maxRunners: 9, tierLimits: new Map([[small, 3]]) }],
      ])('takes more than the limit of the tier by %s', async (_, edit) => {
        await takenLaunch(stores, 1, 2);
        await stores.edit(acme, edit);
        const launch = givenLaunch(await waitingJobs(stores, 11), { launchId: LaunchId('launch-2') });
        const tier = givenTier({ maxRunners: 2, includedIn: edit.tierLimits ? [] : [medium] });

        const outcome = await stores.launches.take({ tenant: await theTenant(stores), tier, launch });

        expect(outcome).toEqual({ kind: 'taken' });
        expect(await leases()).toBe(3);
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
        await stores.launches.cover(launch);

        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: 'launch-2.0', attempts: 2 });
      });
    });

    describe('cover', () => {
      it('names the jobs that are gone, and leaves them as they are', async () => {
        const tenant = await storedTenant(stores);
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));
        await stores.launches.take({ tenant, tier: givenTier(), launch });
        await stores.jobs.finish(acme, JobId(2), { outcome: 'cancelled', at: noon });

        expect(await stores.launches.cover(launch)).toEqual([launch.plannedJobs[1]]);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ state: 'covered', lease: lease0 });
        expect(await stores.jobs.get(acme, JobId(2))).toMatchObject({ state: 'done' });
      });

      it('changes nothing when it is done again, and takes no job from another lease', async () => {
        const launch = await takenLaunch(stores, 1);
        const later = givenLaunch([givenJob()], { launchId: LaunchId('launch-2') });

        expect(await stores.launches.cover(launch)).toEqual([]);
        expect(await stores.launches.cover(later)).toEqual(later.plannedJobs);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: lease0, attempts: 1 });
      });

      it('makes no job by covering one that is not known', async () => {
        const launch = givenLaunch([givenJob()]);

        expect(await stores.launches.cover(launch)).toEqual(launch.plannedJobs);
        expect(await stores.jobs.get(acme, JobId(1))).toBeUndefined();
      });

      it('takes a job out of its rest', async () => {
        const launch = await takenLaunch(stores, 1);
        const rest = { tier: small, retryAt: noon + 60_000, replacements: 1 };
        await stores.jobs.waitAgain(acme, JobId(1), lease0, reason('capacity', 'None came.'), rest);

        expect(await stores.launches.cover(launch)).toEqual([]);
        expect(await stores.jobs.get(acme, JobId(1))).not.toHaveProperty('retryAt');
        expect(await stores.jobs.listWaiting(acme, small, 10)).toEqual([]);
      });
    });

    describe('shrink', () => {
      it('asks for fewer machines, and gives their leases back once', async () => {
        const launch = await takenLaunch(stores, 1, 2);
        const [, second] = launch.plannedJobs;

        const smaller = await stores.launches.shrink(launch, { without: [second!], rateBack: 0 });

        expect(smaller?.plannedJobs).toEqual([launch.plannedJobs[0]]);
        expect(smaller?.request.TargetCapacitySpecification.TotalTargetCapacity).toBe(1);
        expect(await theLaunch()).toEqual(smaller);
        expect(await leases()).toBe(1);
      });

      it('closes a launch of which no job is left, and gives the launch rate back', async () => {
        const tenant = await storedTenant(stores);
        const launch = givenLaunch(await waitingJobs(stores, 1));
        const rate = { cost: 900, usedAtMost: 59_100, from: noon, anew: { instead: undefined } };
        await stores.launches.take({ tenant, tier: givenTier(), launch, rate });

        const none = await stores.launches.shrink(launch, { without: launch.plannedJobs, rateBack: 900 });

        expect(none).toMatchObject({ state: 'closed', plannedJobs: [] });
        expect(await theLaunch()).toEqual(none);
        expect(await theTenant(stores)).toMatchObject({ leases: 0, rateUsedUntil: noon });
        expect(await stores.launches.listOverdueAcrossTenants(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
      });

      it('is too late once somebody else has the fence, or there is an answer', async () => {
        const launch = await takenLaunch(stores, 1, 2);
        const held = await stores.launches.hold(launch, launch.callUntil + 1);
        expect(
          await stores.launches.shrink(launch, { without: [launch.plannedJobs[1]!], rateBack: 0 }),
        ).toBeUndefined();

        await stores.launches.answer(held!, instances);
        expect(
          await stores.launches.shrink(held!, { without: [launch.plannedJobs[1]!], rateBack: 0 }),
        ).toBeUndefined();
        expect(await leases()).toBe(2);
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

      it('where the cap of a tier is reached that the plan does not include, though the tenant has room', async () => {
        await takenLaunch(stores, 1, 2);
        await stores.edit(acme, { tier: medium, maxRunners: 9 });

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

      it.each<[string, OperatorEdit, OperatorEdit]>([
        ['the plan', { maxRunners: 9 }, { tier: medium }],
        ['a limit for the tier, where none was,', { maxRunners: 9 }, { tierLimits: new Map([[small, 9]]) }],
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

      it('where the tenant’s own limit for the tier is reached, whatever its total', async () => {
        await takenLaunch(stores, 1);
        await stores.edit(acme, { maxRunners: 9, tierLimits: new Map([[small, 1]]) });

        expect(await refused(await second())).toMatchObject({ kind: 'tenant-changed' });
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

      it('lists what an earlier version took and left open past its fence, longest first', async () => {
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

      it('lists a launch again where a hand took it out of all lists, open or closed, and only then', async () => {
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
        'lists a launch again of whose row a hand left this: %s',
        async (edit) => {
          const [late, skipped] = [Number.MAX_SAFE_INTEGER, [] as SpoiltRow[]];
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

      it('lists no launch of which no machine came, or that was made smaller until nothing was left', async () => {
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

      it('lists no launch of which no machine came, where an earlier version took it', async () => {
        const launch = await takenLaunch(stores, 1);
        const answered = await stores.launches.answer(launch, new Map());
        await stores.launches.close(answered!, lookAt);

        expect(await stores.launches.listWatchedAcrossTenants(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
        expect(await theLaunch()).toEqual({ ...launch, state: 'closed' });
      });
    });
  });
}
