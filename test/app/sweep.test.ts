import { describe, expect, it } from '@jest/globals';
import { unheardStartSeconds } from '../../lib/app/common/settings.ts';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
/** After this a start that nobody told of is known. */
const longSilence = (120 + unheardStartSeconds) * 1000 + 1;
const minutes = (count: number) => count * 60_000;

async function givenListening() {
  const platform = await givenPlatform();
  await platform.accept(queued(1));
  const [machine] = platform.liveMachines();
  await platform.claim(machine!);
  await platform.confirm(machine!);
  return { platform, machine: machine! };
}

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

  it('reports a launch that it could not finish, and finishes it at its next look', async () => {
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

  it('keeps the end of the console of a machine that never claimed', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [dead] = platform.liveMachines();
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n} \u001b[31m`);
    platform.compute.machines.get(dead!)!.console = `${lines.join('\r\n')}\n`;
    platform.clock.advance(minutes(11));
    await platform.sweep();
    const { console = '' } = (await platform.runners.get(acme, dead!)) ?? {};
    expect(console.length).toBeLessThanOrEqual(4096);
    expect(console).toMatch(/^line \d+ [\s\S]*\nline 499 {2}\[31m$/);
    expect(console).not.toMatch(/[^\P{Cc}\n]/u);
    expect(platform.telemetry.events.find(({ name }) => name === 'runner-ended')?.fields).toMatchObject({
      console,
    });
  });

  it('ends a machine even if its console cannot be read', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [dead] = platform.liveMachines();
    platform.compute.dials.failCalls = 1;
    platform.clock.advance(minutes(11));
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(dead);
    expect(await platform.runners.get(acme, dead!)).toMatchObject({
      state: 'ended',
      endReason: 'boot-deadline',
    });
    expect(platform.telemetry.events.map(({ name }) => name)).toContain('console-unreadable');
    await expectBalanced(platform);
  });

  it('does not read the console of a machine that has claimed', async () => {
    const { platform, machine } = await givenListening();
    platform.compute.machines.get(machine)!.console = 'what its job printed';
    await platform.machineEnds(machine);
    expect(await platform.runners.get(acme, machine)).toMatchObject({ state: 'ended' });
    expect((await platform.runners.get(acme, machine))?.console).toBeUndefined();
  });

  it('ends a machine that never claimed, and its job gets another one', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [dead] = platform.liveMachines();
    platform.clock.advance(minutes(11));
    await platform.sweep();
    await platform.deliverPokes();
    expect(platform.liveMachines()).not.toContain(dead);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
    await expectBalanced(platform);
  });

  it('ends a runner without a job for an hour, once GitHub removed its registration', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    platform.clock.advance(longSilence);
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(machine);
    expect(platform.github.registrations.size).toBe(0);
    await expectNothingLeft(platform);
  });

  it('keeps a runner that GitHub reports as idle within the hour, and has another machine run its job', async () => {
    const { platform, machine } = await givenListening();
    platform.clock.advance(minutes(11));
    await platform.sweep();
    await platform.deliverPokes();
    expect(platform.liveMachines()).toContain(machine);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.github.registrations.size).toBe(1);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2, replacements: 1 });
    await expectBalanced(platform);
  });

  it('closes the row of a silent machine at once if EC2 reports its end', async () => {
    const { platform, machine } = await givenListening();
    platform.compute.setState(machine, 'terminated');
    platform.clock.advance(minutes(11));
    await platform.sweep();
    expect(await platform.leases()).toBe(0);
    expect(platform.stores.world.runner(machine)).toMatchObject({
      state: 'ended',
      endReason: 'instance-ended',
    });
  });

  it('keeps a runner that GitHub reports as busy, even if no event reported a job', async () => {
    const { platform, machine } = await givenListening();
    platform.github.setBusy(machine, true);
    platform.clock.advance(longSilence);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('keeps a runner that GitHub wrongly reports as idle while GitHub shows its job on it', async () => {
    const { platform, machine } = await givenListening();
    const running = { status: 'in_progress', conclusion: null, runnerName: machine } as const;
    platform.github.putJob('acme/app', JobId(1), running);
    platform.clock.advance(longSilence);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
    expect(platform.github.registrations.size).toBe(1);
  });

  it('keeps a runner that runs another machine’s job, even if no event reported either start', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2));
    const machines = platform.liveMachines();
    for (const machine of machines) {
      await platform.claim(machine);
      await platform.confirm(machine);
    }
    const on = (runnerName: string) => ({ status: 'in_progress', conclusion: null, runnerName }) as const;
    platform.github.putJob('acme/app', JobId(1), on(machines[1]!));
    platform.github.putJob('acme/app', JobId(2), on(machines[0]!));
    platform.clock.advance(longSilence);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual(machines);
  });

  it('keeps a runner that took a job which waits here', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    platform.stores.world.setMaxRunners(acme, 1);
    await platform.accept(queued(2));
    expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
    const running = { status: 'in_progress', conclusion: null, runnerName: machine } as const;
    platform.github.putJob('acme/app', JobId(2), running);
    platform.clock.advance(longSilence);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it.each([
    ['limits its answers', { refusal: { kind: 'limited', retryAfterSeconds: 3600 } }],
    ['calls it busy', { value: 'busy' }],
  ] as const)(
    'ends an idle runner after the longest job that it may run, while GitHub %s',
    async (_, answer) => {
      const { platform, machine } = await givenListening();
      const { idleSeconds, jobSeconds } = platform.deployment.limits;
      const until = platform.clock.now() + (idleSeconds + jobSeconds) * 1000;
      for (; platform.clock.now() < until; platform.clock.advance(minutes(10))) {
        if ('value' in answer) platform.github.setBusy(machine, true);
        else platform.github.failNext('removeRunner', answer);
        await platform.sweep();
        expect(platform.liveMachines()).toEqual([machine]);
      }
      await platform.sweep();
      expect(platform.liveMachines()).toEqual([]);
      expect(await platform.leases()).toBe(0);
    },
  );

  it('ends a job that runs longer than it may', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    platform.clock.advance(minutes(10));
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
    platform.clock.advance(minutes(361));
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.leases()).toBe(0);
  });

  it('asks GitHub about a job whose machine ended first, and lets it wait again if it is still queued', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    await platform.machineEnds(machine);
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('closes a job whose `completed` was lost', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    await platform.machineEnds(machine);
    platform.github.putJob('acme/app', JobId(1), {
      status: 'completed',
      conclusion: 'failure',
      runnerName: machine,
    });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'failure' });
    await expectNothingLeft(platform);
  });

  it('pokes waiting jobs, and expires a job that waited for a day, with its last reason', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.accept(queued(1));
    await platform.sweep();
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke', installationId: acme } }]);
    platform.clock.advance(minutes(24 * 60));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({
      outcome: 'expired',
      reason: { text: expect.stringContaining('approval') },
    });
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

  it('asks GitHub how a job ended that ran on none of our machines, if no end was reported', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: 'a-laptop' }));
    platform.github.putJob('acme/app', JobId(1), {
      status: 'completed',
      conclusion: 'success',
      runnerName: 'a-laptop',
    });
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'success' });
  });

  it('knows the machine of a job whose start and end were not reported', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'waiting' }));
    const isOver = { status: 'completed', conclusion: 'success', runnerName: machine } as const;
    platform.github.putJob('acme/app', JobId(1), isOver);
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', runner: machine });
  });

  it('lets a job wait whose approval was not reported, and closes one that was rejected', async () => {
    const platform = await givenPlatform();
    const job = (status: 'queued' | 'completed') => ({ status, conclusion: null, runnerName: null });
    await platform.follow(givenEvent({ action: 'waiting' }));
    await platform.follow(givenEvent({ action: 'waiting', jobId: JobId(2) }));
    platform.github.putJob('acme/app', JobId(1), job('queued'));
    platform.github.putJob('acme/app', JobId(2), job('completed'));
    platform.clock.advance(minutes(1));
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(await platform.job(2)).toMatchObject({ state: 'done' });
  });

  it('asks at growing intervals about a job without news on GitHub', async () => {
    const platform = await givenPlatform();
    await platform.follow(givenEvent({ action: 'waiting' }));
    const job = { status: 'waiting', conclusion: null, runnerName: null } as const;
    platform.github.putJob('acme/app', JobId(1), job);
    for (let minute = 0; minute < 120; minute++) {
      platform.clock.advance(minutes(1));
      await platform.sweep();
    }
    expect(platform.telemetry.total('Repairs', { kind: 'unsettled-job-asked' })).toBe(8);
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
  });

  it('keeps a job open if GitHub refuses the call, and closes one that GitHub denies for long', async () => {
    const platform = await givenPlatform();
    await platform.follow(givenEvent({ action: 'waiting' }));
    const forbidden = { kind: 'forbidden', message: 'Resource not accessible by integration' } as const;
    platform.github.failNext('getJob', { refusal: forbidden });
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    platform.clock.advance(minutes(6));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    platform.clock.advance(minutes(2));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', reason: { code: 'gone-from-github' } });
  });

  it('closes no overdue job while GitHub limits the calls, and asks again each minute', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: 'a-laptop' }));
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(platform.deployment.limits.jobSeconds * 1000);
    for (let minute = 1; minute <= 3; minute++) {
      platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
      await platform.sweep();
      expect(await platform.job(1)).toMatchObject({ state: 'running' });
      platform.clock.advance(minutes(1));
    }
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('closes no overdue job that GitHub denies while it shows its run as open, and lets it wait again', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: 'a-laptop' }));
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.github.putRun('acme/app', { runId: 1000, completed: false, conclusion: null });
    platform.clock.advance(platform.deployment.limits.jobSeconds * 1000);
    platform.github.failNext('getJob', { refusal: { kind: 'not-found', message: 'Not Found' } });
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('closes an overdue job that GitHub refuses to show only once GitHub lets no job wait for so long', async () => {
    const platform = await givenPlatform();
    const { jobSeconds, waitSeconds } = platform.deployment.limits;
    await platform.accept(queued(1));
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: 'a-laptop' }));
    const sweepRefused = async (afterSeconds: number) => {
      platform.clock.advance(afterSeconds * 1000);
      const forbidden = { kind: 'forbidden', message: 'Resource not accessible by integration' } as const;
      platform.github.failNext('getJob', { refusal: forbidden });
      await platform.sweep();
      return (await platform.job(1))?.state;
    };
    expect(await sweepRefused(jobSeconds)).toBe('running');
    expect(await sweepRefused(waitSeconds - 3600)).toBe('running');
    for (let minute = 0; minute < 120; minute++) await sweepRefused(60);
    expect(await platform.job(1)).toMatchObject({ state: 'done' });
  });
});
