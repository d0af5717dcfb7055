/** What follows for a tenant's jobs from what GitHub says about its installation, its group and its runs. */
import { describe, expect, it } from '@jest/globals';
import type { InstallationsMessage } from '../../lib/contract/messages.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import {
  acmeAccount as account,
  acme,
  givenEvent,
  givenJob,
  givenJobs,
  givenTenant,
  noon,
  permissions,
  small,
} from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const told = (event: string, over = {}) =>
  ({
    ...{ kind: 'installation', event, installationId: acme, repositoriesRemoved: [], delivery: event },
    ...over,
  }) as InstallationsMessage;

async function tell(platform: Platform, ...messages: InstallationsMessage[]) {
  platform.queues.installations.push(...messages);
  return platform.deliverInstallations();
}
const linesOf = ({ telemetry }: Platform, wanted: string) =>
  telemetry.events.filter(({ name }) => name === wanted).map(({ level, fields }) => ({ level, ...fields }));
const refusedJobs = (platform: Platform) =>
  platform.stores.world
    .allJobs()
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ jobId }) => Number(jobId));

describe('jobs that wait for a tenant', () => {
  it('are all refused when it is uninstalled, however many wait', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.jobs.insert(givenJobs(250));
    platform.github.deleteInstallation(acme);
    await tell(platform, told('installation.deleted'));
    expect(refusedJobs(platform)).toHaveLength(250);
    expect(platform.telemetry.total('JobsRefused', { reason: 'tenant-deleted' })).toBe(250);
    const line = { installationId: acme, jobId: 1, tier: small, reason: 'tenant-deleted' };
    expect(linesOf(platform, 'job-refused')).toContainEqual(expect.objectContaining(line));
  });

  it('are refused by the ids of the removed repositories, if GitHub sent them', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.accept(
      givenEvent({ jobId: JobId(1), repositoryId: 11, repository: 'acme/renamed' }),
      givenEvent({ jobId: JobId(2), repositoryId: 12, repository: 'acme/gone' }),
      givenEvent({ jobId: JobId(3), repository: 'acme/gone' }),
    );
    const removed = { repositoriesRemoved: ['acme/gone'], repositoryIdsRemoved: [11] };
    await tell(platform, told('installation_repositories.removed', removed));
    expect(refusedJobs(platform)).toEqual([1, 3]);
  });

  it('are refused when their repository is removed, however many of other repositories wait before them', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    const theirs = Array.from({ length: 250 }, (_, n) => 1_001 + n);
    await platform.jobs.insert(givenJobs(250));
    await platform.jobs.insert(
      theirs.map((id) => givenJob({ jobId: JobId(id), queuedAt: noon + id, repository: 'acme/gone' })),
    );
    const removed = { repositoriesRemoved: ['acme/gone'] };
    platform.clock.advance(2_000);
    await tell(platform, told('installation_repositories.removed', removed));
    expect(refusedJobs(platform)).toEqual(theirs);
  });

  it('are each read once when a repository is removed', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.jobs.insert(
      givenJobs(1_000).map((job) => (job.jobId % 2 ? { ...job, repository: 'acme/gone' } : job)),
    );
    const { listWaiting, pageOfWaiting } = platform.jobs;
    let rows = 0;
    let longest = 0;
    const counted = async <Read extends { readonly length: number }>(read: Read) => {
      rows += read.length;
      longest = Math.max(longest, read.length);
      return read;
    };
    Object.assign(platform.jobs, {
      listWaiting: async (...given: Parameters<typeof listWaiting>) => counted(await listWaiting(...given)),
      pageOfWaiting: async (...given: Parameters<typeof pageOfWaiting>) => {
        const page = await pageOfWaiting(...given);
        return { ...page, jobs: await counted(page.jobs) };
      },
    });
    platform.clock.advance(1_000);
    await tell(platform, told('installation_repositories.removed', { repositoriesRemoved: ['acme/gone'] }));
    expect(refusedJobs(platform)).toHaveLength(500);
    expect(rows).toBeLessThanOrEqual(1_100);
    expect(longest).toBe(100);
  });

  it('are not refused twice, nor those that got a machine meanwhile', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.jobs.insert(givenJobs(2));
    const { refuseWaiting } = platform.jobs;
    platform.jobs.refuseWaiting = async (installationId, jobId, end) =>
      jobId === JobId(1) ? false : refuseWaiting(installationId, jobId, end);
    platform.github.deleteInstallation(acme);
    await tell(platform, told('installation.deleted'));
    expect(platform.telemetry.total('JobsRefused')).toBe(1);
    expect(refusedJobs(platform)).toEqual([2]);
  });
});

describe('an event about a tenant', () => {
  const attention = { code: 'permission-missing', text: 'No.', since: '', probeAt: noon + 1 } as const;

  it.each([
    ['installation.new_permissions_accepted', false, false],
    ['installation.unsuspend', true, true],
    ['installation_target.renamed', true, false],
  ])('of kind %s: it still needs attention: %s; jobs are searched: %s', async (event, needs, isBack) => {
    const platform = await givenPlatform();
    platform.stores.world.editTenant(acme, { attention });
    await tell(platform, told(event));
    expect((await platform.stores.tenants.get(acme))?.attention !== undefined).toBe(needs);
    expect(platform.notes.all.has(`returned/${acme}`)).toBe(isBack);
  });

  it('does not search jobs for one that the operator suspended', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ status: 'suspended', suspendedBy: 'operator' })],
    });
    await tell(platform, told('installation.unsuspend'));
    expect(platform.notes.all.has(`returned/${acme}`)).toBe(false);
  });

  it('reports where its machines register from now on, if its permissions changed that', async () => {
    const platform = await givenPlatform();
    const { organization_self_hosted_runners: _, ...fewer } = permissions;
    platform.github.putInstallation(acme, { ...account, permissions: fewer });
    await tell(platform, told('installation.new_permissions_accepted'));
    platform.github.putInstallation(acme, { ...account, permissions });
    await tell(platform, told('installation.new_permissions_accepted'), told('installation.again'));
    const changes = platform.telemetry.events.filter(({ name }) => name === 'runner-level-changed');
    const about = { installationId: acme, login: 'acme' };
    expect(changes.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { ...about, from: 'organization', to: 'repository', isFallback: true }],
      ['info', { ...about, from: 'repository', to: 'organization', isFallback: false }],
    ]);
    expect(linesOf(platform, 'tenant-changed')).toHaveLength(2);
  });

  it('lets an account that reinstalled twice inherit from the later one of both', async () => {
    const [first, second, third] = [101, 102, 103].map((id) => InstallationId(id));
    const gone = { status: 'deleted', statusBeforeDeletion: 'active' } as const;
    const platform = await givenPlatform({
      tenants: [
        givenTenant({ installationId: first!, ...gone, maxRunners: 3 }),
        givenTenant({ installationId: second!, ...gone, maxRunners: 4 }),
      ],
    });
    platform.github.putInstallation(third!, account);
    await tell(platform, told('installation.created', { installationId: third }));
    const tenant = await platform.stores.tenants.get(third!);
    expect(tenant).toMatchObject({ status: 'active', maxRunners: 4, predecessor: second });
    expect(platform.queues.installations).toEqual([]);
    expect(linesOf(platform, 'tenant-provisioned')).toMatchObject([{ installationId: third }]);
  });
});

describe('a look at a runner group', () => {
  const look = { kind: 'look-at-group', installationId: acme } as const;

  it.each([
    ['an active organization', givenTenant(), 1],
    ['a suspended one', givenTenant({ status: 'suspended', suspendedBy: 'operator' }), 0],
    ['a user', givenTenant({ accountType: 'User' }), 0],
    ['nobody who is known', undefined, 0],
  ])('of %s asks GitHub or not', async (_whose, tenant, calls) => {
    const platform = await givenPlatform({ tenants: tenant ? [tenant] : [] });
    const { getRunnerGroup } = platform.github;
    let asked = 0;
    platform.github.getRunnerGroup = async (...given) => {
      asked += 1;
      return getRunnerGroup(...given);
    };
    expect(await tell(platform, look)).toEqual([]);
    expect(asked).toBe(calls);
  });

  it('is delivered again if it fails, and delays no other message', async () => {
    const platform = await givenPlatform();
    platform.github.getRunnerGroup = async () => Promise.reject(new Error('down'));
    expect(await tell(platform, look, told('installation_target.renamed'))).toHaveLength(1);
  });

  it('is refused from the queue of another function', async () => {
    const platform = await givenPlatform();
    const poke = { kind: 'poke', installationId: acme, tier: small } as never;
    expect(await tell(platform, poke, look)).toHaveLength(1);
  });
});

describe('a job to run again', () => {
  const rerun = { kind: 'rerun-job', installationId: acme, jobId: JobId(1), repository: 'acme/app' } as const;

  it.each<[GitHubRefusal, number | undefined]>([
    [{ kind: 'limited', retryAfterSeconds: 42 }, 42],
    [{ kind: 'forbidden', message: 'The run is still in progress.' }, 300],
    [{ kind: 'not-found', message: 'Not Found' }, undefined],
    [{ kind: 'invalid', message: 'Too old' }, undefined],
  ])('that GitHub answers with %j is asked for again after: %s', async (refusal, seconds) => {
    const platform = await givenPlatform();
    platform.github.failNext('rerunJob', { refusal });
    await tell(platform, { ...rerun, until: noon + 300_000 });
    const again = seconds === undefined ? [] : [{ kind: 'rerun-job', delaySeconds: seconds }];
    expect(platform.queues.delayed).toEqual(again);
    const given = { level: 'warn', installationId: acme, jobId: 1, repository: 'acme/app' };
    expect(linesOf(platform, 'rerun-refused')).toEqual(again[0] ? [] : [{ ...given, reason: refusal.kind }]);
  });

  it('is not requested again after its time', async () => {
    const platform = await givenPlatform();
    platform.github.failNext('rerunJob', { refusal: { kind: 'limited', retryAfterSeconds: 42 } });
    await tell(platform, { ...rerun, until: noon + 41_999 });
    expect(platform.queues.delayed).toEqual([]);
    expect(linesOf(platform, 'rerun-refused')).toMatchObject([{ reason: 'limited' }]);
  });

  it('is logged as it runs', async () => {
    const platform = await givenPlatform();
    platform.github.putJob('acme/app', JobId(1), {
      status: 'completed',
      conclusion: 'failure',
      runnerName: null,
    });
    await tell(platform, { ...rerun, until: noon });
    const about = { level: 'info', installationId: acme, jobId: 1, repository: 'acme/app' };
    expect(linesOf(platform, 'job-rerun')).toEqual([about]);
    expect(linesOf(platform, 'rerun-refused')).toEqual([]);
  });
});
