/** What one visit of the reconciler may spend, and for how long one run goes on visiting. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
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
  it('spends no more calls than leave nine tenths of an hour’s 5,000 to the tenant’s registrations', async () => {
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

  it('asks about a few of the jobs that wait, and so has calls left for those that nobody told of', async () => {
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
});

describe('a run', () => {
  it('begins no further page of tenants after 90 seconds; the next run begins with it', async () => {
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
});
