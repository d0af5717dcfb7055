/** Which tenants the reconciler visits, whom it has looked at by others, and when it goes through all repositories of one. */
import { describe, expect, it } from '@jest/globals';
import { noteReturn } from '../../lib/app/common/note-return.ts';
import { visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenTenant, noon, permissions } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const labels = ['self-hosted', 'small'];
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
const minutes = (count: number) => count * 60_000;

/** More repositories than several visits go through; the last of them has a job that nobody reported. */
async function givenMany(over: Partial<Tenant>) {
  const platform = await givenPlatform({ tenants: [givenTenant(over)] });
  const repositories = Array.from({ length: 90 }, (_, n) => `r${n + 10}`);
  platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
  return platform;
}
const putLast = (platform: Platform, jobId: number) =>
  platform.github.putJob('acme/r99', JobId(jobId), isQueued, { labels, createdAt: noon - minutes(10) });

/** The jobs that the next run adopts. */
async function adopted(platform: Platform) {
  await platform.reconcile();
  return platform.queues.tiers.splice(0).map(({ message }) => 'jobId' in message && message.jobId);
}

const activate = ({ stores: { world } }: Platform) => {
  world.removeFromTenant(acme, 'suspendedBy');
  world.editTenant(acme, { status: 'active' });
};

describe('the runs of a repository beyond the first page', () => {
  /** As many runs as fill three pages; each has a job that is known. The last one also has one that nobody reported. */
  async function givenManyRuns(status: 'queued' | 'in_progress') {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 0 })] });
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
    platform.github.listing.pageSize = 20;
    const put = (job: number, over: object, is: object = isQueued) =>
      platform.github.putJob('acme/app', JobId(job), { ...isQueued, ...is }, over);
    const lost = { labels, createdAt: noon - minutes(10), runId: 1 };
    put(900, lost);
    for (let run = 1; run <= 60; run += 1)
      put(run, { labels: ['ubuntu-latest'], runId: run }, status === 'queued' ? {} : { status });
    const pages: string[] = [];
    const { listRuns } = platform.github;
    platform.github.listRuns = async (id, repository, of, cursor) => {
      if (of === status) pages.push(cursor ?? 'first');
      return listRuns(id, repository, of, cursor);
    };
    return { platform, pages };
  }

  it.each(['queued', 'in_progress'] as const)(
    'are visited in turn with the first page: %s',
    async (status) => {
      const { platform, pages } = await givenManyRuns(status);
      const found: unknown[] = [];
      let visits = 0;
      for (; visits < 60 && found.length === 0; visits += 1) {
        found.push(...(await adopted(platform)));
        platform.clock.advance(minutes(5));
      }
      expect(found).toEqual([900]);
      expect(pages.slice(0, 6)).toEqual(['first', '20', 'first', '40', 'first', '20']);
      // Twenty runs a page, five or so a visit, every fourth visit.
      expect(visits).toBeLessThanOrEqual(24);
    },
  );

  it('are forgotten if one page is left, or GitHub refuses a further one', async () => {
    const { platform, pages } = await givenManyRuns('queued');
    await platform.reconcile();
    platform.github.failNext('listRuns', { refusal: { kind: 'invalid', message: 'Only 1,000 results.' } });
    await platform.reconcile();
    await platform.reconcile();
    platform.github.listing.pageSize = 100;
    await platform.reconcile();
    await platform.reconcile();
    await platform.reconcile();
    // The last visits see the run of the unreported job, and its repositories are gone through at once.
    expect(pages.slice(0, 6)).toEqual(['first', '20', 'first', '20', 'first', 'first']);
  });

  it('cost no additional call in a visit, and no more than the allowance', async () => {
    const { platform } = await givenManyRuns('queued');
    let calls = 0;
    const { listRunJobs } = platform.github;
    platform.github.listRunJobs = async (...given) => {
      calls += 1;
      return listRunJobs(...given);
    };
    await platform.reconcile();
    const ofFirst = calls;
    await platform.reconcile();
    expect([ofFirst, calls - ofFirst]).toEqual([5, 5]);
  });
});

describe('a repository about which GitHub cannot answer', () => {
  /** Each of two repositories has a job that nobody reported, and GitHub never lists the first one's. */
  async function givenFailing() {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['a', 'b'] });
    for (const [n, name] of ['a', 'b'].entries())
      platform.github.putJob(`acme/${name}`, JobId(n + 1), isQueued, {
        ...{ runId: n + 1, labels },
        createdAt: noon - minutes(10),
      });
    const { listRunJobs } = platform.github;
    platform.github.listRunJobs = async (...given) => {
      if (given[1] === 'acme/a')
        throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
      return listRunJobs(...given);
    };
    return platform;
  }

  it('does not stop its tenant from catching up in the run in which its visit fails', async () => {
    const platform = await givenFailing();
    await noteReturn(platform, acme);
    await expect(platform.reconcile()).rejects.toThrow('2 parts of the reconciler failed');
    expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toEqual([2]);
  });

  it('is named if it is its runs that GitHub cannot list', async () => {
    const platform = await givenFailing();
    platform.github.listRuns = async () => {
      throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
    };
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    const said = platform.telemetry.events.filter(({ name }) => name === 'reconcile-failed');
    expect(String(said[0]?.fields['error'])).toContain('acme/a: too large');
  });

  /** Runs of one repository, the last in progress, each with a job that nobody reported; GitHub cannot list these jobs. */
  async function givenFailingRuns(runs: number, failing: number) {
    const platform = await givenPlatform();
    for (let runId = 1; runId <= runs; runId++) {
      const details = { runId, labels, createdAt: noon - minutes(10) };
      platform.github.putJob('acme/app', JobId(runId), isQueued, details);
      if (runId === runs)
        platform.github.putJob('acme/app', JobId(99), { ...isQueued, status: 'in_progress' }, details);
    }
    const { listRunJobs } = platform.github;
    platform.github.listRunJobs = async (...given) => {
      if (given[2] <= failing)
        throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
      return listRunJobs(...given);
    };
    return platform;
  }

  it('has jobs of other runs found if GitHub cannot list those of two, which are named', async () => {
    const platform = await givenFailingRuns(4, 2);
    await expect(platform.reconcile()).rejects.toThrow('failed');
    expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toEqual([3, 4]);
    const said = platform.telemetry.events.filter(({ name }) => name === 'reconcile-failed');
    const named = expect.stringContaining('acme/app, run 1: too large; acme/app, run 2: too large');
    expect(said.map(({ fields }) => String(fields['error']))).toContainEqual(named);
  });

  it('is skipped if GitHub takes more than two seconds to say that it cannot list the jobs of a run', async () => {
    for (const [seconds, adopted] of [
      [2, [2]],
      [2.001, []],
    ] as const) {
      const platform = await givenFailingRuns(2, 0);
      const { listRunJobs } = platform.github;
      platform.github.listRunJobs = async (...given) => {
        if (given[2] > 1) return listRunJobs(...given);
        platform.clock.advance(seconds * 1000);
        throw new OperationalError('timed out', { code: 'github-unreachable', retryable: true });
      };
      await expect(platform.reconcile()).rejects.toThrow('failed');
      expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toEqual(
        adopted,
      );
    }
  });

  it('is skipped once GitHub cannot list the jobs of three of its runs', async () => {
    const platform = await givenFailingRuns(4, 3);
    await expect(platform.reconcile()).rejects.toThrow('failed');
    expect(platform.queues.tiers).toEqual([]);
  });

  it('does not stop jobs of later repositories from being adopted', async () => {
    const platform = await givenFailing();
    const failed = '1 parts of the reconciler failed';
    await expect(platform.reconcile()).rejects.toThrow(failed);
    // It adopts the job, and then goes through all repositories, of which the first still fails.
    await expect(platform.reconcile()).rejects.toThrow(failed);
    expect(platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId)).toEqual([2]);
    const said = platform.telemetry.events.filter(({ name }) => name === 'reconcile-failed');
    expect(
      nonEmpty(said).every(({ fields }) => /acme\/a(, run 1)?: too large/.test(String(fields['error']))),
    ).toBe(true);
  });
});

describe('all repositories of a tenant', () => {
  it('are visited in the first run after a suspension by GitHub, and not in the next', async () => {
    const platform = await givenMany({ status: 'suspended', suspendedBy: 'github' });
    putLast(platform, 1);
    expect(await adopted(platform)).toEqual([]);
    activate(platform);
    expect(await adopted(platform)).toEqual([1]);
    putLast(platform, 2);
    expect(await adopted(platform)).toEqual([]);
  });

  it('are visited once if its return was reported between two runs', async () => {
    const platform = await givenMany({});
    putLast(platform, 1);
    await noteReturn(platform, acme);
    expect(await adopted(platform)).toEqual([1]);
    putLast(platform, 2);
    expect(await adopted(platform)).toEqual([]);
  });

  it.each([
    ['was at work all the time', {}],
    [
      'was suspended by the operator, whose jobs were reported',
      { status: 'suspended', suspendedBy: 'operator' },
    ],
    ['waited for approval', { status: 'pending' }],
  ] as const)('are visited a few at a time, as always, if it %s', async (_, over) => {
    const platform = await givenMany(over);
    putLast(platform, 1);
    expect(await adopted(platform)).toEqual([]);
    activate(platform);
    expect(await adopted(platform)).toEqual([]);
  });
});

describe('the repositories of a tenant that is not behind', () => {
  const runsUntilAdopted = async (platform: Platform) => {
    for (let runs = 1; runs <= 12; runs += 1) if ((await adopted(platform)).length > 0) return runs;
    return undefined;
  };

  it('are visited in the order of their names, some at each visit', async () => {
    const platform = await givenMany({});
    putLast(platform, 1);
    const runs = await runsUntilAdopted(platform);
    expect(runs).toBeGreaterThan(4);
    expect(runs).toBeLessThanOrEqual(8);
  });

  it('are visited page by page', async () => {
    const platform = await givenMany({});
    platform.github.listing.pageSize = 10;
    putLast(platform, 1);
    expect(await runsUntilAdopted(platform)).toBe(9);
  });

  it('are visited even if GitHub refuses to list the jobs of a run', async () => {
    const platform = await givenPlatform();
    for (const [runId, jobId] of [
      [1, 1],
      [2, 2],
    ] as const)
      platform.github.putJob('acme/app', JobId(jobId), isQueued, {
        runId,
        labels,
        createdAt: noon - minutes(10),
      });
    const refusal = { kind: 'forbidden', message: 'No.' } as const;
    const { listRunJobs } = platform.github;
    platform.github.listRunJobs = async (...given) =>
      given[2] === 1 ? { ok: false, refusal } : listRunJobs(...given);
    expect(await adopted(platform)).toEqual([2]);
  });
});

describe('GitHub is asked about an installation', () => {
  const asked = async (over: Partial<Tenant>, refuse?: 'forbidden' | 'not-found') => {
    const platform = await givenPlatform({ tenants: [givenTenant(over)] });
    let calls = 0;
    const { listRepositories } = platform.github;
    platform.github.listRepositories = async (...given) => {
      calls += 1;
      return refuse ? { ok: false, refusal: { kind: refuse, message: 'No.' } } : listRepositories(...given);
    };
    await platform.reconcile();
    const repairs = platform.telemetry.total('Repairs', { kind: 'installation-asked' });
    return { calls, messages: platform.queues.installations.length, repairs };
  };

  it('if GitHub suspended it, since its return may have gone unreported', async () => {
    const suspended = { status: 'suspended', suspendedBy: 'github' } as const;
    expect(await asked(suspended)).toEqual({ calls: 0, messages: 1, repairs: 0 });
  });

  it.each([
    ['its operator suspended it', { status: 'suspended', suspendedBy: 'operator' }],
    ['it waits for approval', { status: 'pending' }],
  ] as const)('not if %s', async (_, over) => {
    expect(await asked(over)).toEqual({ calls: 0, messages: 0, repairs: 0 });
  });

  it('if it lacks a permission that its runners need', async () => {
    const none = { permissions: { metadata: 'read' } };
    expect(await asked(none)).toEqual({ calls: 1, messages: 1, repairs: 0 });
  });

  it('if its runners register with repositories because of a missing permission', async () => {
    const { organization_self_hosted_runners: _without, ...fallback } = permissions;
    expect(await asked({ permissions: fallback })).toEqual({ calls: 1, messages: 1, repairs: 0 });
  });

  it('if GitHub denies it, which counts as a repair, or forbids it, which does not', async () => {
    expect(await asked({}, 'not-found')).toEqual({ calls: 1, messages: 1, repairs: 1 });
    expect(await asked({}, 'forbidden')).toEqual({ calls: 1, messages: 1, repairs: 0 });
    expect(await asked({})).toEqual({ calls: 1, messages: 0, repairs: 0 });
  });
});

describe('more tenants than a page has', () => {
  const given = async () => {
    const tenants = Array.from({ length: 51 }, (_, n) =>
      givenTenant({ installationId: InstallationId(200 + n), accountId: n + 1, accountLogin: `org-${n}` }),
    );
    const platform = await givenPlatform({ tenants });
    const visited: number[] = [];
    const { get } = platform.tenants;
    platform.tenants.get = async (installationId) => {
      visited.push(installationId);
      return get(installationId);
    };
    return { platform, visited };
  };

  it('are all visited in one run', async () => {
    const { platform, visited } = await given();
    const { listAcrossTenants } = platform.tenants;
    platform.tenants.listAcrossTenants = async (page) => {
      platform.clock.advance(40_000);
      return listAcrossTenants(page);
    };
    await platform.reconcile();
    expect(visited).toHaveLength(51);
    expect(new Set(visited).size).toBe(51);
  });

  it('are visited from the last one on if the previous run had no time for more', async () => {
    const { platform, visited } = await given();
    const { listAcrossTenants } = platform.tenants;
    platform.tenants.listAcrossTenants = async (page) => {
      platform.clock.advance(91_000);
      return listAcrossTenants(page);
    };
    await platform.reconcile();
    expect(visited).toEqual([200, 201, 202, 203, 204]);
    await platform.reconcile();
    expect(visited.slice(5)).toEqual([205, 206, 207, 208, 209]);
    platform.tenants.listAcrossTenants = listAcrossTenants;
    await platform.reconcile();
    expect(visited.slice(10)).toEqual(Array.from({ length: 41 }, (_, n) => 210 + n));
  });
});

describe('a visit', () => {
  it('leaves marks only for its own tenant', async () => {
    const other = InstallationId(202);
    const tenants = [givenTenant(), givenTenant({ installationId: other, accountId: 2, accountLogin: 'o' })];
    const platform = await givenPlatform({ tenants });
    await platform.reconcile();
    const notes = [...platform.notes.all.keys()].filter((name) => name.startsWith('reconcile/tenants/'));
    expect(notes.toSorted()).toEqual([visitNote(acme), visitNote(other)]);
    expect(new Set(notes).size).toBe(2);
  });

  it('does not happen if the tenant’s row is gone by then', async () => {
    const platform = await givenPlatform();
    platform.tenants.listAcrossTenants = async () => ({ installationIds: [InstallationId(999), acme] });
    platform.github.putJob('acme/app', JobId(9), isQueued, { labels });
    await platform.reconcile();
    expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9 } }]);
  });
});

describe('a failure before the visits', () => {
  it.each(['launches.capUseAcrossTenants', 'controllers.platformEpoch'] as const)(
    'is reported, and the tenants are still visited: %s',
    async (call) => {
      const { tiers } = (await givenPlatform()).deployment;
      const platform = await givenPlatform({
        deployment: { tiers: tiers.map((tier) => ({ ...tier, capOverAllTenants: 3 })) },
      });
      platform.github.putJob('acme/app', JobId(9), isQueued, { labels });
      platform.stores.world.failNext(call, new Error('not now'));
      await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
      expect(platform.queues.tiers).toMatchObject([{ message: { jobId: 9 } }]);
    },
  );
});
