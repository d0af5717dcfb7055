/** When the sweep ends a machine that no event tells of, and when it keeps it. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform } from '../support/platform.ts';
import { givenListening, minutes, queued } from '../support/swept.ts';

/** After this, a start is known that no event reported. */
const longSilence = (120 + 3_600) * 1000 + 1;
/** `idleSeconds` and `jobSeconds` of the deployment. */
const longestJob = (120 + 21_600) * 1000 + 1;

describe('the sweep', () => {
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
    platform.clock.advance(longSilence - 2);
    await platform.sweep();
    await platform.deliverPokes();
    expect(platform.liveMachines()).toContain(machine);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.github.registrations.size).toBe(1);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2, replacements: 1 });
    await expectBalanced(platform);
  });

  it.each([
    ['after an hour', longSilence],
    ['once it is older than any job on it can be', longestJob],
  ])('has another machine run the job of a silent one that EC2 will not end, %s', async (_, silence) => {
    const { platform, machine } = await givenListening();
    platform.compute.terminate = async () => {
      throw new OperationalError('EC2 cannot end it now.', { code: 'InternalError', retryable: true });
    };
    platform.clock.advance(silence);
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.liveMachines()).toContain(machine);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
  });

  it('closes the row of a silent machine immediately if EC2 reports its end', async () => {
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
});
