/** What GitHub refuses for a while loses no job: it waits, it is opened again, and only what lasts has an end. */
import { describe, expect, it } from '@jest/globals';
import { doubtJob, goneReason } from '../../lib/app/common/doubt-job.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
import { expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const refusals: [string, GitHubRefusal][] = [
  ['404', { kind: 'not-found', message: 'Not Found' }],
  ['409 or 422', { kind: 'invalid', message: 'Validation Failed' }],
];

async function givenMachine(accountType: 'Organization' | 'User' = 'Organization') {
  const platform = await givenPlatform({ tenants: [givenTenant({ accountType })] });
  platform.github.putJob('acme/app', JobId(1), isQueued);
  await platform.accept(givenEvent());
  return { platform, machine: platform.liveMachines()[0]! };
}

/** The machine asks for as long as it is worth it, in vain. */
async function refuseForLong(platform: Platform, refusal: GitHubRefusal) {
  const machine = platform.liveMachines()[0]!;
  platform.github.failNext('createJitConfig', { refusal }, { refusal });
  await platform.claim(machine);
  platform.clock.advance(60 * 1000);
  expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
  await platform.machineEnds(machine);
  await platform.deliverPokes();
}

describe.each(refusals)('a %s for a runner', (_status, refusal) => {
  it('has the machine ask again, and costs nothing more if it passes', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.failNext('createJitConfig', { refusal });
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 15 });
    platform.clock.advance(15 * 1000);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(await platform.job(1)).not.toHaveProperty('replacements');
  });

  it("holds an organization's jobs if it lasts, until one machine gets a runner", async () => {
    const { platform } = await givenMachine();
    await refuseForLong(platform, refusal);
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'github-refused' } });
    platform.clock.advance(120_000);
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
    expect(await platform.stores.tenants.get(acme)).not.toHaveProperty('attention');
  });

  it("makes only that job of a user's repository rest if it lasts", async () => {
    const { platform } = await givenMachine('User');
    await refuseForLong(platform, refusal);
    const retryAt = platform.clock.now() + 60_000;
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', replacements: 1, retryAt });
    await platform.accept(givenEvent({ jobId: JobId(2), queuedAt: noon + 1 }));
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });
});

describe('a 404 for the installation as well', () => {
  it('refuses no job while the tenant is active', async () => {
    const { platform, machine } = await givenMachine();
    const gone = { refusal: { kind: 'not-found', message: 'Not Found' } } as const;
    platform.github.failNext('createJitConfig', gone, gone);
    platform.github.failNext('getInstallation', gone, gone);
    await platform.claim(machine);
    platform.clock.advance(60 * 1000);
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'github-refused' } });
    await platform.machineEnds(machine);
    expect(await platform.leases()).toBe(0);
  });
});

describe('a `queued` of a job that the platform itself had ended', () => {
  const why = { code: 'github-refused', text: 'As releases before this one did.' } as const;
  const end = { outcome: 'refused', at: noon, reason: why } as const;

  it('opens it again', async () => {
    const { platform } = await givenMachine();
    await platform.jobs.finish(acme, JobId(1), end);
    await platform.accept(givenEvent());
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.telemetry.events.some(({ name }) => name === 'job-reopened')).toBe(true);
  });

  it('starts no job that another copy opened again before, and that GitHub holds since', async () => {
    const { platform } = await givenMachine();
    await platform.jobs.finish(acme, JobId(1), end);
    const { world } = platform.stores;
    world.beforeCall = async (call) => {
      if (call !== 'jobs.reopen') return;
      world.beforeCall = undefined;
      await platform.jobs.reopen(acme, JobId(1), { reason: why });
      await platform.follow(givenEvent({ action: 'waiting' }));
    };
    await platform.accept(givenEvent());
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
  });

  it('changes no job that GitHub ended', async () => {
    const { platform, machine } = await givenMachine();
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled', runnerName: machine }));
    await platform.accept(givenEvent());
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'cancelled' });
    await expectNothingLeft(platform);
  });
});

describe('a job that GitHub holds after it was queued', () => {
  it('is blocked, and its machine serves another one', async () => {
    const { platform, machine } = await givenMachine();
    platform.stores.world.setMaxRunners(acme, 1);
    await platform.accept(givenEvent({ jobId: JobId(2), queuedAt: noon + 1 }));
    await platform.follow(givenEvent({ action: 'waiting' }));
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });

  it('waits again when it is queued again, and nothing is counted', async () => {
    const { platform } = await givenMachine();
    await platform.follow(givenEvent({ action: 'waiting' }));
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(2_000);
    await platform.accept(givenEvent({ receivedAt: noon + 1 }));
    await platform.deliverInstallations();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
    expect(await platform.job(1)).not.toHaveProperty('replacements');
  });

  it('stays blocked if an earlier message is delivered again', async () => {
    const { platform } = await givenMachine();
    await platform.follow(givenEvent({ action: 'waiting', receivedAt: noon + 1 }));
    await platform.accept(givenEvent());
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('is asked about if a late `waiting` arrived after the second `queued`', async () => {
    const { platform } = await givenMachine();
    await platform.follow(givenEvent({ action: 'waiting' }));
    platform.clock.advance(60_000);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });
});

describe('a 404 for a job that exists', () => {
  const denied = { refusal: { kind: 'not-found', message: 'Not Found' } } as const;

  /** Its first machine ended at once, so that the second one asks GitHub about it. */
  async function givenSecondMachine() {
    const { platform, machine } = await givenMachine();
    platform.github.putJob('acme/app', JobId(1), isQueued, { runId: 1000 });
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    return { platform, machine: platform.liveMachines()[0]! };
  }

  it('is not believed if GitHub shows its run as open', async () => {
    const { platform, machine } = await givenSecondMachine();
    platform.github.failNext('getJob', denied);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(await platform.job(1)).not.toHaveProperty('goneAt');
  });

  it('proves nothing if GitHub limits the call about its run', async () => {
    const { platform, machine } = await givenSecondMachine();
    platform.github.failNext('getJob', denied);
    platform.github.failNext('getRun', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    expect(await platform.claim(machine)).toMatchObject({ action: 'again' });
    expect(await platform.job(1)).not.toHaveProperty('goneAt');
  });

  it('closes nothing if all is denied twice, eight minutes apart, and shown in between', async () => {
    const { platform, machine } = await givenSecondMachine();
    const denyAll = () => {
      platform.github.failNext('getJob', denied);
      platform.github.failNext('getRun', denied);
    };
    denyAll();
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', goneAt: expect.any(Number) });
    for (const isDenied of [false, false, true]) {
      platform.clock.advance(190_000);
      if (isDenied) denyAll();
      await platform.sweep();
    }
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it.each([
    ['at each look for eight minutes', [0, 200, 400], 490],
    ['and again after a silence of nine minutes, from then on', [0, 540, 740, 940], 1030],
  ])('closes the job if GitHub denies all %s', async (_when, openAt, closedAt) => {
    const platform = await givenPlatform();
    await platform.follow(givenEvent({ action: 'waiting' }));
    const begun = platform.clock.now();
    const deniedAt = async (seconds: number) => {
      platform.clock.advance(begun + seconds * 1000 - platform.clock.now());
      const job = (await platform.job(1))!;
      return doubtJob({ jobs: platform.stores.jobs, clock: platform.clock }, job, { why: goneReason(job) });
    };
    const closed: boolean[] = [];
    for (const seconds of [...openAt, closedAt]) closed.push(await deniedAt(seconds));
    expect(closed).toEqual([...openAt.map(() => false), true]);
  });

  it('is no longer doubted once GitHub shows its run, though the job stays denied', async () => {
    const { platform, machine } = await givenSecondMachine();
    platform.github.failNext('getJob', ...Array.from({ length: 9 }, () => denied));
    platform.github.failNext('getRun', denied);
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    platform.clock.advance(190_000);
    await platform.sweep();
    expect(await platform.job(1)).not.toHaveProperty('goneAt');
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
  });

  it('does not close a held job that GitHub shows between two denials', async () => {
    const platform = await givenPlatform();
    await platform.follow(givenEvent({ action: 'waiting' }));
    platform.github.putJob('acme/app', JobId(1), { ...isQueued, status: 'waiting' }, { runId: 1000 });
    for (let minute = 1; minute <= 40; minute += 1) {
      // The looks at a held job grow seldom: without others in between only these two would be asked for.
      if ([16, 24, 25, 26].includes(minute)) {
        platform.github.failNext('getJob', denied);
        platform.github.failNext('getRun', denied);
      }
      platform.clock.advance(60_000);
      await platform.sweep();
    }
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
  });
});
