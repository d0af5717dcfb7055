/** Jobs that go elsewhere between the lease that was taken for them and the machine that would be asked for. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenJob, noon, small } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const poke = { kind: 'poke', installationId: acme, tier: small };

/** Jobs that waited until now: new ones are launched at once (launch-at-once.test.ts). */
async function lookAt(platform: Platform, ...jobIds: number[]): Promise<void> {
  await platform.stores.jobs.insert(jobIds.map((jobId) => givenJob({ jobId: JobId(jobId) })));
  await platform.accept(poke);
}

/** A platform on which these jobs are cancelled once their leases are taken, and before they are covered. */
async function givenCancelled(...jobIds: number[]) {
  const platform = await givenPlatform();
  const { world } = platform.stores;
  world.beforeCall = async (call) => {
    if (call !== 'launches.cover') return;
    world.beforeCall = undefined;
    for (const jobId of jobIds) {
      await platform.stores.jobs.finish(acme, JobId(jobId), { outcome: 'cancelled', at: noon });
    }
  };
  return platform;
}

describe('a job that is gone before it has its lease', () => {
  it('gets no machine, and its lease is freed', async () => {
    const platform = await givenCancelled(2);
    await lookAt(platform, 1, 2);

    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(await platform.job(2)).toMatchObject({ state: 'done' });
    await expectBalanced(platform);
  });

  it('leaves nothing behind if it was the only one', async () => {
    const platform = await givenCancelled(1);
    await lookAt(platform, 1);

    await expectNothingLeft(platform);
  });

  it('lets jobs start that found the limit reached because of it', async () => {
    const platform = await givenCancelled(1);
    await lookAt(platform, 1);
    await lookAt(platform, 2, 3);
    await platform.deliverPokes();

    expect(platform.liveMachines()).toHaveLength(2);
    await expectBalanced(platform);
  });
});

describe('a launch whose caller died before its jobs were covered', () => {
  it('is finished by the sweep, for its jobs', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('launches.cover', new Error('died'));
    await lookAt(platform, 1);
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.leases()).toBe(1);

    platform.clock.advance(61_000);
    await platform.sweep();

    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 1 });
    await expectBalanced(platform);
  });
});
