import { describe, expect, it } from '@jest/globals';
import { readOpenRows } from '../../lib/app/reconciler/reconcile-leases.ts';
import { reconcileTenants } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { sameHeld } from '../../lib/core/lease-census.ts';
import { reason } from '../../lib/core/reason.ts';
import type { HeldLeases } from '../../lib/core/spend-counts.ts';
import { acme, givenEvent, givenJob, givenTenant, medium, noon, small } from '../support/given.ts';
import {
  denialLasts,
  expectBalanced,
  expectNothingLeft,
  givenPlatform,
  type Platform,
} from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;
const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const repairs = (platform: Platform, kind: string) => platform.telemetry.total('Repairs', { kind });
const labels = ['self-hosted', 'small'];

async function givenListening(jobId = 1) {
  const platform = await givenPlatform();
  await platform.accept(queued(jobId));
  const [machine] = platform.liveMachines();
  await platform.claim(machine!);
  await platform.confirm(machine!);
  return { platform, machine: machine! };
}

/** Two jobs run, and so a third waits. */
async function givenWaiting() {
  const platform = await givenPlatform();
  await platform.accept(queued(1), queued(2), queued(3));
  platform.clock.advance(minutes(11));
  return platform;
}

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

  it('are left alone while their webhook may be on its way, or if no tier has their labels', async () => {
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
  it('are readmitted once there is room, and not at each look before', async () => {
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

describe('lease counts that differ from the rows', () => {
  const setCount = (platform: Platform, leases: number) =>
    platform.stores.world.editTenant(acme, { leases, tierLeases: new Map([[small, leases]]) });
  const reconcileEvery5 = async (platform: Platform, times: number) => {
    for (let n = 0; n < times; n += 1) {
      await platform.reconcile();
      platform.clock.advance(minutes(5));
    }
  };

  it('are raised in the next run if they are too low', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    await platform.reconcile();
    expect(await platform.leases()).toBe(0);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(await platform.leases()).toBe(1);
    expect(repairs(platform, 'lease-count-corrected')).toBe(1);
    await expectBalanced(platform);
  });

  it('are lowered only when no machine with a lost row can still be alive', async () => {
    const { platform, machine } = await givenListening();
    platform.stores.world.rows.runners.delete(machine);
    // With the launch's row the sweep would write the machine's anew.
    platform.stores.world.rows.launches.clear();
    platform.compute.machines.get(machine)!.hidden = true;
    await reconcileEvery5(platform, 13);
    expect(await platform.leases()).toBe(1);
    platform.compute.machines.get(machine)!.hidden = false;
    await platform.reconcile();
    expect(platform.liveMachines()).not.toContain(machine);
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(await platform.leases()).toBe(0);
  });

  it.each<[string, HeldLeases]>([
    [
      'more',
      { expected: new Map([['2026-11-21', 9]]), since: new Map([['2026-11-21', new Map([[small, 9]])]]) },
    ],
    ['nothing', { expected: new Map(), since: new Map() }],
    [
      'a machine of another day',
      { expected: new Map(), since: new Map([['2026-11-19', new Map([[small, 1_795_100_000]])]]) },
    ],
  ])(
    'are right, and what they expect of the machines is set by the rows where it says %s',
    async (_, held) => {
      const { platform, machine } = await givenListening();
      const { held: before } = platform.stores.world.tenant(acme)!;
      platform.stores.world.editTenant(acme, { held });
      await reconcileEvery5(platform, 2);
      expect(sameHeld(platform.stores.world.tenant(acme)!.held, before)).toBe(true);
      await reconcileEvery5(platform, 2);
      expect(repairs(platform, 'lease-count-corrected')).toBe(1);
      await platform.machineEnds(machine);
      expect(sameHeld(platform.stores.world.tenant(acme)!.held, undefined)).toBe(true);
    },
  );

  it.each([
    ['in all', 2, 1],
    ['of its tier', 1, 2],
  ])('are lowered just as late if only the count %s is too high', async (_, leases, ofTier) => {
    const { platform } = await givenListening();
    const tierLeases = new Map([
      [small, ofTier],
      [medium, 0],
    ]);
    platform.stores.world.editTenant(acme, { leases, tierLeases });
    await reconcileEvery5(platform, 13);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
    await reconcileEvery5(platform, 2);
    expect(await platform.leases()).toBe(1);
    expect(platform.stores.world.tenant(acme)?.tierLeases.get(small)).toBe(1);
    expect(repairs(platform, 'lease-count-corrected')).toBe(1);
  });

  it('stay while leases are taken or freed between the runs', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    await platform.accept(queued(2));
    await platform.reconcile();
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('stay while the rows change: they must differ alike at two looks', async () => {
    const { platform } = await givenListening();
    await platform.accept(queued(2));
    const [, second] = platform.liveMachines();
    await platform.claim(second!);
    setCount(platform, 0);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    const { runners } = platform.stores.world.rows;
    const row = runners.get(second!)!;
    runners.delete(second!);
    await platform.reconcile();
    runners.set(second!, row);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('stay if there are too many rows for one look, and the jobs beside them are looked at', async () => {
    const { platform } = await givenListening();
    setCount(platform, 0);
    platform.github.putJob('acme/app', JobId(1), isQueued, { runId: 1000, labels });
    platform.clock.advance(minutes(11));
    const { runnersOf } = await readOpenRows(platform);
    const open = Promise.resolve({ census: undefined, listed: undefined, runnersOf, unreadable: [] });
    for (let runs = 0; runs < 3; runs += 1) {
      expect(await reconcileTenants(platform, open)).toEqual([]);
      platform.clock.advance(minutes(5));
    }
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
    expect(repairs(platform, 'runner-taken-unreported')).toBe(1);
  });

  it('stay while a launch is open, because its result is not settled', async () => {
    const { platform } = await givenListening();
    await platform.acceptUnheard(queued(2));
    await reconcileEvery5(platform, 20);
    expect(await platform.leases()).toBe(2);
    expect(repairs(platform, 'lease-count-corrected')).toBe(0);
  });

  it('of a deleted tenant do not stop its machines from being ended', async () => {
    const { platform } = await givenListening();
    platform.stores.world.editTenant(acme, { status: 'deleted' });
    await platform.reconcile();
    await platform.deliverPokes();
    await expectNothingLeft(platform);
  });
});

describe('registrations without a machine', () => {
  const register = (platform: Platform, name: string, online = false) =>
    platform.github.registrations.set(`acme: ${name}`, {
      installationId: acme,
      scope: { kind: 'organization', organization: 'acme' },
      name,
      labels,
      busy: false,
      online,
    });
  const names = (platform: Platform) => [...platform.github.registrations.values()].map(({ name }) => name);

  it('are removed if their row has ended, and kept if it has not', async () => {
    const { platform, machine } = await givenListening();
    await platform.reconcile();
    expect(names(platform)).toEqual([machine]);
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    await platform.machineEnds(machine);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
    expect(repairs(platform, 'registration-removed')).toBe(1);
  });

  it('are left if a machine with a start gate is running, however long it is offline', async () => {
    const { platform, machine } = await givenListening();
    platform.github.registrations.clear();
    register(platform, `${machine}-gated`);
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    expect(names(platform)).toEqual([`${machine}-gated`]);
    await platform.machineEnds(machine);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
  });

  it('are removed when seen for the second time without a record, if they are ours', async () => {
    const platform = await givenPlatform();
    const stranger = 'i-0aaaaaaaaaaaaaaaa' as InstanceId;
    register(platform, stranger);
    register(platform, 'i-0bbbbbbbbbbbbbbbb', true);
    register(platform, 'build-server-3');
    await platform.reconcile();
    expect(names(platform)).toContain(stranger);
    await platform.reconcile();
    expect(names(platform)).toEqual(['i-0bbbbbbbbbbbbbbbb', 'build-server-3']);
  });

  it('are searched on the next page of an organization at each visit, and then on the first again', async () => {
    const platform = await givenPlatform();
    platform.github.listing.pageSize = 1;
    const pages: (string | undefined)[] = [];
    const { listRunners } = platform.github;
    platform.github.listRunners = async (...given) => {
      pages.push(given[2]);
      return listRunners(...given);
    };
    for (const name of ['one', 'two']) register(platform, name);
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    expect(pages).toEqual([undefined, expect.any(String), undefined]);
  });

  it('are kept if the row of that name belongs to another tenant', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    const { runners } = platform.stores.world.rows;
    runners.set(machine, { ...runners.get(machine)!, installationId: InstallationId(999) });
    for (let visits = 0; visits < 2; visits += 1) await platform.reconcile();
    expect(names(platform)).toEqual([machine]);
  });

  it('are not counted as a repair if GitHub has removed them, or reports them as busy, by then', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    for (const value of ['absent', 'busy'] as const) {
      platform.github.removeRunner = async () => ({ ok: true, value });
      await platform.reconcile();
    }
    expect(repairs(platform, 'registration-removed')).toBe(0);
  });

  it('are searched in the repositories of a user', async () => {
    const joan = InstallationId(202);
    const tenant = givenTenant({ installationId: joan, accountLogin: 'joan', accountType: 'User' });
    const platform = await givenPlatform({ tenants: [tenant] });
    const scope = { kind: 'repository', owner: 'joan', repository: 'app' } as const;
    const name = 'i-0aaaaaaaaaaaaaaaa';
    platform.github.registrations.set(`joan/app: ${name}`, {
      installationId: joan,
      scope,
      name,
      labels,
      busy: false,
    });
    await platform.reconcile();
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
  });

  it('are remembered from each repository of a user to the next visit', async () => {
    const joan = InstallationId(202);
    const account = { accountId: 5, accountLogin: 'joan', accountType: 'User' } as const;
    const platform = await givenPlatform({ tenants: [givenTenant({ installationId: joan, ...account })] });
    platform.github.putInstallation(joan, { ...account, suspended: false, repositories: ['app', 'web'] });
    for (const [n, repository] of ['app', 'web'].entries()) {
      const name = `i-0aaaaaaaaaaaaaaa${n}`;
      const scope = { kind: 'repository', owner: 'joan', repository } as const;
      const registration = { installationId: joan, scope, name, labels, busy: false };
      platform.github.registrations.set(`joan/${repository}: ${name}`, registration);
    }
    await platform.reconcile();
    expect(names(platform)).toHaveLength(2);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
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
