/** Reads that cost half may show rows as they were a moment ago: what then follows must be right by the rows as they are. */
import { expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { copyOf } from '../fakes/copy.ts';
import { givenRules, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });

/** From now on reads that may lag see what is there now. */
const freezeGlances = ({ stores: { world } }: Platform) => {
  world.past = copyOf(world.rows);
};

it('launches nothing for a tenant that was suspended a moment ago', async () => {
  const platform = await givenPlatform();
  freezeGlances(platform);
  platform.stores.world.editTenant(acme, { status: 'suspended', suspendedBy: 'operator' });
  await platform.accept(queued(1));
  expect(platform.liveMachines()).toEqual([]);
  await expectBalanced(platform);
});

it('respects a limit that was lowered, and leases that were taken, a moment ago', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 3 })] });
  freezeGlances(platform);
  await platform.accept(queued(1));
  platform.stores.world.setMaxRunners(acme, 2);
  await platform.accept(queued(2));
  await platform.accept(queued(3));
  expect(platform.liveMachines()).toHaveLength(2);
  expect(await platform.job(3)).toMatchObject({ state: 'waiting', reason: { code: 'tenant-limit' } });
  await expectBalanced(platform);
});

it('launches for a job of a tenant that a stale read does not show yet', async () => {
  const platform = await givenPlatform();
  const { world } = platform.stores;
  world.past = { ...copyOf(world.rows), tenants: new Map() };
  await platform.accept(queued(1));
  expect(platform.liveMachines()).toHaveLength(1);
  expect(await platform.job(1)).toMatchObject({ state: 'covered' });
});

it('handles waiting jobs that a stale read misses, and former ones that it still shows', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
  freezeGlances(platform);
  await platform.accept(queued(1), queued(2));
  expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
  platform.stores.world.setMaxRunners(acme, 2);
  // Nobody is seen to wait.
  await platform.accept(queued(3));
  freezeGlances(platform);
  platform.stores.world.setMaxRunners(acme, 4);
  // Somebody is.
  await platform.accept(queued(4));
  await platform.sweep();
  await platform.deliverPokes();
  expect(platform.liveMachines()).toHaveLength(4);
  await expectBalanced(platform);
});

it('lets no job overtake one that a stale read misses and that is in a cap’s line', async () => {
  const platform = await givenPlatform({
    deployment: { caps: { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 1 } },
  });
  await platform.accept(queued(1));
  const [machine] = platform.liveMachines();
  freezeGlances(platform);
  await platform.accept(queued(2));
  expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
  // Its lease is free, and nobody has looked at the line yet.
  const [runner] = await platform.stores.runners.findAcrossTenants([machine!]);
  await platform.stores.runners.end([
    { runner: runner!, at: platform.clock.now(), reason: 'instance-ended' },
  ]);
  await platform.accept(queued(3));
  expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
  expect(await platform.job(2)).toMatchObject({ state: 'covered' });
});

it.each(['unknown', 'waiting'] as const)(
  'gives a machine its job if a stale read shows it as %s',
  async (seen) => {
    const platform = await givenPlatform();
    if (seen === 'waiting') {
      platform.stores.world.setMaxRunners(acme, 0);
      await platform.accept(queued(1));
      platform.stores.world.setMaxRunners(acme, 1);
    }
    freezeGlances(platform);
    await (seen === 'waiting'
      ? platform.sweep().then(() => platform.deliverPokes())
      : platform.accept(queued(1)));
    const [machine] = platform.liveMachines();
    expect(await platform.claim(machine!)).toMatchObject({ action: 'run' });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  },
);

it('refuses no job by rules that were changed a moment ago', async () => {
  const platform = await givenPlatform();
  await putControllers(platform.controllers, givenRules({}, 'true'));
  freezeGlances(platform);
  await putControllers(platform.controllers, givenRules({}, 'false'));
  await platform.accept(queued(1));
  expect(await platform.job(1)).toMatchObject({ state: 'covered', admission: { policy: '2.-' } });
  expect(platform.liveMachines()).toHaveLength(1);

  await putControllers(platform.controllers, givenRules({}, 'true'));
  await platform.accept(queued(2));
  expect(await platform.job(2)).toMatchObject({ state: 'done', outcome: 'refused' });
  await expectBalanced(platform);
});
