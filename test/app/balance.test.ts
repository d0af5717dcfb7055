/** A balance that loses to others: each time it plans from what is there now, and not for ever. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, small } from '../support/given.ts';
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

  it('gives up after three attempts at once and twelve plans, and leaves the job to a poke', async () => {
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
