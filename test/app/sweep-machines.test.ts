/** What the sweep does about one machine past its deadline, and what it writes down about it. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const sweepPageSize = 100;

const second = 1000;
const minute = 60 * second;

/** Job 1 has a machine, which boots. */
async function givenBooting() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent());
  const machine = platform.liveMachines()[0]!;
  const row = () => platform.stores.world.runner(machine)!;
  const overdue = (state: string) => platform.telemetry.total('Repairs', { kind: `runner-overdue-${state}` });
  return { platform, machine, row, overdue };
}

/** Its runner listens since noon. */
async function givenListening() {
  const given = await givenBooting();
  const { platform, machine } = given;
  await platform.claim(machine);
  await platform.confirm(machine);
  const { idleSeconds, bootSeconds, jobSeconds } = platform.deployment.limits;
  return {
    ...given,
    /** Until the sweep looks at it for the first time. */
    untilLooked: () => platform.clock.advance(bootSeconds * second),
    /** Until it is ended unless something speaks for it. */
    untilDoubted: () => platform.clock.advance((idleSeconds + 3_600) * second),
    idleUntil: noon + idleSeconds * second,
    longest: (idleSeconds + jobSeconds) * second,
  };
}

describe('a machine that never starts to listen', () => {
  it('is ended at its deadline, which counts as a repair', async () => {
    const { platform, machine, row, overdue } = await givenBooting();
    platform.clock.advance(platform.deployment.limits.bootSeconds * second);
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(machine);
    expect(row()).toMatchObject({ state: 'ended', endReason: 'boot-deadline' });
    expect(overdue('booting')).toBe(1);
  });

  it('is ended even if it has claimed', async () => {
    const { platform, machine, row, overdue } = await givenBooting();
    await platform.claim(machine);
    platform.clock.advance(platform.deployment.limits.bootSeconds * second);
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(machine);
    expect(row()).toMatchObject({ state: 'ended', endReason: 'boot-deadline' });
    expect(overdue('claimed')).toBe(1);
  });

  it('keeps its lease while EC2 may only not know it yet, and loses it once EC2 would know it', async () => {
    const { platform, machine, row } = await givenBooting();
    const { bootSeconds } = platform.deployment.limits;
    platform.compute.machines.delete(machine);
    platform.clock.advance(bootSeconds * second);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'booting', deadline: noon + 2 * bootSeconds * second });
    platform.clock.advance((3_900 - bootSeconds) * second - 1);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'booting' });
    platform.clock.advance(bootSeconds * second);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'boot-deadline' });
    await expectBalanced(platform);
  });

  it('loses its lease at the moment when EC2’s silence proves its end', async () => {
    const { platform, machine, row } = await givenBooting();
    platform.compute.machines.delete(machine);
    platform.clock.advance(3_900 * second);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended' });
  });
});

describe('a machine that listens', () => {
  it('has its whole time to get a job, though it started to listen late', async () => {
    const { platform, machine, row } = await givenBooting();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds - 10) * second);
    await platform.claim(machine);
    await platform.confirm(machine);
    platform.clock.advance(20 * second);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(row().deadline).toBe(noon + (bootSeconds - 10 + idleSeconds) * second);
  });

  it('is not checked again until the longest possible job is over, once its job began', async () => {
    const { platform, machine, row, longest, untilLooked } = await givenListening();
    platform.clock.advance(minute);
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    untilLooked();
    await platform.sweep();
    const { jobSeconds } = platform.deployment.limits;
    expect(row().deadline).toBe(noon + minute + jobSeconds * second);
    platform.clock.advance(longest);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'job-time-limit' });
  });

  it('is ended as idle if its job runs on another machine', async () => {
    const { platform, row, untilDoubted } = await givenListening();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: 'a-laptop' }));
    untilDoubted();
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'idle-deadline' });
  });

  it('is ended as idle if its job’s row has expired', async () => {
    const { platform, row, untilDoubted } = await givenListening();
    platform.stores.world.rows.jobs.clear();
    untilDoubted();
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'idle-deadline' });
  });

  it('is ended as too old after the longest possible job, even if GitHub reports it as busy', async () => {
    const { platform, machine, row, longest } = await givenListening();
    platform.github.setBusy(machine, true);
    platform.clock.advance(longest);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'job-time-limit' });
  });

  it('is ended after the longest possible job, even if others are reported to begin on a runner of its name', async () => {
    const { platform, machine, row, longest, untilLooked } = await givenListening();
    const begins = (jobId: number) =>
      platform.follow(givenEvent({ jobId: JobId(jobId), action: 'in_progress', runnerName: machine }));
    await begins(1);
    untilLooked();
    await begins(2);
    await platform.sweep();
    platform.clock.advance(noon + longest - platform.clock.now() - 1);
    await begins(3);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'listening', deadline: noon + longest });
    platform.clock.advance(1);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'job-time-limit' });
  });

  it('is checked again when GitHub accepts calls again, and its job has no other machine until then', async () => {
    const { platform, row, untilLooked } = await givenListening();
    untilLooked();
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 77 } });
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(row().deadline).toBe(platform.clock.now() + 77 * second);
  });

  it('is checked again after its time to get a job, if none is known', async () => {
    const { platform, row, untilLooked } = await givenListening();
    untilLooked();
    await platform.sweep();
    expect(row().deadline).toBe(platform.clock.now() + platform.deployment.limits.idleSeconds * second);
  });

  it('has another machine run its job if EC2 does not know it', async () => {
    const { platform, machine, untilLooked } = await givenListening();
    platform.compute.machines.delete(machine);
    untilLooked();
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('is ended after the hour even if GitHub refuses to remove its registration', async () => {
    const { platform, row, untilDoubted } = await givenListening();
    untilDoubted();
    platform.github.failNext('removeRunner', { refusal: { kind: 'forbidden', message: 'Forbidden' } });
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended', endReason: 'idle-deadline' });
    expect(platform.telemetry.total('GitHubRefusals')).toBe(1);
  });

  it('counts as an unknown run if GitHub first reports it as busy, and then has no registration', async () => {
    const { platform, machine, row, untilDoubted } = await givenListening();
    platform.github.setBusy(machine, true);
    untilDoubted();
    await platform.sweep();
    platform.github.registrations.clear();
    platform.clock.advance(platform.deployment.limits.idleSeconds * second);
    await platform.sweep();
    expect(row()).toMatchObject({ state: 'ended' });
    expect((await platform.stores.tenants.get(acme))?.unknownRuns).toBe(1);
  });

  it('does not count as an unknown run if its job is known, even if its registration is gone', async () => {
    const { platform, machine, untilDoubted } = await givenListening();
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    await platform.follow(givenEvent({ jobId: JobId(2), action: 'in_progress', runnerName: machine }));
    await platform.follow(
      givenEvent({ jobId: JobId(2), action: 'completed', conclusion: 'success', runnerName: 'a-laptop' }),
    );
    platform.github.registrations.clear();
    untilDoubted();
    await platform.sweep();
    expect((await platform.stores.tenants.get(acme))?.unknownRuns).toBeUndefined();
  });
});

describe('a machine whose end is postponed', () => {
  it('has its lease count what it costs until its new deadline and some minutes more', async () => {
    const { platform, machine, row } = await givenBooting();
    const { runners } = platform.stores.world.rows;
    // A micro-dollar a second, and no more than the usual life expected.
    runners.set(machine, { ...row(), leaseCost: { expected: 700, ceiling: 3600, strict: true } });
    platform.compute.machines.delete(machine);
    platform.clock.advance(platform.deployment.limits.bootSeconds * second);
    await platform.sweep();
    const lives = (row().deadline - noon) / second;
    // A machine may take three minutes to end, and ten more are counted ahead.
    expect(row().leaseCost?.expected).toBeGreaterThan(lives + 180 + 600);
    expect(platform.telemetry.events.find(({ name }) => name === 'machine-overrun')?.fields).toMatchObject({
      ...{ instanceId: machine, before: 700, expected: row().leaseCost?.expected },
    });
  });
});

describe('more machines than one sweep ends', () => {
  const tooMany = sweepPageSize + 1;
  const jobs = Array.from({ length: tooMany }, (_, n) => givenEvent({ jobId: JobId(n + 1) }));
  const givenMany = () =>
    givenPlatform({
      tenants: [givenTenant({ maxRunners: tooMany })],
      deployment: {
        tiers: [givenTier({ maxRunners: tooMany })],
        caps: { waitingJobsPerTenant: 1_000, launchesPerMinutePerTenant: 1_000 },
      },
    });

  it('take turns: the longest overdue ones are ended first', async () => {
    const platform = await givenMany();
    await platform.accept(...jobs);
    const { runners } = platform.stores.world.rows;
    const last = platform.liveMachines().at(-1)!;
    runners.set(last, { ...runners.get(last)!, deadline: noon });
    platform.clock.advance(platform.deployment.limits.bootSeconds * second);
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(1);
    expect(platform.liveMachines()).not.toContain(last);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([]);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
  });

  it('get missing rows, a hundred launches at a time', async () => {
    const platform = await givenMany();
    for (const job of jobs) {
      platform.stores.world.failNext('runners.bind', new Error('died'));
      await platform.accept(job);
    }
    platform.clock.advance(platform.deployment.limits.bootSeconds * second);
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toHaveLength(sweepPageSize);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    expect(platform.telemetry.total('Repairs', { kind: 'machines-recorded' })).toBe(sweepPageSize);
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toHaveLength(tooMany);
  });
});
