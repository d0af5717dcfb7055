/** What the tenant manager does with messages about one job or one machine: when it asks GitHub again, and when no more. */
import { describe, expect, it } from '@jest/globals';
import {
  heldJobAgainSeconds,
  heldJobAskedSeconds,
  unheardRunKeptSeconds,
} from '../../lib/app/common/settings.ts';
import type { InstallationsMessage, LookAtJob, UnheardRun } from '../../lib/contract/messages.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { acme, givenJob, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const limited: GitHubRefusal = { kind: 'limited', retryAfterSeconds: 77 };
const forbidden: GitHubRefusal = { kind: 'forbidden', message: 'No.' };

async function deliver(platform: Platform, message: InstallationsMessage) {
  platform.queues.installations.push(message);
  expect(await platform.deliverInstallations()).toEqual([]);
}

describe('a look at a job that GitHub holds', () => {
  const look: LookAtJob = {
    ...{ kind: 'look-at-job', installationId: acme, jobId: JobId(1), repository: 'acme/app', heardAt: noon },
  };

  async function givenHeld(status: 'queued' | 'waiting' | 'completed', over: Partial<Job> = {}) {
    const platform = await givenPlatform();
    await platform.jobs.insert([givenJob({ state: 'blocked', ...over })]);
    const conclusion = status === 'completed' ? 'cancelled' : null;
    platform.github.putJob('acme/app', JobId(1), { status, conclusion, runnerName: null });
    return platform;
  }

  it('opens it, with a reason, and has its tier balanced', async () => {
    const platform = await givenHeld('queued');
    await deliver(platform, look);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke' } }]);
  });

  it('leaves a hold alone that began while GitHub was asked', async () => {
    const platform = await givenHeld('queued', { unsettledAt: noon + 1 });
    await deliver(platform, look);
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
  });

  it('changes nothing if it has begun or was never heard of', async () => {
    const running = await givenHeld('queued', { state: 'running' });
    await deliver(running, look);
    expect(running.queues.tiers).toEqual([]);
    const platform = await givenPlatform();
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    await deliver(platform, look);
    expect(platform.queues.tiers).toEqual([]);
  });

  const again = [{ kind: 'look-at-job', delaySeconds: heldJobAgainSeconds }];
  const later = [{ kind: 'look-at-job', delaySeconds: 77 }];

  it.each<[string, 'waiting' | 'completed', number, object[]]>([
    ['that is still held is repeated', 'waiting', heldJobAgainSeconds - 1, again],
    ['that is still held then is the last', 'waiting', heldJobAgainSeconds, []],
    ['that is over is the last', 'completed', 1, []],
  ])('%s', async (_what, status, seconds, delayed) => {
    const platform = await givenHeld(status);
    platform.clock.advance(seconds * 1000);
    await deliver(platform, look);
    expect(platform.queues.delayed).toEqual(delayed);
  });

  it.each<[string, GitHubRefusal, number, object[]]>([
    ['is repeated where GitHub takes no calls for a while', limited, heldJobAskedSeconds - 1, later],
    ['is not repeated where GitHub refuses it for good', forbidden, 1, []],
  ])('%s', async (_what, refusal, seconds, delayed) => {
    const platform = await givenHeld('queued');
    platform.github.failNext('getJob', { refusal });
    platform.clock.advance(seconds * 1000);
    await deliver(platform, look);
    expect(platform.queues.delayed).toEqual(delayed);
    expect(platform.queues.installations).toHaveLength(delayed.length);
  });
});

describe('a search for the run of an ended machine', () => {
  const machine = InstanceId('i-1');
  const search: UnheardRun = { kind: 'unheard-run', installationId: acme, instanceId: machine };
  const hour = unheardRunKeptSeconds * 1000;

  async function givenEnded(endedAt: number) {
    const platform = await givenPlatform();
    await platform.runners.bind([givenRunner({ instanceId: machine, state: 'ended', endedAt })]);
    return platform;
  }

  it('ends where the machine has no row any more', async () => {
    const platform = await givenPlatform();
    await deliver(platform, search);
    expect(platform.queues.installations).toEqual([]);
  });

  it.each<[string, GitHubRefusal, number, object[]]>([
    [
      'is repeated where GitHub takes no calls, for an hour after the machine’s end',
      limited,
      hour - 1,
      [{ kind: 'unheard-run', delaySeconds: 77 }],
    ],
    ['is not repeated after that', limited, hour, []],
    ['is not repeated where GitHub refuses it for good', forbidden, 1, []],
  ])('%s', async (_what, refusal, milliseconds, delayed) => {
    const platform = await givenEnded(noon + hour);
    platform.clock.advance(hour + milliseconds);
    platform.github.failNext('removeRunner', { refusal });
    await deliver(platform, search);
    expect(platform.queues.delayed).toEqual(delayed);
    expect(platform.queues.installations).toHaveLength(delayed.length);
    expect(platform.telemetry.total('UnknownJobsRun')).toBe(0);
  });
});
