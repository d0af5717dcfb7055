import { describe, expect, it } from '@jest/globals';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import {
  expectBalanced,
  expectNothingLeft,
  givenPlatform,
  instanceEvent,
  type Platform,
} from '../support/platform.ts';

const event = (
  action: 'queued' | 'waiting' | 'in_progress' | 'completed',
  jobId: number,
  runnerName: string | null = null,
) =>
  givenEvent({
    action,
    jobId: JobId(jobId),
    runnerName,
    conclusion: action === 'completed' ? 'success' : null,
  });

const onGitHub = (status: 'queued' | 'waiting') => ({ status, conclusion: null, runnerName: null });

async function givenListening(...jobs: number[]) {
  const platform = await givenPlatform();
  await platform.accept(...jobs.map((id) => event('queued', id)));
  for (const machine of platform.liveMachines()) await listen(platform, machine);
  return { platform, machines: platform.liveMachines() };
}
async function listen(platform: Platform, machine: InstanceId) {
  await platform.claim(machine);
  await platform.confirm(machine);
}
const hintOf = async (platform: Platform, machine: InstanceId) =>
  (await platform.runners.get(acme, machine))?.plannedJob;

describe('following the lifecycle', () => {
  it('takes a job through its life, and starts the next one when its machine is gone', async () => {
    const { platform, machines } = await givenListening(1, 2, 3);
    await platform.follow(event('in_progress', 1, machines[0]!));
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: machines[0] });
    await platform.follow(event('completed', 1, machines[0]!));
    expect(await platform.job(1)).toMatchObject({
      state: 'done',
      outcome: 'completed',
      conclusion: 'success',
    });
    await platform.deliverPokes();
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('leaves nothing behind, in any order and number of events', async () => {
    const { platform, machines } = await givenListening(1, 2);
    const [one, two] = machines;
    await platform.follow(
      event('completed', 1, one!),
      event('in_progress', 1, one!),
      event('completed', 2, two!),
    );
    await platform.follow(
      event('in_progress', 2, two!),
      event('completed', 1, one!),
      instanceEvent(one!, 'shutting-down'),
    );
    await platform.follow(instanceEvent(one!, 'terminated'), instanceEvent(two!, 'terminated'));
    await platform.accept(event('queued', 1), event('queued', 2));
    await platform.deliverPokes();
    await expectNothingLeft(platform);
  });

  it('frees no lease because of a job’s event alone: the machine is terminated first', async () => {
    const { platform, machines } = await givenListening(1);
    platform.compute.dials.failCalls = 1;
    const failed = await platform.follow(event('completed', 1, machines[0]!));
    expect(failed).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
    await platform.follow(event('completed', 1, machines[0]!));
    await expectNothingLeft(platform);
  });

  it('keeps the lease of a machine that EC2 does not show, until its end is proven', async () => {
    const { platform, machines } = await givenListening(1);
    platform.compute.machines.get(machines[0]!)!.hidden = true;
    await platform.follow(event('completed', 1, machines[0]!));
    expect(await platform.leases()).toBe(1);
    await platform.follow(instanceEvent(machines[0]!, 'terminated'));
    expect(await platform.leases()).toBe(0);
  });

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])(
    'accepts EC2’s report of a machine’s end in the same batch as a job’s event, EC2’s %s',
    async (_, order) => {
      const { platform, machines } = await givenListening(1);
      platform.compute.machines.get(machines[0]!)!.hidden = true;
      const both = [instanceEvent(machines[0]!, 'terminated'), event('completed', 1, machines[0]!)];
      await platform.follow(...order.map((n) => both[n]));
      expect(await platform.leases()).toBe(0);
    },
  );

  it('lets two jobs swap machines, and leaves nothing when both are done', async () => {
    const { platform, machines } = await givenListening(1, 2);
    const [one, two] = machines;
    await platform.follow(event('in_progress', 2, one!));
    expect(await platform.runners.get(acme, one!)).toMatchObject({ plannedJob: 1, ran: 2 });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await platform.follow(
      event('in_progress', 1, two!),
      event('completed', 1, two!),
      event('completed', 2, one!),
    );
    await expectNothingLeft(platform);
  });

  it('gives the job without a machine to the machine whose job was taken, once it claims', async () => {
    const platform = await givenPlatform();
    await platform.accept(event('queued', 1), event('queued', 2));
    const [one, two] = platform.liveMachines();
    await listen(platform, one!);
    await platform.follow(event('in_progress', 2, one!));
    expect(await platform.claim(two!)).toMatchObject({ action: 'run' });
    expect(await hintOf(platform, two!)).toBe(1);
    await platform.machineEnds(one!);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it.each([
    [119, 'covered'],
    [120, 'waiting'],
  ])('gives a job to a machine that has listened for %i s without one? %s', async (seconds, state) => {
    const { platform, machines } = await givenListening(1, 2);
    await platform.follow(event('in_progress', 1, machines[1]!));
    platform.clock.advance(seconds * 1000);
    await platform.follow(event('completed', 1, machines[1]!));
    expect(await platform.job(2)).toMatchObject({ state });
    await expectBalanced(platform);
  });

  it('gives a job to a machine that still boots, however long that takes', async () => {
    const platform = await givenPlatform();
    await platform.accept(event('queued', 1), event('queued', 2));
    const machines = platform.liveMachines();
    await listen(platform, machines[1]!);
    await platform.follow(event('in_progress', 1, machines[1]!));
    platform.clock.advance(300_000);
    await platform.follow(event('completed', 1, machines[1]!));
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('finds the job without a machine at the end of a longer chain, when the free machine dies', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ maxRunners: 3 })],
      deployment: { tiers: [givenTier({ maxRunners: 3 })] },
    });
    await platform.accept(event('queued', 1), event('queued', 2), event('queued', 3));
    const [one, two, three] = platform.liveMachines();
    for (const machine of [one!, two!]) await listen(platform, machine);
    await platform.follow(event('in_progress', 2, one!), event('in_progress', 3, two!));
    await platform.machineEnds(three!);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-ended' } });
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
    await expectBalanced(platform);
  });

  it('lets a job wait again when its machine was taken by a job that had none', async () => {
    const { platform, machines } = await givenListening(1, 2, 3);
    await platform.follow(event('in_progress', 3, machines[0]!));
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
    await expectBalanced(platform);
    await platform.follow(event('completed', 3, machines[0]!));
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('gives a cancelled job’s machine to no other job while its launch is still in flight', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(event('queued', 1));
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    platform.clock.advance(61_000);
    await platform.sweep();
    const [machine] = platform.liveMachines();
    expect(await platform.claim(machine!)).toMatchObject({ action: 'stand-down' });
    await platform.machineEnds(machine!);
    await expectNothingLeft(platform);
  });

  it('terminates a machine that was stopped, for it could be started again', async () => {
    const { platform, machines } = await givenListening(1);
    await platform.follow(instanceEvent(machines[0]!, 'stopped'));
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.leases()).toBe(0);
  });

  it('never touches another tenant’s machine, whatever an event says', async () => {
    const { platform, machines } = await givenListening(1);
    const stranger = InstallationId(303);
    await platform.stores.tenants.create(givenTenant({ installationId: stranger }));
    await platform.follow({ ...event('completed', 1, machines[0]!), installationId: stranger });
    expect(platform.liveMachines()).toEqual(machines);
    expect(await platform.leases()).toBe(1);
  });

  it('buys no machine for a late `queued` of a job that is done', async () => {
    const platform = await givenPlatform();
    await platform.follow(event('completed', 1));
    await platform.accept(event('queued', 1));
    expect(platform.liveMachines()).toEqual([]);
  });

  it('holds a job that waits for an approval, and starts it when it is queued', async () => {
    const platform = await givenPlatform();
    await platform.follow(event('waiting', 1));
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    await platform.accept({ ...event('queued', 1), receivedAt: noon + 1 });
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    platform.clock.advance(2_000);
    await platform.deliverInstallations();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('does not open a held job for a `queued` from before the hold, however late it arrives', async () => {
    const platform = await givenPlatform();
    platform.github.putJob('acme/app', JobId(1), onGitHub('waiting'));
    await platform.follow(event('waiting', 1));
    await platform.accept({ ...event('queued', 1), receivedAt: noon + 60_000 });
    for (let looks = 1; looks <= 3; looks++) {
      await platform.deliverInstallations();
      await platform.deliverPokes();
      platform.clock.advance(60_000);
    }
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    expect(platform.queues.installations).toEqual([]);
    expect(platform.liveMachines()).toEqual([]);
  });

  it('asks again about a held job if GitHub reports the approval late, or accepts no calls', async () => {
    const platform = await givenPlatform();
    await platform.follow(event('waiting', 1));
    await platform.accept({ ...event('queued', 1), receivedAt: noon + 1 });
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await platform.deliverInstallations();
    platform.clock.advance(61_000);
    expect(platform.queues.installations).toMatchObject([{ kind: 'look-at-job' }]);
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    await platform.deliverInstallations();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('refuses a job whose labels no tier has, and names the tiers', async () => {
    const platform = await givenPlatform();
    const { tier: _none, ...unlabelled } = givenEvent({ labels: ['self-hosted', 'gpu'] });
    await platform.follow(unlabelled);
    expect(await platform.job(1)).toMatchObject({
      outcome: 'refused',
      reason: { code: 'labels-unknown', text: expect.stringContaining('small [self-hosted') },
    });
  });

  it('fails only the malformed message', async () => {
    const { platform, machines } = await givenListening(1);
    const failed = await platform.follow('nonsense', event('completed', 1, machines[0]!));
    expect(failed).toHaveLength(1);
    await expectNothingLeft(platform);
  });
});

describe('a job whose machine ends while its start is reported', () => {
  const isPending = async (platform: Platform) =>
    (await platform.stores.jobs.scanPendingAcrossTenants({ limit: 10 })).jobs.map(({ jobId }) => jobId);

  it('is asked about until it is done, if the machine was planned for another job', async () => {
    const { platform, machines } = await givenListening(1);
    platform.stores.world.failNext('jobs.waitAgain', new Error('This process dies here.'));
    await platform.follow(event('in_progress', 5, machines[0]!));
    expect(await isPending(platform)).toEqual([5]);
    await platform.follow(event('completed', 5, machines[0]!));
    expect(await platform.job(5)).toMatchObject({ state: 'done' });
    expect(await isPending(platform)).not.toContain(5);
  });

  it('is asked about if the machine had ended before', async () => {
    const { platform, machines } = await givenListening(1);
    await platform.machineEnds(machines[0]!);
    await platform.follow(event('in_progress', 1, machines[0]!));
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
    expect(await isPending(platform)).toEqual([1]);
  });

  it('is asked about if both are written at once', async () => {
    const { platform, machines } = await givenListening(1);
    const { world } = platform.stores;
    world.beforeCall = async (call) => {
      if (call !== 'runners.end') return;
      world.beforeCall = undefined;
      await platform.follow(event('in_progress', 1, machines[0]!));
    };
    await platform.machineEnds(machines[0]!);
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: machines[0] });
    expect(await isPending(platform)).toEqual([1]);
  });

  it.each([
    { reported: 'one after the other', batches: [[5], [6]] },
    { reported: 'together', batches: [[5, 6]] },
    { reported: 'after the planned one', batches: [[1], [6]], former: 1 },
    { reported: 'together with the planned one', batches: [[1, 6]], former: 1 },
    { reported: 'before the planned one', batches: [[5], [1]], last: 1 },
  ])('is asked about if GitHub reports another job on that machine: $reported', async (reports) => {
    const { batches, former = 5, last = 6 } = reports;
    const { platform, machines } = await givenListening(1);
    // They are known, and wait for the tenant's other machine: rows of unknown jobs are asked about in any case.
    await platform.accept(event('queued', 2), event('queued', 5), event('queued', 6));
    for (const jobs of batches)
      await platform.follow(...jobs.map((id) => event('in_progress', id, machines[0]!)));
    expect(await platform.job(former)).toMatchObject({ state: 'running', unsettledAt: noon });
    await platform.follow(event('completed', last, machines[0]!));
    expect(platform.stores.world.runner(machines[0]!)).toMatchObject({ state: 'ended' });
    platform.github.putJob('acme/app', JobId(former), onGitHub('queued'));
    platform.clock.advance(60_000);
    await platform.sweep();
    expect(await platform.job(former)).toMatchObject({ state: 'waiting' });
  });
});
