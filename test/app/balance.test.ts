/** A balance that loses to others: each time it plans from what is there now, and not for ever. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenJob, givenTier, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

/** Somebody changes the tenant's limit just before each of so many takes. */
function disturbTakes({ stores: { world } }: Platform, times: number) {
  const takes = { count: 0 };
  world.beforeCall = (call) => {
    if (call !== 'launches.take') return;
    takes.count++;
    if (takes.count <= times) world.setMaxRunners(acme, 2 + (takes.count % 2));
  };
  return takes;
}

describe('a balance that loses its transaction', () => {
  it('plans again, and launches', async () => {
    const platform = await givenPlatform();
    const takes = disturbTakes(platform, 3);
    await platform.accept(givenEvent());
    expect(takes.count).toBe(4);
    expect(platform.telemetry.total('TakesRefused', { reason: 'tenant-changed' })).toBe(3);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(platform.queues.tiers).toEqual([]);
    await expectBalanced(platform);
  });

  it('gives up after three immediate attempts and twelve plans, and leaves the job to a poke', async () => {
    const platform = await givenPlatform();
    const takes = disturbTakes(platform, Number.POSITIVE_INFINITY);
    await platform.accept(givenEvent());
    expect(takes.count).toBe(3 + 12);
    expect(platform.liveMachines()).toEqual([]);
    const poke = { kind: 'poke', installationId: acme, tier: small };
    expect(platform.queues.tiers).toEqual([expect.objectContaining({ message: poke })]);
    platform.stores.world.beforeCall = undefined;
    await platform.deliverPokes();
    expect(await platform.job(JobId(1))).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });
});

describe('a balance to which EC2 reports that pools are dry', () => {
  const dry = { class: 'capacity', code: 'InsufficientInstanceCapacity', message: '' } as const;
  const poke = { kind: 'poke', installationId: acme, tier: small };

  /** A job waits, and each of so many calls to EC2 finds pools dry, and others left. */
  async function givenDry(calls: number) {
    const platform = await givenPlatform({ deployment: { tiers: [givenTier({ spot: true })] } });
    await platform.stores.jobs.insert([givenJob()]);
    platform.compute.dials.refuseNext.push(...Array.from({ length: calls }, () => dry));
    return platform;
  }

  it('tries other pools immediately', async () => {
    const platform = await givenDry(1);
    expect(await platform.accept(poke)).toEqual([]);
    expect(platform.compute.requests).toHaveLength(2);
    expect(await platform.job(JobId(1))).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('leaves them to a poke if EC2 was slow: the function has no time for another call', async () => {
    const platform = await givenDry(1);
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      platform.clock.advance(5_000);
      return launch(request);
    };
    expect(await platform.accept(poke)).toEqual([]);
    expect(platform.compute.requests).toHaveLength(1);
    expect(await platform.job(JobId(1))).toMatchObject({ state: 'waiting' });
    await expectBalanced(platform);
  });
});
