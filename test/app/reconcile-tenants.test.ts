import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenEvent, givenJob, givenTenant, noon } from '../support/given.ts';
import { denialLasts, expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';
import {
  givenListening,
  givenWaiting,
  isQueued,
  labels,
  minutes,
  queued,
  repairs,
} from '../support/reconciled.ts';

describe('jobs without a webhook', () => {
  it('are adopted through the webhook’s queue, and run', async () => {
    const platform = await givenPlatform();
    platform.github.putJob('acme/app', JobId(9), isQueued, {
      runId: 90,
      labels,
      createdAt: noon - minutes(3),
    });
    await platform.reconcile();
    await platform.deliverPokes();
    expect(await platform.job(9)).toMatchObject({ state: 'covered', runId: 90, queuedAt: noon - minutes(3) });
    expect(repairs(platform, 'job-adopted')).toBe(1);
    await platform.reconcile();
    expect(repairs(platform, 'job-adopted')).toBe(1);
  });

  it('are found in a run with a running job', async () => {
    const platform = await givenPlatform();
    const details = { runId: 90, labels, createdAt: noon - minutes(3) };
    platform.github.putJob('acme/app', JobId(8), { ...isQueued, status: 'in_progress' }, details);
    platform.github.putJob('acme/app', JobId(9), isQueued, details);
    await platform.reconcile();
    await platform.deliverPokes();
    expect(await platform.job(9)).toMatchObject({ state: 'covered' });
    expect(await platform.job(8)).toBeUndefined();
  });

  it('are adopted if our row is still blocked but the approval was given', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert([givenJob({ jobId: JobId(9), state: 'blocked', unsettledAt: noon })]);
    const details = { runId: 1000, labels, createdAt: noon - minutes(3) };
    platform.github.putJob('acme/app', JobId(9), isQueued, details);
    await platform.reconcile();
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9, delivery: 'reconciler' } }]);
  });

  it('are not adopted while their webhook may be on its way, or if no tier has their labels', async () => {
    const platform = await givenPlatform();
    platform.github.putJob('acme/app', JobId(8), isQueued, { labels, createdAt: noon - 60_000 });
    platform.github.putJob('acme/app', JobId(9), isQueued, { labels: ['ubuntu-latest'] });
    await platform.reconcile();
    expect(platform.queues.tiers).toEqual([]);
  });

  it('are found in every repository in turn, over several visits', async () => {
    const platform = await givenPlatform();
    const repositories = Array.from({ length: 40 }, (_, n) => `r${n}`);
    const { accountId, accountLogin, accountType } = givenTenant();
    const installation = await platform.github.getInstallation(acme);
    if (!installation.ok) throw new Error('not installed');
    const account = { ...installation.value, accountId, accountLogin, accountType };
    platform.github.putInstallation(acme, { ...account, repositories });
    platform.github.listing.pageSize = 15;
    repositories.forEach((name, n) => {
      platform.github.putJob(`acme/${name}`, JobId(n + 1), isQueued, { labels });
    });
    for (let run = 0; run < 8; run++) await platform.reconcile();
    const adopted = platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId);
    expect(new Set(adopted).size).toBe(40);
  });

  it('are found among many runs of a repository, whatever runs the others have', async () => {
    const platform = await givenPlatform();
    const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app', 'web'] });
    const elsewhere = { labels: ['ubuntu-latest'], createdAt: noon - minutes(9) };
    for (let runId = 50; runId < 80; runId++)
      platform.github.putJob('acme/app', JobId(runId), isQueued, { ...elsewhere, runId });
    platform.github.putJob('acme/app', JobId(1), isQueued, {
      labels,
      runId: 61,
      createdAt: noon - minutes(9),
    });
    platform.github.putJob('acme/web', JobId(2), isQueued, { ...elsewhere, runId: 70 });
    for (let visit = 0; visit < 6; visit++) await platform.reconcile();
    expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toContain(1);
  });
});

describe('jobs that were refused because too many wait', () => {
  it('are readmitted once there is room, and not at each visit before', async () => {
    const caps = { waitingJobsPerTenant: 1, launchesPerMinutePerTenant: 600 };
    const platform = await givenPlatform({ deployment: { caps } });
    const late = { runId: 90, labels, createdAt: noon - minutes(3) };
    await platform.accept(queued(1), queued(2));
    for (const jobId of [3, 4, 5]) platform.github.putJob('acme/app', JobId(jobId), isQueued, late);
    const why = reason('waiting-cap', 'One waits already.');
    const refused = { state: 'done', outcome: 'refused', reason: why, doneAt: noon } as const;
    await platform.stores.jobs.insert([
      givenJob({ jobId: JobId(3), queuedAt: noon + 3 }),
      ...[4, 5].map((jobId) => givenJob({ ...refused, jobId: JobId(jobId) })),
    ]);
    for (let visit = 0; visit < 3; visit += 1) await platform.reconcile();
    expect(repairs(platform, 'job-adopted')).toBe(0);
    await platform.stores.jobs.finish(acme, JobId(3), { outcome: 'completed', at: noon });
    await platform.reconcile();
    expect(repairs(platform, 'job-adopted')).toBe(1);
  });
});

describe('a hundred jobs that were refused because too many wait', () => {
  it('are readmitted in one run, and the others in the next ones', async () => {
    const platform = await givenPlatform();
    const why = reason('waiting-cap', 'A thousand wait already.');
    const ids = Array.from({ length: 120 }, (_, n) => JobId(n + 1));
    const refused = { state: 'done', outcome: 'refused', reason: why, doneAt: noon } as const;
    await platform.jobs.insert(ids.map((jobId) => givenJob({ ...refused, jobId })));
    for (const jobId of ids)
      platform.github.putJob('acme/app', jobId, isQueued, {
        runId: 90,
        labels,
        createdAt: noon - minutes(3),
      });
    await platform.reconcile();
    expect(repairs(platform, 'job-adopted')).toBe(100);
    await platform.deliverPokes();
    await platform.reconcile();
    expect(repairs(platform, 'job-adopted')).toBe(120);
  });
});

describe('a repository with many runs', () => {
  const details = (runId: number) => ({ labels, runId, createdAt: noon - minutes(9) });
  const adopted = (platform: Platform) =>
    platform.queues.tiers.flatMap(({ message }) => ('jobId' in message ? [message.jobId] : []));

  /** Jobs 1 to 40 wait, each of a run of its own: 102, 104, … */
  async function givenBusyRepository() {
    const platform = await givenPlatform();
    const ids = Array.from({ length: 40 }, (_, n) => n + 1);
    await platform.accept(...ids.map((id) => givenEvent({ jobId: JobId(id), runId: 100 + 2 * id })));
    for (const id of ids) platform.github.putJob('acme/app', JobId(id), isQueued, details(100 + 2 * id));
    platform.queues.tiers.length = 0;
    return platform;
  }

  it('has a job found behind the first hundred of its run, at the second visit', async () => {
    const platform = await givenPlatform();
    const ids = Array.from({ length: 100 }, (_, n) => n + 1);
    await platform.accept(...ids.map((id) => givenEvent({ jobId: JobId(id), runId: 90 })));
    for (const id of [...ids, 101]) platform.github.putJob('acme/app', JobId(id), isQueued, details(90));
    platform.queues.tiers.length = 0;
    await platform.reconcile();
    await platform.reconcile();
    expect(adopted(platform)).toEqual([101]);
    // After the last page it begins anew.
    await platform.deliverPokes();
    platform.github.putJob('acme/app', JobId(102), isQueued, details(90));
    await platform.reconcile();
    expect(adopted(platform)).toEqual([]);
    await platform.reconcile();
    expect(adopted(platform)).toEqual([102]);
  });

  it('has a job found at the first visit although its run is unknown', async () => {
    const platform = await givenBusyRepository();
    platform.github.putJob('acme/app', JobId(99), isQueued, details(141));
    await platform.reconcile();
    expect(adopted(platform)).toEqual([99]);
  });

  it('has a job found whose run is known by another job, in its turn', async () => {
    const platform = await givenBusyRepository();
    const hosted = { labels: ['ubuntu-latest'] };
    for (const runId of [301, 302, 303, 304, 305, 306])
      platform.github.putJob('acme/app', JobId(runId), isQueued, { ...details(runId), ...hosted });
    platform.github.putJob('acme/app', JobId(99), isQueued, details(120));
    for (let visit = 0; visit < 10 && adopted(platform).length === 0; visit += 1) await platform.reconcile();
    expect(adopted(platform)).toEqual([99]);
  });
});

describe('jobs that wait for long', () => {
  it('are closed once GitHub no longer has them', async () => {
    const platform = await givenWaiting();
    await platform.reconcile();
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
    platform.clock.advance(300_000);
    await platform.reconcile();
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
    platform.clock.advance(300_000);
    await platform.reconcile();
    expect(await platform.job(3)).toMatchObject({
      state: 'done',
      outcome: 'cancelled',
      reason: { code: 'gone-from-github', text: expect.stringContaining('acme/app') },
    });
    expect(repairs(platform, 'job-gone-closed')).toBe(1);
  });

  it('are closed if their run ended without them', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(3), isQueued, { runId: 1000 });
    platform.github.putRun('acme/app', { runId: 1000, completed: true, conclusion: 'startup_failure' });
    await platform.reconcile();
    await denialLasts(platform);
    expect(await platform.job(3)).toMatchObject({
      outcome: 'cancelled',
      conclusion: 'startup_failure',
      reason: { code: 'run-ended', text: expect.stringContaining('startup_failure') },
    });
  });

  it('keep waiting if GitHub has them queued, or cannot answer', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(3), isQueued, { runId: 1000 });
    await platform.reconcile();
    platform.github.failNext('getJob', { refusal: { kind: 'forbidden', message: 'no actions: read' } });
    await platform.reconcile();
    platform.github.setBudget(acme, { calls: 0, retryAfterSeconds: 600 });
    await platform.reconcile();
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
  });

  it('follow GitHub’s report, through the webhook’s queue', async () => {
    const platform = await givenWaiting();
    platform.github.putJob('acme/app', JobId(3), { ...isQueued, status: 'completed', conclusion: 'success' });
    await platform.reconcile();
    await platform.follow(...platform.queues.lifecycle.splice(0));
    expect(await platform.job(3)).toMatchObject({
      state: 'done',
      outcome: 'completed',
      conclusion: 'success',
    });
    expect(repairs(platform, 'job-end-unheard')).toBe(1);
  });

  it('get another runner if theirs serves an unreported job', async () => {
    const { platform, machine } = await givenListening();
    platform.github.putJob('acme/app', JobId(1), isQueued, { runId: 1000, labels });
    platform.github.setBusy(machine, true);
    platform.clock.advance(minutes(11));
    await platform.reconcile();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2, replacements: 1 });
    expect(platform.liveMachines()).toHaveLength(2);
    await expectBalanced(platform);
  });
});

describe('the visits', () => {
  it('reach all other tenants if one fails, and report it', async () => {
    const other = givenTenant({ installationId: InstallationId(102), accountId: 2, accountLogin: 'globex' });
    const platform = await givenPlatform({ tenants: [givenTenant(), other] });
    platform.github.putJob('globex/app', JobId(9), isQueued, { labels });
    platform.stores.world.failNext('tenants.get', new Error('row cannot be read'));
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9, installationId: 102 } }]);
  });

  it('have the tenant manager ask about an installation that GitHub refuses', async () => {
    const platform = await givenPlatform();
    platform.github.deleteInstallation(acme);
    await platform.reconcile();
    expect(platform.queues.installations).toMatchObject([{ installationId: acme }]);
  });
});
