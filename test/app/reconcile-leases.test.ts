import { describe, expect, it } from '@jest/globals';
import { readOpenRows, reconcileLeases } from '../../lib/app/reconciler/reconcile-leases.ts';
import { reconcileTenants } from '../../lib/app/reconciler/reconcile-tenants.ts';
import type { Visit } from '../../lib/app/reconciler/tenant-visit.ts';
import { JobId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { sameHeld } from '../../lib/core/lease-census.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { HeldLeases } from '../../lib/core/spend-counts.ts';
import { givenRunner, launch1 } from '../contracts/support/stored.ts';
import { acme, givenJob, medium, noon, small } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';
import { givenListening, isQueued, labels, minutes, queued, repairs } from '../support/reconciled.ts';

describe('lease counts that differ from the rows', () => {
  const setCount = (platform: Platform, leases: number) =>
    platform.stores.world.editTenant(acme, { leases, tierLeases: new Map([[small, leases]]) });
  const reconcileEvery5 = async (platform: Platform, times: number) => {
    for (let n = 0; n < times; n += 1) {
      await platform.reconcile();
      platform.clock.advance(minutes(5));
    }
  };

  it('are raised in the next run if they are too low', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    await platform.reconcile();
    expect(await platform.leases()).toBe(0);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(await platform.leases()).toBe(1);
    expect(repairs(platform, 'lease-count-corrected')).toBe(1);
    await expectBalanced(platform);
  });

  it('are lowered only when no machine with a lost row can still be alive', async () => {
    const { platform, machine } = await givenListening();
    platform.stores.world.rows.runners.delete(machine);
    // With the launch's row the sweep would write the machine's anew.
    platform.stores.world.rows.launches.clear();
    platform.compute.machines.get(machine)!.hidden = true;
    await reconcileEvery5(platform, 13);
    expect(await platform.leases()).toBe(1);
    platform.compute.machines.get(machine)!.hidden = false;
    await platform.reconcile();
    expect(platform.liveMachines()).not.toContain(machine);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(await platform.leases()).toBe(0);
  });

  it.each<[string, HeldLeases]>([
    [
      'more',
      { expected: new Map([['2026-11-21', 9]]), since: new Map([['2026-11-21', new Map([[small, 9]])]]) },
    ],
    ['nothing', { expected: new Map(), since: new Map() }],
    [
      'a machine of another day',
      { expected: new Map(), since: new Map([['2026-11-19', new Map([[small, 1_795_100_000]])]]) },
    ],
  ])(
    'are right, and what they expect of the machines is set by the rows where it says %s',
    async (_, held) => {
      const { platform, machine } = await givenListening();
      const { held: before } = platform.stores.world.tenant(acme)!;
      platform.stores.world.editTenant(acme, { held });
      await reconcileEvery5(platform, 2);
      expect(sameHeld(platform.stores.world.tenant(acme)!.held, before)).toBe(true);
      await reconcileEvery5(platform, 2);
      expect(repairs(platform, 'lease-count-corrected')).toBe(1);
      await platform.machineEnds(machine);
      expect(sameHeld(platform.stores.world.tenant(acme)!.held, undefined)).toBe(true);
    },
  );

  it.each([
    ['in all', 2, 1],
    ['of its tier', 1, 2],
  ])('are lowered just as late if only the count %s is too high', async (_, leases, ofTier) => {
    const { platform } = await givenListening();
    const tierLeases = new Map([
      [small, ofTier],
      [medium, 0],
    ]);
    platform.stores.world.editTenant(acme, { leases, tierLeases });
    await reconcileEvery5(platform, 13);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
    await reconcileEvery5(platform, 2);
    expect(await platform.leases()).toBe(1);
    expect(platform.stores.world.tenant(acme)?.tierLeases.get(small)).toBe(1);
    expect(repairs(platform, 'lease-count-corrected')).toBe(1);
  });

  it('stay while leases are taken or freed between the runs', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    await platform.accept(queued(2));
    await platform.reconcile();
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('stay while the rows change: two checks must find the same difference', async () => {
    const { platform } = await givenListening();
    await platform.accept(queued(2));
    const [, second] = platform.liveMachines();
    await platform.claim(second!);
    setCount(platform, 0);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    const { runners } = platform.stores.world.rows;
    const row = runners.get(second!)!;
    runners.delete(second!);
    await platform.reconcile();
    runners.set(second!, row);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('stay if there are too many rows for one check, and jobs are still checked', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    platform.github.putJob('acme/app', JobId(1), isQueued, { runId: 1000, labels });
    platform.clock.advance(minutes(11));
    const { runnersOf } = await readOpenRows(platform);
    const open = Promise.resolve({ census: undefined, listed: undefined, runnersOf, unreadable: [] });
    for (let runs = 0; runs < 3; runs += 1) {
      expect(await reconcileTenants(platform, open)).toEqual([]);
      platform.clock.advance(minutes(5));
    }
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
    expect(repairs(platform, 'runner-taken-unreported')).toBe(1);
  });

  it('stay while a launch is open, because its result is not settled', async () => {
    const { platform } = await givenListening();
    await platform.acceptUnheard(queued(2));
    await reconcileEvery5(platform, 20);
    expect(await platform.leases()).toBe(2);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('of a deleted tenant do not stop its machines from being ended', async () => {
    const { platform } = await givenListening();
    platform.stores.world.editTenant(acme, { status: 'deleted' });
    await platform.reconcile();
    await platform.deliverPokes();
    await expectNothingLeft(platform);
  });
});

describe('a job that GitHub is asked about because its runner has long listened without it', () => {
  const own = leaseOf(launch1, 0);

  it.each<[string, Partial<Runner>, Partial<Job> | undefined, readonly number[]]>([
    ['is one that relies on the machine for ten minutes', {}, {}, [1]],
    ['is none before that', { listeningAt: noon + 1 }, {}, []],
    ['is none whose machine still boots', { state: 'claimed' }, {}, []],
    ['is none that runs by now', {}, { state: 'running' }, []],
    ['is none that has another machine by now', {}, { lease: leaseOf(launch1, 7) }, []],
    ['is none whose row is gone', {}, undefined, []],
  ])('%s', async (_what, runner, job, suspects) => {
    const platform = await givenPlatform();
    await platform.runners.bind([
      givenRunner({ state: 'listening', launchedAt: noon - minutes(1), listeningAt: noon, ...runner }),
    ]);
    if (job) await platform.jobs.insert([givenJob({ state: 'covered', lease: own, ...job })]);
    platform.clock.advance(minutes(10));
    const visit = { tenant: platform.stores.world.tenant(acme)!, marks: {} } as unknown as Visit;
    const runnersOf = new Map([[acme, platform.stores.world.allRunners()]]);
    const open = { runnersOf, census: undefined, listed: undefined, unreadable: [] };
    const found = await reconcileLeases(platform, visit, open);
    expect(found.map(({ jobId }) => jobId)).toEqual(suspects);
  });
});
