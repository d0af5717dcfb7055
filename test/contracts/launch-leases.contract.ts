/**
 * What every LaunchStore promises about leases: a launch takes them, gives them to jobs, and gives back those that
 * are left over.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobId, LaunchId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, givenTier, medium, noon, small } from '../support/given.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  instances,
  launch1,
  lease0,
  storedTenant,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

export function launchLeasesContract(backend: StoreBackend): void {
  describe(`LaunchStore and leases ${backend.name}`, () => {
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

      it('succeeds if it was taken before', async () => {
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

      it('throws if a plan exceeds its own limits', async () => {
        const tenant = await storedTenant(stores, { maxRunners: 1 });
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));

        const taking = stores.launches.take({ tenant, tier: givenTier(), launch });

        await expect(taking).rejects.toThrow('requests 2 machines; 1 to 1 are allowed');
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
      it('returns the jobs that are gone, and leaves them unchanged', async () => {
        const tenant = await storedTenant(stores);
        const launch = givenLaunch(await waitingJobs(stores, 1, 2));
        await stores.launches.take({ tenant, tier: givenTier(), launch });
        await stores.jobs.finish(acme, JobId(2), { outcome: 'cancelled', at: noon });

        expect(await stores.launches.cover(launch)).toEqual([launch.plannedJobs[1]]);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ state: 'covered', lease: lease0 });
        expect(await stores.jobs.get(acme, JobId(2))).toMatchObject({ state: 'done' });
      });

      it('leaves a job that was moved to another tier', async () => {
        const tenant = await storedTenant(stores);
        const [job] = await waitingJobs(stores, 1);
        const launch = givenLaunch([job!]);
        await stores.launches.take({ tenant, tier: givenTier(), launch });
        await stores.jobs.moveTier(job!, medium);

        expect(await stores.launches.cover(launch)).toEqual(launch.plannedJobs);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ state: 'waiting', tier: medium });
      });

      it('changes nothing when repeated, and takes no job from another lease', async () => {
        const launch = await takenLaunch(stores, 1);
        const later = givenLaunch([givenJob()], { launchId: LaunchId('launch-2') });

        expect(await stores.launches.cover(launch)).toEqual([]);
        expect(await stores.launches.cover(later)).toEqual(later.plannedJobs);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: lease0, attempts: 1 });
      });

      it('creates no job by covering an unknown one', async () => {
        const launch = givenLaunch([givenJob()]);

        expect(await stores.launches.cover(launch)).toEqual(launch.plannedJobs);
        expect(await stores.jobs.get(acme, JobId(1))).toBeUndefined();
      });

      it("ends a job's pause", async () => {
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

      it('closes a launch without remaining jobs, and gives the launch rate back', async () => {
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

      it('fails once somebody else has the fence, or there is an answer', async () => {
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
  });
}
