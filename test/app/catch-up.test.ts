/** Jobs that GitHub sent nobody word of, by the hundred: all are taken in within two runs of the reconciler. */
import { describe, expect, it } from '@jest/globals';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, givenTenant, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const labels = ['self-hosted', 'small'];
const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
const repositories = ['app', 'lib', 'web'];
const fiveMinutes = 5 * 60_000;

/** A platform whose tenant has been away, and so many jobs of it, each in a run of its own. */
async function givenReturned(jobs: number) {
  const platform = await givenPlatform({
    tenants: [givenTenant({ status: 'suspended', suspendedBy: 'github' })],
  });
  queue(platform, jobs);
  platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
  return platform;
}

function queue(platform: Platform, jobs: number): void {
  for (let n = 0; n < jobs; n++) {
    const details = { runId: 10_000 + n, labels, createdAt: noon - 3_600_000 + n };
    platform.github.putJob(`acme/${repositories[n % 3]}`, JobId(n + 1), isQueued, details);
  }
}

const unsuspended = (platform: Platform) =>
  applyInstallationEvents(platform, [
    {
      id: 'm',
      body: JSON.stringify({
        kind: 'installation',
        event: 'installation.unsuspend',
        installationId: acme,
        repositoriesRemoved: [],
        delivery: 'd',
      }),
    },
  ]);

async function run(platform: Platform): Promise<void> {
  await platform.reconcile();
  await platform.deliverPokes();
  const told = platform.queues.installations.splice(0);
  const bodies = told.map((message, n) => ({ id: `i-${n}`, body: JSON.stringify(message) }));
  await applyInstallationEvents(platform, bodies);
  platform.clock.advance(fiveMinutes);
}

const heard = (platform: Platform) => platform.stores.world.allJobs().length;

describe('a tenant that is back from a suspension by GitHub', () => {
  it('has all jobs of a day adopted within two runs', async () => {
    const platform = await givenReturned(1_000);
    await unsuspended(platform);
    for (let n = 0; n < 2; n++) await run(platform);
    expect(heard(platform)).toBe(1_000);
  });

  it('has them found even if its return was not noted', async () => {
    const platform = await givenReturned(300);
    for (let n = 0; n < 2; n++) await run(platform);
    expect(heard(platform)).toBe(300);
  });

  it('has a job that was queued just before found by the first run, in whichever of many repositories', async () => {
    const platform = await givenReturned(0);
    const many = Array.from({ length: 60 }, (_, n) => `repository-${n + 10}`);
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: many });
    const put = (jobId: number, createdAt: number) =>
      platform.github.putJob('acme/repository-69', JobId(jobId), isQueued, { runId: 7, labels, createdAt });
    put(1, noon - 1_000);
    await unsuspended(platform);
    platform.clock.advance(10_000);
    // The webhook of this one is on its way.
    put(2, noon + 1_000);
    await run(platform);
    expect(platform.stores.world.allJobs().map(({ jobId }) => jobId)).toEqual([1]);
  });

  it('has every job of a matrix adopted', async () => {
    const platform = await givenReturned(0);
    for (let n = 0; n < 256; n++) {
      platform.github.putJob('acme/web', JobId(n + 1), isQueued, {
        runId: 7,
        labels,
        createdAt: noon - 600_000,
      });
    }
    await unsuspended(platform);
    await run(platform);
    expect(heard(platform)).toBe(256);
  });

  it('is asked about no more than GitHub allows, and the run after a limit continues', async () => {
    const platform = await givenReturned(200);
    await unsuspended(platform);
    platform.github.setBudget(acme, { calls: 100, retryAfterSeconds: 200 });
    await run(platform);
    const first = heard(platform);
    expect(first).toBeGreaterThan(50);
    expect(first).toBeLessThan(100);
    platform.github.setBudget(acme, { calls: 1_000, retryAfterSeconds: 200 });
    await run(platform);
    expect(heard(platform)).toBe(200);
  });
});

describe('a tenant with a job that had no webhook', () => {
  it('has the others found in the same run', async () => {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
    queue(platform, 141);
    await platform.reconcile();
    await platform.deliverPokes();
    expect(heard(platform)).toBe(141);
  });

  it('takes no time of another tenant’s visit', async () => {
    const other = InstallationId(900);
    const tenants = [
      givenTenant(),
      givenTenant({ installationId: other, accountId: 9, accountLogin: 'other' }),
    ];
    const platform = await givenPlatform({ tenants });
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
    queue(platform, 900);
    platform.github.putJob('other/app', JobId(5_000), isQueued, { labels, createdAt: noon - 600_000 });
    const begun = platform.clock.now();
    await platform.reconcile();
    const adopted = platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId);
    expect(adopted.indexOf(JobId(5_000))).toBeLessThan(30);
    expect(platform.clock.now() - begun).toBeLessThan(120_000);
  });
});
