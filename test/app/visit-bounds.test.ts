/** What one visit of the reconciler may spend, and for how long one run goes on visiting. */
import { describe, expect, it } from '@jest/globals';
import { reconcileDeliveries } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import { reconcileMachines } from '../../lib/app/reconciler/reconcile-machines.ts';
import { visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { InstallationId, JobId, TierName } from '../../lib/core/ids.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import { givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const isRunning = { ...isQueued, status: 'in_progress' } as const;
const labels = ['self-hosted', 'small'];
const minutes = 60_000;

/** Calls that spend the installation's budget, by method; a removal by name is a look and a removal. */
function countCalls({ github }: Platform) {
  const calls: (keyof GitHub)[] = [];
  const spending = [
    'getJob',
    'getRun',
    'getRepository',
    'listRepositories',
    'listRuns',
    'listRunJobs',
    'listRunners',
  ] as const;
  for (const method of spending) {
    const original = github[method] as (...given: unknown[]) => unknown;
    const counted = (...given: unknown[]) => {
      calls.push(method);
      return original(...given);
    };
    Object.assign(github, { [method]: counted });
  }
  return calls;
}

/** An organization with more repositories and runs than a visit can list; nothing of it is unheard. */
async function givenLargeOrganization() {
  const platform = await givenPlatform();
  const repositories = Array.from({ length: 60 }, (_, n) => `r${n}`);
  platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
  repositories.forEach((name, n) => {
    platform.github.putJob(`acme/${name}`, JobId(9_000 + n), isRunning, { labels, createdAt: noon });
  });
  return platform;
}

/** Two jobs run; so many others wait for longer than GitHub is left unasked. */
async function givenLongLine(waiting: number, runOf = (_jobId: number) => 1000) {
  const platform = await givenPlatform();
  const jobs = Array.from({ length: waiting + 2 }, (_, n) => n + 1);
  await platform.accept(...jobs.map((id) => givenEvent({ jobId: JobId(id), runId: runOf(id) })));
  for (const id of jobs)
    platform.github.putJob('acme/app', JobId(id), isQueued, { runId: runOf(id), labels });
  platform.clock.advance(11 * minutes);
  return platform;
}

describe('a visit', () => {
  it('leaves nine tenths of an hour’s 5,000 calls to the tenant’s registrations', async () => {
    const platform = await givenLargeOrganization();
    const calls = countCalls(platform);
    for (let run = 0; run < 12; run++) {
      await platform.reconcile();
      platform.clock.advance(5 * minutes);
    }
    expect(calls.length).toBeGreaterThan(12 * 20);
    expect(calls.length).toBeLessThanOrEqual(500);
  });

  it('asks nothing more once GitHub is short', async () => {
    const platform = await givenLargeOrganization();
    const calls = countCalls(platform);
    platform.github.setBudget(acme, { calls: 4, retryAfterSeconds: 600 });
    await platform.reconcile();
    expect(calls).toHaveLength(5);
    expect(platform.queues.installations).toEqual([]);
  });

  it('asks about a few waiting jobs, and so has calls left to find unreported ones', async () => {
    const platform = await givenLongLine(40);
    platform.github.putJob('acme/app', JobId(900), isQueued, { runId: 2000, labels });
    const calls = countCalls(platform);
    await platform.reconcile();
    expect(calls.filter((method) => method === 'getJob')).toHaveLength(5);
    expect(platform.queues.tiers).toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ jobId: 900, delivery: 'reconciler' }) }),
    );
  });

  it('asks about the others in turn', async () => {
    const platform = await givenLongLine(15, (jobId) => 1000 + jobId);
    const calls = countCalls(platform);
    for (const id of [3, 8, 13, 17]) platform.github.dropJob('acme/app', JobId(id));
    for (let run = 0; run < 3; run++) await platform.reconcile();
    expect(calls.filter((method) => method === 'getJob')).toHaveLength(15);
    const doubted = platform.stores.world.allJobs().filter(({ goneAt }) => goneAt !== undefined);
    expect(doubted.map(({ jobId }) => jobId).toSorted((a, b) => a - b)).toEqual([3, 8, 13, 17]);
  });

  it('lists the jobs of five runs of a repository, and remembers its position in two hundred lists', async () => {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
    for (let runId = 1; runId <= 12; runId++) {
      platform.github.putJob('acme/app', JobId(runId), isRunning, { runId, labels, createdAt: noon });
    }
    const runs = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`x${n}/queued`, '000001']));
    await platform.notes.write(visitNote(acme), { value: { runs }, expiresAt: noon + 3_600_000 });
    const calls = countCalls(platform);
    await platform.reconcile();
    expect(calls.filter((method) => method === 'listRunJobs')).toHaveLength(5);
    const kept = Object.keys(platform.notes.all.get(visitNote(acme))?.value['runs'] ?? {});
    expect(kept).toHaveLength(200);
    expect(kept).toContain('x299/queued');
    expect(kept).not.toContain('x0/queued');
  });

  it('lists one run with a known waiting job, however many others there are: it may have an unreported one, too', async () => {
    const platform = await givenLongLine(1);
    for (let runId = 1; runId <= 12; runId++)
      platform.github.putJob('acme/app', JobId(500 + runId), isQueued, { runId, labels: ['ubuntu-latest'] });
    platform.github.putJob('acme/app', JobId(900), isQueued, { runId: 1000, labels, createdAt: noon });
    await platform.reconcile();
    expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toContain(900);
  });

  it('remembers fifty runners that no record names, and removes none of them when it first sees them', async () => {
    const platform = await givenPlatform();
    const scope = { kind: 'organization', organization: 'acme' } as const;
    const request = { installationId: acme, scope, labels, runnerGroupId: 1 };
    for (let n = 0; n < 60; n++) {
      await platform.github.createJitConfig({ ...request, name: `i-${n.toString(16).padStart(17, '0')}` });
    }
    await platform.reconcile();
    expect(platform.notes.all.get(visitNote(acme))?.value['strangers']).toHaveLength(50);
    expect(platform.github.registrations.size).toBe(60);
  });

  it('asks about five repositories in scopes if the installation has too many for one page', async () => {
    const platform = await givenPlatform();
    const repositories = Array.from({ length: 9 }, (_, n) => `r${n}`);
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
    const list = await platform.github.listRepositories(acme);
    const ids = list.ok ? list.value.items.map(({ id }) => id) : [];
    platform.github.listing.pageSize = 4;
    const scopes = ids.map((repositoryId) => givenScope({ kind: 'repository', repositoryId }));
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    const calls = countCalls(platform);
    await platform.reconcile();
    expect(calls.filter((method) => method === 'getRepository')).toHaveLength(5);
  });

  it('removes twenty scopes whose targets are gone, and the others at the next one', async () => {
    const platform = await givenPlatform();
    const gone = (id: string, count: number) => {
      const names = Array.from({ length: count }, (_, n) => TierName(`${id}-${n}`));
      return givenRules({ id, scopes: names.map((tier) => givenScope({ kind: 'tier', tier })) }, 'false');
    };
    await putControllers(platform.controllers, gone('ctl_1', 15), gone('ctl_2', 15));
    const left: number[] = [];
    for (let visits = 0; visits < 4; visits++) {
      await platform.reconcile();
      platform.clock.advance(10 * minutes);
      const { controllers } = await platform.controllers.policyOf(acme);
      left.push(controllers.flatMap(({ scopes }) => scopes).length);
    }
    expect(left).toEqual([30, 10, 0, 0]);
  });

  it('checks a hundred machines of a tenant, and the others in the next run', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ maxRunners: 110 })],
      deployment: { tiers: [givenTier({ maxRunners: 110 })] },
    });
    const jobs = Array.from({ length: 105 }, (_, n) => givenEvent({ jobId: JobId(n + 1) }));
    for (const job of jobs) platform.github.putJob('acme/app', job.jobId, isQueued, { labels });
    await platform.accept(...jobs);
    for (const machine of platform.liveMachines()) {
      await platform.claim(machine);
      await platform.confirm(machine);
    }
    platform.clock.advance(11 * minutes);
    const { world } = platform.stores;
    const seen = new Set<JobId>();
    const { get } = platform.jobs;
    platform.jobs.get = async (tenant, jobId) => {
      seen.add(jobId);
      return get(tenant, jobId);
    };
    const looked: number[] = [];
    for (let run = 0; run < 2; run++) {
      let reads = 0;
      world.beforeCall = (call) => void (call === 'jobs.get' && reads++);
      await platform.reconcile();
      looked.push(reads);
    }
    // Five of their jobs are asked about, and read once more.
    expect(looked).toEqual([100 + 5, 100 + 5]);
    expect(seen.size).toBe(105);
  });
});

describe('a run', () => {
  it('reads no further page of tenants after 90 seconds; the next run begins with it', async () => {
    const tenants = Array.from({ length: 51 }, (_, n) =>
      givenTenant({ installationId: InstallationId(200 + n), accountId: n + 1, accountLogin: `org-${n}` }),
    );
    const platform = await givenPlatform({ tenants });
    platform.github.putJob('org-50/app', JobId(9), isQueued, { labels });
    const { world } = platform.stores;
    world.beforeCall = async (call) => {
      if (call !== 'tenants.get') return;
      world.beforeCall = undefined;
      platform.clock.advance(91_000);
    };
    await platform.reconcile();
    expect(platform.queues.tiers).toEqual([]);
    await platform.reconcile();
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9, installationId: 250 } }]);
  });

  it('makes no call after 20 s of a visit, however slowly GitHub answers for a tenant, and visits the others', async () => {
    const [slow, other] = [InstallationId(200), InstallationId(201)];
    const tenants = [slow, other].map((installationId, n) =>
      givenTenant({ installationId, accountId: n + 1, accountLogin: `org-${n}` }),
    );
    const platform = await givenPlatform({ tenants });
    const repositories = Array.from({ length: 60 }, (_, n) => `r${n}`);
    platform.github.putInstallation(slow, {
      ...account,
      accountLogin: 'org-0',
      suspended: false,
      repositories,
    });
    platform.github.putJob('org-1/app', JobId(9), isQueued, { labels });
    const { listRuns } = platform.github;
    platform.github.listRuns = async (installationId, ...given) => {
      if (installationId === slow) platform.clock.advance(8_000);
      calls += installationId === slow ? 1 : 0;
      return listRuns(installationId, ...given);
    };
    let calls = 0;
    await platform.reconcile();
    expect(calls).toBe(3);
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9, installationId: other } }]);
  });

  it('stops within a page of tenants after 90 seconds, and the next run goes on after the last one', async () => {
    const tenants = Array.from({ length: 30 }, (_, n) =>
      givenTenant({ installationId: InstallationId(200 + n), accountId: n + 1, accountLogin: `org-${n}` }),
    );
    const platform = await givenPlatform({ tenants });
    const visited = new Map<InstallationId, number>();
    const { listRepositories } = platform.github;
    platform.github.listRepositories = async (installationId, ...given) => {
      visited.set(installationId, (visited.get(installationId) ?? 0) + 1);
      platform.clock.advance(5_000);
      return listRepositories(installationId, ...given);
    };
    const begun = platform.clock.now();
    await platform.reconcile();
    expect(platform.clock.now() - begun).toBeLessThanOrEqual(120_000);
    expect(visited.size).toBe(20);
    await platform.reconcile();
    expect([...visited.values()]).toEqual(Array.from({ length: 30 }, () => 1));
  });

  it('visits five tenants at once', async () => {
    const tenants = Array.from({ length: 12 }, (_, n) =>
      givenTenant({ installationId: InstallationId(200 + n), accountId: n + 1, accountLogin: `org-${n}` }),
    );
    const platform = await givenPlatform({ tenants });
    const { listRepositories } = platform.github;
    const seen = { underWay: 0, atOnce: 0 };
    platform.github.listRepositories = async (...given) => {
      seen.atOnce = Math.max(seen.atOnce, ++seen.underWay);
      await new Promise((resolve) => setImmediate(resolve));
      seen.underWay -= 1;
      return listRepositories(...given);
    };
    await platform.reconcile();
    expect(seen.atOnce).toBe(5);
  });

  it('reads ten pages of machines, and the next run continues there within ten minutes', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 15 })] });
    platform.stores.world.failNext('runners.bind', new Error('died'));
    platform.compute.dials.pageSize = 1;
    const { listMachines } = platform.compute;
    const cursors: (string | undefined)[] = [];
    platform.compute.listMachines = async (page) => {
      cursors.push(page.cursor);
      const n = Number(page.cursor ?? 0);
      await listMachines(page);
      return { machines: [], ...(n < 15 ? { cursor: String(n + 1) } : {}) };
    };
    await reconcileMachines(platform);
    expect(cursors).toHaveLength(10);
    platform.clock.advance(599_000);
    await reconcileMachines(platform);
    expect(cursors.splice(0).at(10)).toBe('10');
    await reconcileMachines(platform);
    platform.clock.advance(600_000);
    await reconcileMachines(platform);
    expect(cursors.at(10)).toBeUndefined();
  });
});

describe('a tenant that is behind', () => {
  async function givenBehind(jobs: number, runOf: (n: number) => number) {
    const tenants = [givenTenant({ status: 'suspended', suspendedBy: 'github' })];
    const platform = await givenPlatform({ tenants });
    for (let n = 1; n <= jobs; n++) {
      const details = { runId: runOf(n), labels, createdAt: noon - 3_600_000 + n };
      platform.github.putJob('acme/app', JobId(n), isQueued, details);
    }
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
    const event = 'installation.unsuspend';
    const told = {
      kind: 'installation',
      installationId: acme,
      repositoriesRemoved: [],
      delivery: event,
    } as const;
    platform.queues.installations.push({ ...told, event });
    await platform.deliverInstallations();
    return platform;
  }
  const found = ({ queues }: Platform) =>
    new Set(queues.tiers.map(({ message }) => Object(message).jobId)).size;

  it('catches up with 900 calls in a run', async () => {
    const platform = await givenBehind(1, () => 7);
    const run = { completed: false, conclusion: null };
    const items = Array.from({ length: 1_000 }, (_, n) => ({ ...run, runId: n + 1 }));
    platform.github.listRuns = async () => ({ ok: true, value: { items } });
    platform.github.listRunJobs = async () => ({ ok: true, value: { items: [] } });
    const calls = countCalls(platform);
    await platform.reconcile();
    expect(calls.length).toBeGreaterThan(850);
    expect(calls.length).toBeLessThanOrEqual(900 + 30);
  });

  it('catches up for ninety seconds in a run, however slow GitHub is', async () => {
    const platform = await givenBehind(300, (n) => 10_000 + n);
    const { listRunJobs } = platform.github;
    platform.github.listRunJobs = async (...given) => {
      platform.clock.advance(1_000);
      return listRunJobs(...given);
    };
    const begun = platform.clock.now();
    await platform.reconcile();
    expect(platform.clock.now() - begun).toBeLessThanOrEqual(130_000);
    expect(found(platform)).toBeGreaterThan(50);
  });

  it.each([
    ['runs', (n: number) => 10_000 + n],
    ['jobs of a run', () => 7],
  ])('has ten pages of %s listed', async (_of, runOf) => {
    const platform = await givenBehind(30, runOf);
    platform.github.listing.pageSize = 2;
    await platform.reconcile();
    expect(found(platform)).toBe(20);
  });
});

describe('the reading of deliveries', () => {
  const failed = (n: number, over = {}) => ({
    ...{ id: n, guid: `webhook ${n}`, statusCode: 503, deliveredAt: noon, isRedelivery: false },
    ...over,
  });
  const arrived = (n: number) => failed(n, { statusCode: 200 });

  async function givenDeliveries(...deliveries: ReturnType<typeof failed>[]) {
    const platform = await givenPlatform();
    platform.github.deliveries.push(...deliveries);
    platform.github.listing.redelivery = () => ({ statusCode: 200, deliveredAt: platform.clock.now() });
    const pages: string[] = [];
    const { listDeliveries } = platform.github;
    platform.github.listDeliveries = async (outcome, cursor) => {
      pages.push(outcome);
      return listDeliveries(outcome, cursor);
    };
    const pagesOf = (outcome: string) => pages.filter((one) => one === outcome).length;
    return { platform, pagesOf };
  }

  it('reads no page after 45 seconds', async () => {
    const many = Array.from({ length: 20 }, (_, n) => arrived(n + 1));
    const { platform, pagesOf } = await givenDeliveries(...many);
    platform.github.listing.pageSize = 1;
    const { listDeliveries } = platform.github;
    platform.github.listDeliveries = async (...given) => {
      platform.clock.advance(10_000);
      return listDeliveries(...given);
    };
    await reconcileDeliveries(platform);
    expect(pagesOf('any')).toBe(5);
  });

  it('has no webhook redelivered after 150 seconds; the next runs do the rest, and ask for none too often', async () => {
    const { platform } = await givenDeliveries(...Array.from({ length: 500 }, (_, n) => failed(n + 1)));
    // The first hundred never arrive.
    platform.github.listing.redelivery = ({ guid }) => ({
      statusCode: Number(guid.split(' ')[1]) <= 100 ? 503 : 200,
      deliveredAt: platform.clock.now(),
    });
    const times = new Map<string, number>();
    const { redeliver } = platform.github;
    platform.github.redeliver = async (id) => {
      const { guid } = platform.github.deliveries.find((delivery) => delivery.id === id)!;
      times.set(guid, (times.get(guid) ?? 0) + 1);
      platform.clock.advance(500);
      return redeliver(id);
    };
    for (let run = 0; run < 8; run++) {
      const begun = platform.clock.now();
      await reconcileDeliveries(platform);
      expect(platform.clock.now() - begun).toBeLessThanOrEqual(152_000);
      platform.clock.advance(5 * minutes);
    }
    const counts = [...times.values()];
    expect([counts.length, Math.max(...counts)]).toEqual([500, 3]);
    expect(counts.filter((count) => count === 1)).toHaveLength(400);
  });

  it('lists four pages of failures and sixty of all, and continues there in the next run', async () => {
    const failures = Array.from({ length: 8 }, (_, n) => failed(n + 1));
    const { platform, pagesOf } = await givenDeliveries(...failures);
    platform.github.deliveries.push(...Array.from({ length: 70 }, (_, n) => arrived(n + 100)));
    platform.github.listing.pageSize = 1;
    await reconcileDeliveries(platform);
    expect([pagesOf('failure'), pagesOf('any')]).toEqual([4, 60]);
    const asked = () => new Set(platform.github.deliveries.slice(78).map(({ guid }) => guid)).size;
    expect(asked()).toBe(4);
    for (let run = 0; run < 3; run++) await reconcileDeliveries(platform);
    expect(asked()).toBe(8);
  });

  it('searches ten pages of what arrived for a later success of what failed', async () => {
    const many = Array.from({ length: 20 }, (_, n) => arrived(n + 2));
    const { platform, pagesOf } = await givenDeliveries(failed(1), ...many);
    platform.github.listing.pageSize = 1;
    await reconcileDeliveries(platform);
    expect(pagesOf('success')).toBe(10);
  });

  it('rereads one minute before the last run', async () => {
    const { platform } = await givenDeliveries(arrived(1));
    await reconcileDeliveries(platform);
    const late = failed(2, { statusCode: 0, deliveredAt: noon - 60_000 });
    platform.github.deliveries.unshift(late, failed(3, { statusCode: 0, deliveredAt: noon - 60_001 }));
    await reconcileDeliveries(platform);
    const asked = platform.github.deliveries.filter(({ id }) => id > 3).map(({ guid }) => guid);
    expect(asked).toEqual(['webhook 2']);
  });

  it('waits a third of a second between redeliveries, and remembers a thousand of them for three days', async () => {
    const { platform } = await givenDeliveries(failed(1), failed(2), failed(3));
    const before = Array.from({ length: 1_100 }, (_, n) => [`old ${n}`, 1]);
    const note = { value: { asked: before }, expiresAt: noon + minutes };
    await platform.notes.write('reconcile/deliveries', note);
    await reconcileDeliveries(platform);
    expect(platform.clock.now()).toBe(noon + 2 * 350);
    const kept = platform.notes.all.get('reconcile/deliveries')!;
    expect(kept.value['asked']).toHaveLength(1_000);
    expect(kept.value['asked']).toContainEqual(['webhook 3', 1]);
    expect(kept.expiresAt).toBe(noon + 3 * 24 * 60 * minutes);
  });
});
