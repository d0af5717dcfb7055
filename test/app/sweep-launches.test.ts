/** How the sweep finishes launches whose callers died, and never gives a lease to two machines. */
import { describe, expect, it } from '@jest/globals';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform } from '../support/platform.ts';
import { minutes, queued } from '../support/swept.ts';

describe('the sweep', () => {
  it('finishes a launch whose caller died before it called EC2', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 2;
    await platform.accept(queued(1));
    expect(platform.liveMachines()).toEqual([]);
    platform.clock.advance(minutes(1) + 1000);
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
    await expectBalanced(platform);
  });

  it('finishes it at its first check if not all rows that hold leases can be read', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 2;
    await platform.accept(queued(1));
    platform.clock.advance(minutes(10));
    const failure = new OperationalError('throttled', { code: 'Throttled', retryable: true });
    platform.stores.world.failNext('launches.listOverdueAcrossTenants', failure);
    await expect(platform.sweep()).rejects.toThrow('parts of the sweep failed');
    expect(platform.liveMachines()).toHaveLength(1);
    await expectBalanced(platform);
  });

  it('reports a launch that it could not finish, and finishes it in the next run', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 2;
    await platform.accept(queued(1));
    platform.clock.advance(minutes(1) + 1000);
    platform.stores.world.failNext('launches.hold', new Error('not now'));
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    expect(platform.telemetry.total('SweepFailures')).toBe(1);
    expect(platform.liveMachines()).toEqual([]);
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('frees no lease of a cancelled job whose machine EC2 may have launched and does not show yet', async () => {
    const platform = await givenPlatform();
    Object.assign(platform.compute.dials, { loseAnswers: 99, hideNew: true });
    await platform.accept(queued(1));
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled', runnerName: null }));
    platform.clock.advance(minutes(1) + 1000);
    await platform.sweep();
    await expectBalanced(platform);
    expect(await platform.leases()).toBe(1);
    for (const machine of platform.compute.machines.values()) machine.hidden = false;
    platform.clock.advance(minutes(1) + 6000);
    await platform.sweep();
    const [machine] = platform.liveMachines();
    expect(await platform.claim(machine!)).toMatchObject({ action: 'stand-down' });
    await platform.machineEnds(machine!);
    await expectNothingLeft(platform);
  });

  it('gives the lease of an ended machine to no other machine of the launch', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(queued(1), queued(2));
    const [one, two] = platform.liveMachines();
    platform.compute.machines.get(two!)!.hidden = true;
    const { launch } = platform.compute;
    platform.compute.launch = async () => ({
      kind: 'unclear',
      failure: { class: 'unknown', code: 'TimeoutError', message: '' },
    });
    platform.clock.advance(minutes(1) + 1000);
    await platform.sweep();
    await platform.machineEnds(one!);
    platform.compute.machines.get(two!)!.hidden = false;
    platform.clock.advance(minutes(1) + 1000);
    await platform.sweep();
    platform.compute.launch = launch;
    await expectBalanced(platform);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-ended' } });
    expect((await platform.runners.get(acme, one!))?.lease).not.toBe(
      (await platform.runners.get(acme, two!))?.lease,
    );
  });

  it('concludes nothing about the earlier call from a refused retry', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(queued(1));
    platform.compute.machines.get(platform.liveMachines()[0]!)!.hidden = true;
    platform.compute.launch = async () => ({
      kind: 'refused',
      failure: { class: 'throttled', code: 'RequestLimitExceeded', message: '' },
    });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    expect(await platform.leases()).toBe(1);
    await expectBalanced(platform);
  });

  it('ends the machines of a deleted tenant that only now turn up', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 2;
    await platform.accept(queued(1));
    platform.stores.world.editTenant(acme, { status: 'deleted' });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    await platform.deliverPokes();
    await expectNothingLeft(platform);
  });
});
