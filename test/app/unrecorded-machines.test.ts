/** A launch is closed before its machines have rows: what if whoever closed it dies right there? */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent, givenTier } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const seconds = (count: number) => count * 1000;
const days = (count: number) => seconds(count * 24 * 60 * 60);

/** Two machines have booted, and nobody wrote their rows. */
async function givenUnrecorded(over: { spot?: boolean } = {}) {
  const platform = await givenPlatform({ deployment: { tiers: [givenTier(over)] } });
  platform.stores.world.failNext('runners.bind', new Error('died'));
  await platform.accept(queued(1), queued(2));
  expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'closed' }]);
  expect(platform.stores.world.allRunners()).toEqual([]);
  const [machine, other] = platform.liveMachines();
  return { platform, machine: machine!, other: other! };
}

const bootTime = ({ deployment }: Platform) => seconds(deployment.limits.bootSeconds);

const repairs = ({ telemetry }: Platform) =>
  telemetry.events.flatMap(({ name, fields }) => (name === 'repair' ? [fields['kind']] : []));

describe('a machine of a closed launch that has no row', () => {
  it('gets it when it claims, once no other function can be writing it, with the type from its identity document', async () => {
    const { platform, machine } = await givenUnrecorded();
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 1 });
    expect(platform.stores.world.allRunners()).toEqual([]);

    platform.clock.advance(seconds(31));
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    const [launch] = platform.stores.world.allLaunches();
    expect(platform.stores.world.allRunners()).toEqual([
      expect.objectContaining({
        instanceId: machine,
        state: 'claimed',
        lease: launch!.plannedJobs[0]!.lease,
        deadline: launch!.createdAt + bootTime(platform),
        instanceType: 't3.medium',
        zone: 'us-east-1a',
        spot: false,
        rates: expect.anything(),
      }),
    ]);
    expect(repairs(platform)).toEqual(['machine-recorded']);
    expect(platform.telemetry.total('Repairs')).toBe(1);
    await expectBalanced(platform);
  });

  it('costs the price of its type and zone if it is a spot machine, without a call by its claim', async () => {
    const { platform, machine } = await givenUnrecorded({ spot: true });
    platform.spotPrices.pools.set('t3.medium:us-east-1a', 12_000);
    platform.clock.advance(seconds(31));
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    platform.clock.advance(seconds(3_600));
    await platform.machineEnds(machine);
    expect([...platform.stores.world.rows.usage.values()]).toMatchObject([
      { instanceId: machine, spot: true, rates: { compute: 12_000 }, unpriced: [] },
    ]);
    expect(platform.telemetry.total('MachinesUnpriced')).toBe(0);
  });

  it('gets no row if the launch is not its own', async () => {
    const { platform, machine } = await givenUnrecorded();
    const [launch] = platform.stores.world.allLaunches();
    platform.stores.world.rows.launches.set(launch!.launchId, { ...launch!, instances: new Map() });
    platform.clock.advance(seconds(31));
    expect(await platform.claim(machine)).toEqual({ action: 'refuse', why: 'not-of-this-launch' });
    expect(platform.stores.world.allRunners()).toEqual([]);
    expect(repairs(platform)).toEqual([]);
  });

  it('gets it from the sweep if it never claims, which ends it and frees its lease', async () => {
    const { platform, machine, other } = await givenUnrecorded();
    platform.clock.advance(seconds(31));
    await platform.claim(machine);
    await platform.confirm(machine);
    platform.clock.advance(bootTime(platform));
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(other);
    expect(platform.stores.world.allRunners()).toContainEqual(
      expect.objectContaining({ instanceId: other, state: 'ended', endReason: 'boot-deadline' }),
    );
    expect(repairs(platform)).toContain('machines-recorded');
    await expectBalanced(platform);
  });

  it('gets none from the sweep while the caller that closed the launch may still be writing it', async () => {
    const { platform } = await givenUnrecorded();
    const [launch] = platform.stores.world.allLaunches();
    platform.clock.advance(bootTime(platform));
    const callUntil = platform.clock.now() + seconds(60);
    platform.stores.world.rows.launches.set(launch!.launchId, { ...launch!, callUntil });
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toEqual([]);
    expect(await platform.leases()).toBe(2);
    platform.clock.advance(seconds(60));
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toHaveLength(2);
    await platform.deliverPokes();
    await expectBalanced(platform);
  });

  it('keeps its launch due for as long as its row cannot be written', async () => {
    const { platform } = await givenUnrecorded();
    platform.clock.advance(bootTime(platform));
    platform.stores.world.failNext('runners.bind', new Error('not now'));
    await expect(platform.sweep()).rejects.toThrow('parts of the sweep failed');
    expect(await platform.leases()).toBe(2);
    await platform.sweep();
    await platform.deliverPokes();
    await expectBalanced(platform);
  });

  it('holds its lease meanwhile: no count is lowered', async () => {
    const { platform } = await givenUnrecorded();
    for (let looks = 0; looks < 20; looks += 1) {
      await platform.reconcile();
      platform.clock.advance(seconds(300));
    }
    expect(repairs(platform)).not.toContain('lease-count-corrected');
    expect(await platform.leases()).toBe(2);
    await platform.sweep();
    await expectBalanced(platform);
  });
});

it('is not confused with a machine whose row expired a week after its end', async () => {
  const { platform, machine, other } = await givenUnrecorded();
  platform.clock.advance(seconds(31));
  await platform.claim(machine);
  await platform.claim(other);
  await platform.machineEnds(machine);
  await platform.machineEnds(other);
  await platform.follow({ ...queued(1), action: 'completed', conclusion: 'cancelled' });
  await platform.follow({ ...queued(2), action: 'completed', conclusion: 'cancelled' });
  platform.clock.advance(days(7));
  platform.stores.world.rows.runners.clear();
  await platform.sweep();
  expect(platform.stores.world.allRunners()).toEqual([]);
  await expectNothingLeft(platform);
});
