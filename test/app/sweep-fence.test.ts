/** Which launches one sweep takes up: none that its caller may still be at work on, and no closed one behind open ones. */
import { expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });

it('leaves a launch to its caller until its fence has passed', async () => {
  const platform = await givenPlatform();
  const { world } = platform.stores;
  world.beforeCall = async (call) => {
    if (call !== 'jobs.insert') return;
    world.beforeCall = undefined;
    // Its caller is about to write the rows, and to call EC2.
    platform.clock.advance(30 * 1000 - 1);
    await platform.sweep();
  };
  expect(await platform.accept(queued(1))).toEqual([]);
  expect(await platform.leases()).toBe(1);
  expect(platform.liveMachines()).toHaveLength(1);
  await expectBalanced(platform);
});

it('reads as many more rows as there are open launches that are due, and launches that cannot be read', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 9 })] });
  for (const jobId of [1, 2, 3]) await platform.acceptUnheard(queued(jobId));
  const [unreadable] = platform.stores.world.rows.launches.keys();
  platform.stores.world.unreadable.add(unreadableName('launches', unreadable!));
  const limits: number[] = [];
  const { listWatchedAcrossTenants } = platform.launches;
  platform.launches.listWatchedAcrossTenants = (now, limit, skipped) => {
    // Not those who count leases, who read all.
    if (limit < 20_000) limits.push(limit);
    return listWatchedAcrossTenants(now, limit, skipped);
  };
  platform.clock.advance(5_000);
  await platform.sweep().catch(() => undefined);
  platform.clock.advance(3 * 3_600_000);
  platform.compute.dials.loseAnswers = 9;
  await platform.sweep().catch(() => undefined);
  expect(limits).toEqual([5_000 + 1, 5_000 + 2 + 1]);
});
