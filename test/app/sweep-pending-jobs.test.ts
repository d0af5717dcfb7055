/** When the sweep asks GitHub about a job whose state only GitHub knows, and what it makes of each answer. */
import { describe, expect, it } from '@jest/globals';
import type { GitHubJob } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { reason } from '../../lib/core/reason.ts';
import { givenEvent, givenJob, givenTenant, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const minute = 60_000;
const onGitHub = (status: GitHubJob['status'], over: Partial<GitHubJob> = {}): GitHubJob => ({
  ...{ status, conclusion: null, runnerName: null },
  ...over,
});
const forbidden = { kind: 'forbidden', message: 'Resource not accessible by integration' } as const;

async function given(over: Partial<Job>): Promise<Platform> {
  const platform = await givenPlatform();
  await platform.jobs.insert([givenJob(over)]);
  return platform;
}

const blocked = (over: Partial<Job> = {}) => given({ state: 'blocked', unsettledAt: noon, ...over });
/** Its machine is gone, or none of ours. */
const running = (over: Partial<Job> = {}) => given({ state: 'running', unsettledAt: noon, ...over });
/** It has used up its free replacements; its rest is nearly over. */
const resting = (over: Partial<Job> = {}) => given({ replacements: 5, retryAt: noon + minute, ...over });

/** In which of the next minutes GitHub was asked, which says nothing. */
async function minutesAsked(platform: Platform, last: number): Promise<number[]> {
  const asked: number[] = [];
  for (let n = 1; n <= last; n += 1) {
    platform.clock.advance(minute);
    platform.github.getJob = async () => {
      asked.push(n);
      return { ok: false, refusal: forbidden };
    };
    await platform.sweep();
  }
  return asked;
}

const pokes = ({ queues }: Platform) => queues.tiers.length;

describe('a job that has waited for as long as it may', () => {
  it('is closed with the time and its last reason, and counted', async () => {
    const platform = await given({});
    platform.clock.advance(24 * 60 * minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({
      outcome: 'expired',
      reason: { code: 'waited-too-long', text: 'It waited for 24 hours; the last reason was: unknown' },
    });
    expect(platform.telemetry.total('JobsExpired')).toBe(1);
  });

  it.each(['the sweep', 'a webhook'])(
    'waits anew after days without an approval, if %s finds that it was approved',
    async (finder) => {
      const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 0 })] });
      await platform.jobs.insert([givenJob({ state: 'blocked', unsettledAt: noon })]);
      platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
      // The sweep asks in this minute of an hour.
      platform.clock.advance((70 * 60 + 1) * minute);
      if (finder === 'a webhook') {
        await platform.accept(givenEvent({ receivedAt: platform.clock.now() }));
        await platform.deliverInstallations();
      } else await platform.sweep();
      platform.clock.advance(23 * 60 * minute);
      await platform.sweep();
      expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
      platform.clock.advance(60 * minute);
      await platform.sweep();
      expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'expired' });
    },
  );

  it('is not counted if it got its machine at the same moment', async () => {
    const platform = await given({});
    platform.clock.advance(24 * 60 * minute);
    const { refuseWaiting } = platform.jobs;
    platform.jobs.refuseWaiting = async (...those) => {
      const { rows } = platform.stores.world;
      for (const [key, job] of rows.jobs) rows.jobs.set(key, { ...job, state: 'covered' });
      return refuseWaiting(...those);
    };
    await platform.sweep();
    expect(platform.telemetry.total('JobsExpired')).toBe(0);
  });
});

describe('GitHub is asked about a job', () => {
  it.each([
    { jobId: 65, minutes: [1, 2, 4, 8, 16, 32, 64, 65, 125, 128] },
    { jobId: 60, minutes: [1, 2, 4, 8, 16, 32, 60, 64, 120, 128] },
  ])('$jobId at growing intervals, and then once an hour at its own minute', async ({ jobId, minutes }) => {
    const platform = await blocked({ jobId: JobId(jobId) });
    expect(await minutesAsked(platform, 130)).toEqual(minutes);
  });

  it('that it denied at the end of each pause of five minutes, and each minute after eight', async () => {
    // Its own minutes come before and after these.
    const platform = await blocked({ unsettledAt: noon - 100 * minute, goneAt: noon });
    expect(await minutesAsked(platform, 12)).toEqual([5, 6, 8, 9, 10, 11, 12]);
  });
});

describe('GitHub’s answer about a blocked job', () => {
  it('is accepted if the job has begun', async () => {
    const platform = await blocked();
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
  });

  it('changes nothing, and pokes no tier, if the job still waits for its approval', async () => {
    const platform = await blocked();
    platform.github.putJob('acme/app', JobId(1), onGitHub('waiting'));
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    expect(pokes(platform)).toBe(0);
  });

  it('proves nothing about the job if it is a refusal, which is counted', async () => {
    const platform = await blocked();
    platform.github.failNext('getJob', { refusal: forbidden });
    platform.clock.advance(minute);
    await platform.sweep();
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'blocked' });
    expect(job?.goneAt).toBeUndefined();
    expect(platform.telemetry.total('GitHubRefusals')).toBe(1);
    expect(pokes(platform)).toBe(0);
  });
});

describe('GitHub’s answer about a job that runs on no machine of ours', () => {
  it('changes nothing if it still runs', async () => {
    const platform = await running();
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
    expect(platform.telemetry.total('Repairs', { kind: 'job-found-in_progress' })).toBe(0);
  });

  it('closes it as completed, with an unknown conclusion, if it runs beyond the longest time', async () => {
    const platform = await running();
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    platform.clock.advance(platform.deployment.limits.jobSeconds * 1000);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({
      ...{ state: 'done', outcome: 'completed', conclusion: 'unknown' },
    });
  });
});

describe('GitHub’s answer about a job whose pause is nearly over', () => {
  it('is accepted if another runner has it', async () => {
    const platform = await resting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
  });

  it('causes no second poke if the job is still queued', async () => {
    const platform = await resting();
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    expect(pokes(platform)).toBe(1);
    expect(platform.telemetry.total('Repairs')).toBe(0);
  });

  it('is requested only in the last 110 seconds', async () => {
    for (const [seconds, times] of [
      [111, 0],
      [110, 1],
      [0, 0],
      [-60, 0],
    ] as const) {
      const platform = await resting({ retryAt: noon + seconds * 1000 });
      let asked = 0;
      platform.github.getJob = async () => {
        asked += 1;
        return { ok: true, value: onGitHub('queued') };
      };
      await platform.sweep();
      expect([seconds, asked]).toEqual([seconds, times]);
    }
  });
});

describe('a job that GitHub keeps queued though its run was over eight minutes ago', () => {
  const given = async (over: Partial<Job> = {}) => {
    const doubted = { goneAt: noon - 8 * minute, goneSaidAt: noon - 5 * minute };
    const platform = await resting({ reason: reason('run-ended', 'Its run ended.'), ...doubted, ...over });
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    return platform;
  };
  const runIs = (platform: Platform, completed: boolean, conclusion: string | null = null) =>
    platform.github.putRun('acme/app', { runId: 1000, completed, conclusion });

  it.each([
    ['startup_failure', 'startup_failure'],
    [null, 'unknown'],
  ])('is closed before its next machine, with the run’s conclusion: %s', async (conclusion, kept) => {
    const platform = await given();
    runIs(platform, true, conclusion);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({
      ...{ state: 'done', conclusion: kept },
      reason: { code: 'run-ended', text: expect.stringContaining(`(${kept})`) },
    });
  });

  it('keeps waiting, without doubt, if its run is open again', async () => {
    const platform = await given();
    runIs(platform, false);
    await platform.sweep();
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
    expect(job?.goneAt).toBeUndefined();
  });

  it('keeps waiting unchanged if GitHub does not report on its run', async () => {
    const platform = await given();
    platform.github.failNext('getRun', { refusal: forbidden });
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', goneAt: noon - 8 * minute });
  });

  it('is known to run if GitHub reports it after all', async () => {
    const platform = await given();
    runIs(platform, true);
    platform.github.putJob('acme/app', JobId(1), onGitHub('in_progress', { runnerName: 'a-laptop' }));
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
  });

  it('has its run not asked about if only the job itself was in doubt', async () => {
    const platform = await given({ reason: reason('gone-from-github', 'GitHub denied it.') });
    runIs(platform, true);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
  });
});
