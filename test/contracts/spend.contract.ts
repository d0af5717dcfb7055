/** What every store promises about spending: it changes with the leases, once for each, and no taking exceeds a cap. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, LaunchId } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { fadePeriod } from '../../lib/core/lives.ts';
import type { Settlement } from '../../lib/core/spend-counts.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { NewTenant } from '../../lib/ports/tenants.ts';
import { acme, givenTier, noon, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
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
import { takeUncontended } from './support/take-uncontended.ts';

const leaseCost = { expected: 300, ceiling: 9_000 };
const month = '2026-11';
const today = '2026-11-21';
const both = (micros: number) =>
  new Map([
    [month, micros],
    [today, micros],
  ]);
const lastSecond = Date.parse('2026-11-30T23:59:59Z');

export function spendContract(backend: StoreBackend): void {
  describe(`Spending ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    async function take(
      over: { tenant?: Tenant; launch?: Partial<Launch>; jobs?: number[]; caps?: NewTenant['caps'] } = {},
    ) {
      const tenant = over.tenant ?? (await storedTenant(stores, over.caps ? { caps: over.caps } : {}));
      const jobs = await waitingJobs(stores, ...(over.jobs ?? [1, 2]));
      const launch = givenLaunch(jobs, { leaseCost, ...over.launch });
      const tier = givenTier({ maxRunners: 9 });
      const outcome = await takeUncontended(stores, { tenant, tier, launch });
      return { launch, outcome: outcome.kind };
    }
    const spent = async () => (await theTenant(stores)).spent;
    const end = (spend: Settlement) =>
      stores.runners.end([{ runner: givenRunner({ leaseCost }), reason: 'stood-down', at: noon, spend }]);

    it('grows by what the machines are expected to cost, in the month and day of the launch, and once', async () => {
      const { launch } = await take();
      await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch });
      expect(await spent()).toEqual(both(600));
      expect((await stores.launches.get(acme, launch.launchId))?.leaseCost).toEqual(leaseCost);
    });

    it('is settled when a machine ends, in the month and day of its launch, however often it ends', async () => {
      await take({ launch: { createdAt: lastSecond } });
      await stores.runners.bind([givenRunner({ leaseCost })]);
      expect((await stores.runners.get(acme, machine))?.leaseCost).toEqual(leaseCost);
      for (let times = 0; times < 3; times += 1)
        await end({ launchedAt: lastSecond, change: 41, expected: 300, life: 2 });
      expect(await theTenant(stores)).toMatchObject({
        spent: new Map([
          [month, 641],
          ['2026-11-30', 641],
        ]),
        lives: new Map([[small, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]]),
        settled: new Map([['2026-11-30', 1]]),
      });
    });

    it('shrinks once by the expected cost of missing machines when the launch closes', async () => {
      const { launch } = await take();
      const answered = await stores.launches.answer(launch, new Map([[lease0, machine]]));
      for (let times = 0; times < 3; times += 1) await stores.launches.close(answered!, lookAt);
      expect(await spent()).toEqual(both(300));
    });

    it('shrinks by the cost for jobs that were gone before EC2 was asked, down to nothing', async () => {
      const { launch } = await take();
      const smaller = await stores.launches.shrink(launch, {
        without: launch.plannedJobs.slice(1),
        rateBack: 0,
      });
      expect(await spent()).toEqual(both(300));
      await stores.launches.shrink(smaller!, { without: smaller!.plannedJobs, rateBack: 0 });
      expect(await spent()).toBeUndefined();
    });

    it.each<NonNullable<NewTenant['caps']>>([{ month: 600 }, { month: 9_999, day: 600 }])(
      'may be as much as the cap: %p',
      async (caps) => {
        expect((await take({ caps })).outcome).toBe('taken');
        expect(await spent()).toEqual(both(600));
      },
    );

    it.each<NonNullable<NewTenant['caps']>>([
      { month: 599 },
      { month: 9_999, day: 599 },
      { unreadable: 'It is none.' },
    ])('rejects a plan that exceeds the caps it was made with: %p', async (caps) => {
      const tenant = { ...(await storedTenant(stores)), caps };
      await expect(take({ tenant })).rejects.toThrow(/is expected to cost 600|It is none/);
      expect(await spent()).toBeUndefined();
    });

    it.each<[string, NonNullable<NewTenant['caps']>]>([
      ['month', { month: 1_000 }],
      ['day', { day: 1_000 }],
    ])('never exceeds the cap of a %s, even if it was read before another launch', async (_, caps) => {
      const tenant = await storedTenant(stores, { caps, maxRunners: 9 });
      const launches = await Promise.all(
        [1, 2, 3].map((n) =>
          take({ tenant, jobs: [n * 10, n * 10 + 1], launch: { launchId: LaunchId(`l-${n}`) } }),
        ),
      );
      expect(launches.map(({ outcome }) => outcome).toSorted()).toEqual([
        'taken',
        'tenant-changed',
        'tenant-changed',
      ]);
      expect(await spent()).toEqual(both(600));
    });

    it.each<[string, NewTenant['caps'], OperatorEdit]>([
      ['set', undefined, { caps: { month: 9_999_999 } }],
      ['set for a day', undefined, { caps: { day: 9_999_999 } }],
      ['raised', { month: 10_000 }, { caps: { month: 9_999_999 } }],
      ['lowered', { day: 10_000 }, { caps: { day: 700 } }],
      ['made strict', { month: 10_000 }, { caps: { month: 10_000, strict: true } }],
      ['made less strict', { day: 10_000, strict: true }, { caps: { day: 10_000, strict: false } }],
    ])('obeys at once an operator by whom a cap was %s', async (_, caps, edit) => {
      const tenant = await storedTenant(stores, caps ? { caps } : {});
      await stores.edit(acme, edit);
      expect((await take({ tenant })).outcome).toBe('tenant-changed');
      const now = await theTenant(stores);
      expect(now.caps).toEqual(edit.caps);
      expect((await take({ tenant: now })).outcome).toBe('taken');
    });

    it('counts leases on the day when they are taken, whatever the last day spent', async () => {
      const tenant = await storedTenant(stores, { caps: { day: 600 }, maxRunners: 9 });
      await take({ tenant });
      const later = { launchId: LaunchId('l-2'), createdAt: noon + 86_400_000 };
      const next = await take({ tenant: await theTenant(stores), jobs: [5, 6], launch: later });
      expect(next.outcome).toBe('taken');
      expect((await spent())?.get(month)).toBe(1_200);
    });

    it('is forgotten with the day before yesterday and the month before the last one, by the next taking', async () => {
      const tenant = await storedTenant(stores, { maxRunners: 9, predecessor: InstallationId(7) });
      const launchedOn = async (day: string, n: number) => {
        const launch = { launchId: LaunchId(`l-${n}`), createdAt: Date.parse(`${day}T12:00:00Z`) };
        const now = await theTenant(stores);
        return take({ tenant: now, jobs: [n], launch });
      };
      await stores.tenants.clearPredecessor(acme, {
        predecessor: tenant.predecessor!,
        carried: new Map([['2026-08', 5]]),
      });
      const days = ['2026-09-29', '2026-10-30', '2026-11-19', '2026-11-20', '2026-11-21'];
      for (const [n, day] of nonEmpty([...days.entries()]))
        expect((await launchedOn(day, n + 1)).outcome).toBe('taken');
      expect(await theTenant(stores)).not.toHaveProperty('carried');
      expect(await spent()).toEqual(
        new Map([
          ['2026-10', 300],
          ['2026-11', 900],
          ['2026-11-20', 300],
          ['2026-11-21', 300],
        ]),
      );
    });

    it('has expected cost and age of held leases, by the day of the launch', async () => {
      const tenant = await storedTenant(stores, { maxRunners: 9 });
      const { launch } = await take({ tenant, jobs: [1, 2, 3] });
      const since = launch.createdAt / 1000;
      const heldNow = async () => (await theTenant(stores)).held;
      const held = (expected: number, sum: number) => ({
        expected: new Map([[today, expected]]),
        since: new Map([[today, new Map([[small, sum]])]]),
      });
      expect(await heldNow()).toEqual(held(900, 3 * since));
      const answered = await stores.launches.answer(launch, new Map([[lease0, machine]]));
      for (let times = 0; times < 2; times += 1) await stores.launches.close(answered!, lookAt);
      expect(await heldNow()).toEqual(held(300, since));
      await stores.runners.bind([givenRunner({ leaseCost, launchedAt: launch.createdAt })]);
      const spend = { launchedAt: launch.createdAt, change: 41, expected: 300 };
      for (let times = 0; times < 2; times += 1) await end(spend);
      expect(await heldNow()).toEqual(held(0, 0));
      const later = { launchId: LaunchId('l-2'), createdAt: noon + 2 * 86_400_000 };
      await take({ tenant: await theTenant(stores), jobs: [5], launch: later });
      expect([...(await heldNow())!.expected]).toEqual([['2026-11-23', 300]]);
      expect([...(await heldNow())!.since.keys()]).toEqual(['2026-11-23']);
    });

    it('must be as it was read, if the rest of the cap is reserved for held leases', async () => {
      const tenant = await storedTenant(stores, { caps: { month: 9_999 }, maxRunners: 9 });
      const tier = givenTier({ maxRunners: 9 });
      const launches = await Promise.all(
        [1, 2].map(async (n) => {
          const jobs = await waitingJobs(stores, n);
          const launch = givenLaunch(jobs, { leaseCost, launchId: LaunchId(`l-${n}`) });
          return (await takeUncontended(stores, { tenant, tier, launch, asRead: true })).kind;
        }),
      );
      expect(launches.toSorted()).toEqual(['taken', 'tenant-changed']);
      const again = await theTenant(stores);
      const launch = givenLaunch(await waitingJobs(stores, 3), { leaseCost, launchId: LaunchId('l-3') });
      expect((await stores.launches.take({ tenant: again, tier, launch, asRead: true })).kind).toBe('taken');
    });

    it('is not added to if one lease was taken and another one went back since it was read', async () => {
      const first = await storedTenant(stores, { caps: { month: 9_999 }, maxRunners: 9 });
      await take({ tenant: first, jobs: [1] });
      await stores.runners.bind([givenRunner({ leaseCost })]);
      const read = await theTenant(stores);
      await take({ tenant: read, jobs: [2], launch: { launchId: LaunchId('l-2') } });
      await end({ launchedAt: noon, change: -300, expected: 300 });
      expect(await spent()).toEqual(read.spent);
      const jobs = await waitingJobs(stores, 3);
      const launch = givenLaunch(jobs, { leaseCost, launchId: LaunchId('l-3') });
      const taking = { tier: givenTier({ maxRunners: 9 }), launch, asRead: true };
      expect((await stores.launches.take({ ...taking, tenant: read })).kind).toBe('tenant-changed');
      const now = await theTenant(stores);
      expect((await stores.launches.take({ ...taking, tenant: now })).kind).toBe('taken');
    });

    it('grows once by the cost of a machine that was not ended, and is settled with it', async () => {
      await take({ jobs: [1] });
      const runner = givenRunner({ leaseCost });
      await stores.runners.bind([runner]);
      const before = await theTenant(stores);
      expect(await stores.runners.expectMore(runner, { expected: 600 })).toBe(true);
      const same = { expected: 700, overrun: 80 };
      expect(await stores.runners.expectMore(runner, same)).toBe(false);
      const once = await stores.runners.get(acme, machine);
      expect(await stores.runners.expectMore(once!, { expected: 650, overrun: 30 })).toBe(true);
      const twice = await stores.runners.get(acme, machine);
      expect(await stores.runners.expectMore(twice!, same)).toBe(true);
      expect(await stores.runners.expectMore(twice!, same)).toBe(false);
      const raised = await stores.runners.get(acme, machine);
      expect(raised?.leaseCost).toEqual({ ...leaseCost, ...same });
      const now = await theTenant(stores);
      expect(now.spent).toEqual(both(700));
      expect([now.held?.expected.get(today), now.leaseChanges]).toEqual([700, before.leaseChanges + 3]);
      expect(now.held?.overrun?.get(today)).toBe(80);
      const ending = { reason: 'stood-down', at: noon } as const;
      const spend = { launchedAt: noon, change: -259, expected: 300, life: 2 };
      expect(await stores.runners.end([{ ...ending, runner, spend }])).toEqual(['changed']);
      const settled = { ...spend, change: -659, expected: 700, overrun: 80 };
      expect(await stores.runners.end([{ ...ending, runner: raised!, spend: settled }])).toEqual(['ended']);
      expect(await stores.runners.expectMore(raised!, { expected: 900 })).toBe(false);
      expect((await theTenant(stores)).spent).toEqual(both(41));
      const { held } = await theTenant(stores);
      expect([held?.expected.get(today), held?.overrun?.get(today)]).toEqual([0, 0]);
    });

    it('is not settled by an end that read a machine before it counted anything', async () => {
      await take({ jobs: [1] });
      const runner = givenRunner();
      await stores.runners.bind([runner]);
      expect(await stores.runners.expectMore(runner, { expected: 600 })).toBe(true);
      const ending = { reason: 'stood-down', at: noon } as const;
      expect(await stores.runners.expectMore(runner, { expected: 700 })).toBe(false);
      expect(await stores.runners.end([{ ...ending, runner }])).toEqual(['changed']);
    });

    it('is estimated from lives that are halved once in 30 days, even while machines end', async () => {
      const read = await storedTenant(stores, { maxRunners: 9 });
      const livesNow = async () => {
        const { lives, livesFaded } = await theTenant(stores);
        return [lives?.get(small)?.slice(0, 3), livesFaded?.get(small)];
      };
      const take = async (tenant: Tenant, n: number, createdAt: number) => {
        const launch = givenLaunch(await waitingJobs(stores, n), { createdAt, launchId: LaunchId(`l-${n}`) });
        return (await stores.launches.take({ tenant, tier: givenTier({ maxRunners: 9 }), launch })).kind;
      };
      const lived = async (times: number, life: number) => {
        for (let n = 0; n < times; n += 1) {
          const instanceId = InstanceId(`i-${life}-${n}`);
          await stores.runners.bind([givenRunner({ instanceId, leaseCost })]);
          const runner = givenRunner({ instanceId, leaseCost });
          const spend = { launchedAt: noon, change: 0, expected: 0, life };
          await stores.runners.end([{ runner, reason: 'stood-down', at: noon, spend }]);
        }
      };
      await lived(21, 1);
      const unfaded = await theTenant(stores);
      expect(await take(read, 1, noon)).toBe('taken');
      expect(await take(await theTenant(stores), 2, noon)).toBe('taken');
      expect(await take(unfaded, 6, noon)).toBe('tenant-changed');
      expect(await livesNow()).toEqual([[0, 21, 0], fadePeriod(noon)]);
      const later = noon + 30 * 86_400_000;
      const before = await theTenant(stores);
      await lived(1, 2);
      expect(await take(before, 3, later)).toBe('taken');
      expect(await livesNow()).toEqual([[0, 10, 1], fadePeriod(later)]);
      expect(await take(before, 4, later)).toBe('tenant-changed');
      expect(await take(await theTenant(stores), 5, later)).toBe('taken');
      expect(await livesNow()).toEqual([[0, 10, 1], fadePeriod(later)]);
    });

    it('is corrected on a day and in its month, unless it has changed since it was read', async () => {
      const read = await storedTenant(stores, { maxRunners: 9 });
      await take({ tenant: read });
      const correct = (tenant: Tenant, to: number) => stores.tenants.correctSpent(tenant, { day: today, to });
      expect(await correct(read, 7)).toBe(false);
      expect(await spent()).toEqual(both(600));
      const moved = await theTenant(stores);
      await take({
        tenant: moved,
        jobs: [7],
        launch: { launchId: LaunchId('l-7'), leaseCost: { expected: 0 } },
      });
      expect(await correct(moved, 700)).toBe(false);
      const standing = await theTenant(stores);
      expect(await correct(standing, 700)).toBe(true);
      expect(await correct({ ...standing, spent: both(700) }, 800)).toBe(false);
      expect(await spent()).toEqual(both(700));
      expect(await stores.tenants.correctSpent(await theTenant(stores), { day: '2026-11-20', to: 50 })).toBe(
        true,
      );
      expect(await spent()).toEqual(new Map([...both(700), ['2026-11-20', 50], [month, 750]]));
    });

    it('is not corrected by who read it before a machine was settled', async () => {
      await take({ tenant: await storedTenant(stores) });
      await stores.runners.bind([givenRunner({ leaseCost })]);
      const before = await theTenant(stores);
      expect(await end({ launchedAt: noon, change: -200, expected: 300, life: 2 })).toEqual(['ended']);
      expect(await stores.tenants.correctSpent(before, { day: today, to: 700 })).toBe(false);
      expect(await spent()).toEqual(both(400));
      expect(await stores.tenants.correctSpent(await theTenant(stores), { day: today, to: 700 })).toBe(true);
      expect(await spent()).toEqual(both(700));
    });

    it('is corrected where nothing was spent, and where there is no such tenant never', async () => {
      const before = await storedTenant(stores);
      const gone = { ...before, installationId: InstallationId(999) };
      expect(await stores.tenants.correctSpent(gone, { day: today, to: 500 })).toBe(false);
      expect(await stores.tenants.correctSpent(before, { day: today, to: 500 })).toBe(true);
      expect(await spent()).toEqual(both(500));
    });

    it('is carried over from an earlier installation, once, and counts under the cap', async () => {
      const tenant = { caps: { month: 1_000 }, predecessor: InstallationId(7) };
      await storedTenant(stores, tenant);
      const predecessor = InstallationId(7);
      await stores.tenants.clearPredecessor(acme, { predecessor, carried: both(500) });
      await stores.tenants.clearPredecessor(acme, { predecessor, carried: both(900) });
      const taker = await theTenant(stores);
      expect(taker.carried).toEqual(both(500));
      expect((await take({ tenant: taker, jobs: [1] })).outcome).toBe('taken');
      const more = { launchId: LaunchId('l-2') };
      expect((await take({ tenant: taker, jobs: [2], launch: more })).outcome).toBe('tenant-changed');
    });
  });
}
