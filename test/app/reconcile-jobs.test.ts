/** Which jobs of a tenant the reconciler asks GitHub about, and what it makes of each answer. */
import { describe, expect, it } from '@jest/globals';
import type { GitHubJob } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { acme, givenEvent, givenJob, noon, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;
const onGitHub = (status: GitHubJob['status'], over: Partial<GitHubJob> = {}): GitHubJob => ({
  ...{ status, conclusion: null, runnerName: null },
  ...over,
});
const repairs = (platform: Platform, kind: string) => platform.telemetry.total('Repairs', { kind });

/** The jobs that GitHub is asked about from now on. */
function askedIn({ github }: Platform) {
  const asked: number[] = [];
  const { getJob } = github;
  github.getJob = async (...given) => {
    asked.push(given[2]);
    return getJob(...given);
  };
  return asked;
}

/** Job 1 has waited for ten minutes. */
async function givenWaiting(over: Partial<Job> = {}) {
  const platform = await givenPlatform();
  await platform.jobs.insert([givenJob(over)]);
  platform.clock.advance(minutes(10));
  return platform;
}

describe('a job that has waited for ten minutes', () => {
  it('is asked about, but not earlier', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    await platform.jobs.insert([givenJob({ jobId: JobId(2), acceptedAt: noon + 1 })]);
    const asked = askedIn(platform);
    await platform.reconcile();
    expect(asked).toEqual([1]);
  });

  it('is reported as started if GitHub says so, with everything that its row knows', async () => {
    const known = { repositoryId: 11, visibility: 'private' } as const;
    const platform = await givenWaiting(known);
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    await platform.reconcile();
    expect(platform.queues.lifecycle).toEqual([
      {
        ...{ kind: 'job', action: 'in_progress', delivery: 'reconciler', runnerName: 'a-laptop' },
        ...{ installationId: acme, jobId: 1, runId: 1000, tier: small, queuedAt: noon, conclusion: null },
        ...{ repository: 'acme/app', repositoryOwnerId: 1, ...known },
        labels: ['self-hosted', 'linux', 'x64', 'small'],
      },
    ]);
    expect(repairs(platform, 'job-start-unheard')).toBe(1);
  });

  it('is reported as ended if GitHub says so, without what its row does not know', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('completed', { conclusion: 'failure' }));
    await platform.reconcile();
    const [event] = platform.queues.lifecycle;
    expect(event).toMatchObject({ action: 'completed', conclusion: 'failure' });
    expect(event).not.toHaveProperty('repositoryId');
    expect(event).not.toHaveProperty('visibility');
    expect(repairs(platform, 'job-end-unheard')).toBe(1);
  });

  it('is blocked if it waits for an approval on GitHub', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('waiting'));
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    expect(platform.queues.lifecycle).toEqual([]);
  });

  it('is not doubted if GitHub refuses the call', async () => {
    const platform = await givenWaiting();
    platform.github.failNext('getJob', { refusal: { kind: 'forbidden', message: 'No.' } });
    await platform.reconcile();
    expect((await platform.job(1))?.goneAt).toBeUndefined();
  });

  it('keeps waiting if GitHub accepts no further call about its run', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    platform.github.failNext('getRun', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    expect((await platform.job(1))?.goneAt).toBeUndefined();
  });

  it.each([
    ['startup_failure', 'startup_failure'],
    [null, 'unknown'],
  ])('is closed with the conclusion of its run, %s, once that has been over for long', async (said, kept) => {
    const doubted = { goneAt: noon + minutes(2), goneSaidAt: noon + minutes(5) };
    const platform = await givenWaiting(doubted);
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    platform.github.putRun('acme/app', { runId: 1000, completed: true, conclusion: said });
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({
      ...{ state: 'done', outcome: 'cancelled', conclusion: kept },
      reason: { code: 'run-ended', text: expect.stringContaining(`(${kept})`) },
    });
    expect(repairs(platform, 'job-of-dead-run-closed')).toBe(1);
  });

  it('is closed without a conclusion of its own if GitHub has denied it for long', async () => {
    const platform = await givenWaiting({ goneAt: noon + minutes(2), goneSaidAt: noon + minutes(5) });
    platform.github.dropJob('acme/app', JobId(1));
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'unknown' });
    expect(repairs(platform, 'job-gone-closed')).toBe(1);
  });
});

describe('a covered job whose runner listens without it', () => {
  /** Its machine comes to listen five minutes after its launch. */
  async function givenListening() {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    platform.github.putRun('acme/app', { runId: 1000, completed: false, conclusion: null });
    const [machine] = platform.liveMachines();
    platform.clock.advance(minutes(5));
    await platform.claim(machine!);
    await platform.confirm(machine!);
    return { platform, machine: machine! };
  }

  it('is asked about once it has listened for ten minutes, but not earlier', async () => {
    const { platform } = await givenListening();
    platform.clock.advance(minutes(10) - 1);
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress'));
    const asked = askedIn(platform);
    await platform.reconcile();
    expect(asked).toEqual([]);
    platform.clock.advance(1);
    await platform.reconcile();
    expect(asked).toEqual([1]);
  });

  it('waits for another machine if GitHub gave its runner to another job', async () => {
    const { platform } = await givenListening();
    platform.clock.advance(minutes(10));
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({
      ...{ state: 'waiting', replacements: 1 },
      reason: { code: 'runner-taken-by-unknown-job' },
    });
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke', installationId: acme } }]);
    expect(repairs(platform, 'runner-taken-unreported')).toBe(1);
  });

  it('keeps the machine that it has by now', async () => {
    const { platform } = await givenListening();
    platform.clock.advance(minutes(10));
    await platform.sweep();
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(2);
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', replacements: 1 });
  });

  it('is not asked about if it runs, or if its row has expired', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    platform.clock.advance(minutes(10));
    const asked = askedIn(platform);
    await platform.reconcile();
    platform.stores.world.rows.jobs.clear();
    await platform.reconcile();
    expect(asked).toEqual([]);
  });
});
