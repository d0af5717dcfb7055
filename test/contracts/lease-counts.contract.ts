/**
 * What every store promises about lease counts: each lease is added once and subtracted once, in the same write as
 * its reason.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstanceId, type LeaseId, leaseOf, TierName } from '../../lib/core/ids.ts';
import type { RunnerEnd } from '../../lib/ports/runners.ts';
import { acme, givenTier, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  givenRunner,
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

const lease1 = leaseOf(launch1, 1);
const other = InstanceId('i-2');
const endOf = (over: Parameters<typeof givenRunner>[0] = {}): RunnerEnd => ({
  runner: givenRunner(over),
  reason: 'stood-down',
  at: noon,
});

export function leaseCountsContract(backend: StoreBackend): void {
  describe(`Counts of leases ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const counts = async () => {
      const { leases, tierLeases } = await theTenant(stores);
      return [leases, tierLeases.get(small) ?? 0];
    };

    it('go down by one with the end of a machine, however often it ends', async () => {
      await takenLaunch(stores, 1, 2);
      await stores.runners.bind([givenRunner()]);

      for (let times = 0; times < 3; times += 1) await stores.runners.end([endOf()]);

      expect(await counts()).toEqual([1, 1]);
    });

    it('go down by each of several machines that end together, except those that had ended', async () => {
      await takenLaunch(stores, 1, 2);
      await stores.runners.bind([givenRunner(), givenRunner({ instanceId: other, lease: lease1 })]);
      await stores.runners.end([endOf()]);

      const outcomes = await stores.runners.end([endOf(), endOf({ instanceId: other, lease: lease1 })]);

      expect(outcomes).toEqual(['was-ended', 'ended']);
      expect(await counts()).toEqual([0, 0]);
      expect((await theTenant(stores)).tierLeases).toEqual(new Map());
    });

    it('stay if a machine cannot end yet, while the others that end with it are counted', async () => {
      await takenLaunch(stores, 1, 2);
      await stores.runners.bind([givenRunner(), givenRunner({ instanceId: other, lease: lease1 })]);
      await stores.runners.recordRan([{ instanceId: machine, jobId: 9 as never }]);

      const outcomes = await stores.runners.end([endOf(), endOf({ instanceId: other, lease: lease1 })]);

      expect(outcomes).toEqual(['changed', 'ended']);
      expect(await counts()).toEqual([1, 1]);
    });

    it('go down once by the missing machines when the launch closes', async () => {
      const launch = await takenLaunch(stores, 1, 2);
      const came = new Map<LeaseId, InstanceId>([[lease0, machine]]);
      const answered = await stores.launches.answer(launch, came);
      expect(await counts()).toEqual([2, 2]);

      for (let times = 0; times < 3; times += 1) await stores.launches.close(answered!, lookAt);

      expect(await counts()).toEqual([1, 1]);
    });

    it('do not go down when a launch closes that was not answered', async () => {
      const launch = await takenLaunch(stores, 1, 2);

      await stores.launches.close(launch, lookAt);

      expect(await counts()).toEqual([2, 2]);
    });

    it('of tiers stay separate, whatever characters their names have', async () => {
      const tier = givenTier({ name: TierName('gpu-large') });
      const tenant = await storedTenant(stores);
      const launch = givenLaunch(await waitingJobs(stores, 1), { tier: tier.name });
      await stores.launches.take({ tenant, tier, launch });

      expect((await theTenant(stores)).tierLeases).toEqual(new Map([[tier.name, 1]]));
    });

    it('do not recreate a tenant whose row was deleted, and the machine still ends', async () => {
      await stores.runners.bind([givenRunner({ installationId: nobody })]);

      expect(await stores.runners.end([endOf({ installationId: nobody })])).toEqual(['ended']);
      expect(await stores.tenants.get(nobody)).toBeUndefined();
    });

    it('are corrected before the first lease, unless one was taken since, and for no unknown tenant', async () => {
      const read = await storedTenant(stores);
      const none = { tierLeases: new Map(), held: undefined };
      expect(await stores.tenants.correctLeases({ ...read, installationId: nobody }, none)).toBe(false);
      expect(await stores.tenants.get(nobody)).toBeUndefined();
      expect(await stores.tenants.correctLeases(read, none)).toBe(true);
      const launch = givenLaunch(await waitingJobs(stores, 1));
      await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch });
      expect(await stores.tenants.correctLeases(read, none)).toBe(false);
      expect(await counts()).toEqual([1, 1]);
    });

    it('of fifty machines of two tenants go down to nothing', async () => {
      await takenLaunch(stores, 1, 2);
      const runners = Array.from({ length: 50 }, (_, n) =>
        givenRunner({ instanceId: InstanceId(`i-${n}`), installationId: n < 2 ? acme : nobody }),
      );
      await stores.runners.bind(runners);

      const outcomes = await stores.runners.end(
        runners.map((runner) => ({ runner, reason: 'stood-down', at: noon })),
      );

      expect(new Set(outcomes)).toEqual(new Set(['ended']));
      expect(await counts()).toEqual([0, 0]);
    });

    it('are corrected only if they have not changed since they were read', async () => {
      await takenLaunch(stores, 1, 2);
      const read = await theTenant(stores);
      const correct = (leases: number) => ({
        tierLeases: new Map([[small, leases]]),
        held: {
          expected: new Map([['2026-11-20', 7]]),
          since: new Map([['2026-11-20', new Map([[small, leases * 1_795_132_800]])]]),
        },
      });
      await stores.runners.bind([givenRunner()]);
      await stores.runners.end([endOf()]);

      expect(await stores.tenants.correctLeases(read, correct(7))).toBe(false);
      const now = await theTenant(stores);
      expect(await stores.tenants.correctLeases(now, correct(3))).toBe(true);
      expect(await counts()).toEqual([3, 3]);
      expect(await stores.tenants.correctLeases(now, correct(0))).toBe(false);
      expect((await theTenant(stores)).held).toEqual({
        expected: new Map([['2026-11-20', 7]]),
        since: new Map([
          ['2026-11-20', new Map([[small, 3 * 1_795_132_800]])],
          ['2026-11-21', new Map([[small, 0]])],
        ]),
      });
    });
  });
}
