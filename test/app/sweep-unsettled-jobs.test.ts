/** How the sweep settles jobs whose events were lost: it asks GitHub, and closes none that may still run. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform } from '../support/platform.ts';
import { givenListening, minutes, queued } from '../support/swept.ts';

describe('the sweep', () => {
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
