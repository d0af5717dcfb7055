/** Where catching up stops, and where it goes on in the next run. */
import { describe, expect, it } from '@jest/globals';
import { CallAllowance } from '../../lib/app/reconciler/call-allowance.ts';
import { catchUp, catchUpInTurn } from '../../lib/app/reconciler/catch-up.ts';
import type { VisitMarks } from '../../lib/app/reconciler/tenant-visit.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenTenant, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const labels = ['self-hosted', 'small'];
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;

/** A tenant that is behind, with these repositories as GitHub lists them; each `put` is an unreported job in a run of its own. */
async function givenBehind(...repositories: string[]) {
  const platform = await givenPlatform();
  platform.github.putInstallation(acme, { ...account, suspended: false, repositories });
  const marks: VisitMarks = { backlog: {} };
  return {
    platform,
    marks,
    put: (repository: string, jobId: number) =>
      platform.github.putJob(`acme/${repository}`, JobId(jobId), isQueued, {
        ...{ runId: 1000 + jobId, labels, createdAt: noon - 600_000 },
      }),
    /** @returns the jobs that were adopted, and the calls that were made */
    run: async (most: number) => {
      let calls = 0;
      const counted = {
        ask: (...given: Parameters<CallAllowance['ask']>) => {
          calls += 1;
          return allowance.ask(...given);
        },
      };
      const allowance = new CallAllowance(most);
      const shared = { adopted: new Set<JobId>(), waitingRuns: new Set<number>(), waitingRooms: new Map() };
      const visit = { tenant: givenTenant(), calls: counted as CallAllowance, marks, ...shared };
      await catchUp(platform, visit);
      return { adopted: [...shared.adopted], calls };
    },
  };
}

/** One with so many repositories, each with a job. */
async function givenManyBehind(count: number) {
  const names = Array.from({ length: count }, (_, n) => `app-${String(n).padStart(2, '0')}`);
  const behind = await givenBehind(...names);
  for (const [n, repository] of names.entries()) behind.put(repository, n + 1);
  return { ...behind, names };
}

/** GitHub's answers about these are too large. @returns those for which that is so */
function failFor(platform: Platform, repositories: readonly string[]): Set<string> {
  const failing = new Set(repositories);
  const { listRuns } = platform.github;
  platform.github.listRuns = async (...given) => {
    if (failing.has(given[1]))
      throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
    return listRuns(...given);
  };
  return failing;
}

/** GitHub's answers about the jobs of these runs are too large. @returns those for which that is so */
function failForRuns(platform: Platform, runs: readonly number[]): Set<number> {
  const failing = new Set(runs);
  const { listRunJobs } = platform.github;
  platform.github.listRunJobs = async (...given) => {
    if (failing.has(given[2]))
      throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
    return listRunJobs(...given);
  };
  return failing;
}

const adoptedBy = ({ queues }: Platform): number[] =>
  queues.tiers.flatMap(({ message }) => ('jobId' in message ? [Number(message.jobId)] : []));

describe('catching up with a tenant that is behind', () => {
  it('goes repository by repository in the order of their names, whatever the order of GitHub’s list', async () => {
    const { put, run, marks } = await givenBehind('web', 'app', 'lib');
    for (const [n, repository] of ['web', 'app', 'lib'].entries()) put(repository, n + 1);
    expect(await run(4)).toMatchObject({ adopted: [2] });
    expect(marks.backlog).toEqual({ repository: 'acme/app' });
    expect(await run(100)).toEqual({ adopted: [3, 1], calls: 7 });
    expect(marks.backlog).toBeUndefined();
  });

  it('goes run by run within a repository, the oldest first', async () => {
    const { put, run, marks } = await givenBehind('app');
    for (const jobId of [3, 1, 2]) put('app', jobId);
    expect(await run(5)).toMatchObject({ adopted: [1, 2] });
    expect(marks.backlog).toEqual({ run: 1002 });
    expect(await run(100)).toEqual({ adopted: [3], calls: 4 });
  });

  it('goes page by page', async () => {
    const { platform, put, run, marks } = await givenBehind('app', 'lib', 'web');
    platform.github.listing.pageSize = 1;
    put('web', 1);
    expect(await run(5)).toMatchObject({ adopted: [] });
    expect(marks.backlog).toMatchObject({ page: expect.any(String) });
    expect(await run(100)).toMatchObject({ adopted: [1] });
    expect(marks.backlog).toBeUndefined();
  });

  it('continues if GitHub refuses to list the runs of one repository', async () => {
    const { platform, put, run } = await givenBehind('app', 'web');
    put('web', 1);
    platform.github.failNext('listRuns', { refusal: { kind: 'forbidden', message: 'No.' } });
    expect(await run(100)).toMatchObject({ adopted: [1] });
  });

  it('skips a repository that fails, names it, and retries it until it succeeds', async () => {
    const { platform, put, run, marks } = await givenBehind('app', 'lib', 'web');
    for (const [n, repository] of ['app', 'lib', 'web'].entries()) put(repository, n + 1);
    const isFailing = failFor(platform, ['acme/lib']);
    const named = /tried again: acme\/lib: too large/;
    await expect(run(100)).rejects.toThrow(named);
    expect(adoptedBy(platform)).toEqual([1, 3]);
    expect(marks.backlog).toBeUndefined();
    await expect(run(100)).rejects.toThrow(named);
    isFailing.clear();
    expect(await run(100)).toMatchObject({ adopted: [2] });
    expect(marks.failedRepositories).toBeUndefined();
    expect(await run(100)).toEqual({ adopted: [], calls: 0 });
  });

  it('skips a run that fails, names it, and retries it until it succeeds', async () => {
    const { platform, put, run, marks } = await givenBehind('app', 'web');
    for (const jobId of [1, 2, 3]) put('app', jobId);
    put('web', 4);
    const isFailing = failForRuns(platform, [1002]);
    const named = /tried again: acme\/app, run 1002: too large$/;
    await expect(run(100)).rejects.toThrow(named);
    expect(adoptedBy(platform)).toEqual([1, 3, 4]);
    expect(marks).toMatchObject({ failedRepositories: [{ run: 1003, failedRuns: [1002] }] });
    put('app', 5);
    await expect(run(100)).rejects.toThrow(named);
    expect(adoptedBy(platform)).toEqual([1, 3, 4, 5]);
    isFailing.clear();
    expect(await run(100)).toEqual({ adopted: [2], calls: 4 });
    expect(marks).toEqual({});
  });

  it('retries a run once more if one of its jobs could not be adopted', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    for (const jobId of [1, 2, 3]) put('app', jobId);
    const isFailing = failForRuns(platform, [1002]);
    await expect(run(100)).rejects.toThrow('run 1002');
    isFailing.clear();
    const { sendToTier } = platform.queues;
    platform.queues.sendToTier = async () => {
      throw new OperationalError('SQS is away', { code: 'queue-failed', retryable: true });
    };
    await expect(run(100)).rejects.toThrow('SQS is away');
    platform.queues.sendToTier = sendToTier;
    expect(await run(100)).toMatchObject({ adopted: [2] });
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('retries each run that failed, also one that failed later than the others', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    for (const jobId of [1, 2]) put('app', jobId);
    failForRuns(platform, [1000, 1002]);
    await expect(run(100)).rejects.toThrow('run 1002');
    put('app', 0);
    marks.backlog = {};
    await expect(run(100)).rejects.toThrow('run 1000');
    expect(marks.failedRepositories?.map(({ failedRuns }) => failedRuns?.toSorted())).toEqual([[1000, 1002]]);
  });

  it('does not retry a run that failed and is over', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    for (const jobId of [1, 2]) put('app', jobId);
    failForRuns(platform, [1001]);
    await expect(run(100)).rejects.toThrow('acme/app, run 1001');
    platform.github.dropJob('acme/app', JobId(1));
    delete marks.backlog;
    expect(await run(100)).toEqual({ adopted: [], calls: 3 });
    expect(marks).toEqual({});
  });

  it('stops at the sixth run of a repository that fails, and continues there later, however often the calls run out', async () => {
    const { platform, put, run, marks } = await givenBehind('app', 'web');
    for (const jobId of [1, 2, 3, 4, 5, 6, 7]) put('app', jobId);
    const isFailing = failForRuns(platform, [1001, 1002, 1003, 1004, 1005, 1006]);
    const failedRuns = [1001, 1002, 1003, 1004, 1005];
    await expect(run(100)).rejects.toThrow('acme/app: too large');
    expect(marks.failedRepositories).toMatchObject([{ run: 1005, failedRuns }]);
    await expect(run(100)).rejects.toThrow('acme/app: too large');
    expect(marks.failedRepositories).toMatchObject([{ run: 1005, failedRuns }]);
    isFailing.clear();
    isFailing.add(1006);
    expect(await run(4)).toMatchObject({ adopted: [1] });
    await expect(run(4)).rejects.toThrow('acme/app, run 1006');
    await expect(run(100)).rejects.toThrow('acme/app, run 1006');
    expect(adoptedBy(platform)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(marks.failedRepositories).toMatchObject([{ run: 1007, failedRuns: [1006] }]);
  });

  it('retries the repositories that failed after all others, as far as the calls reach', async () => {
    const { platform, put, run, marks } = await givenBehind('app', 'lib', 'web');
    for (const [n, repository] of ['app', 'lib', 'web'].entries()) put(repository, n + 1);
    failFor(platform, ['acme/app']);
    await expect(run(5)).rejects.toThrow('acme/app');
    expect(marks.backlog).toMatchObject({ repository: 'acme/lib' });
    await expect(run(100)).rejects.toThrow('acme/app');
    expect(adoptedBy(platform)).toEqual([2, 3]);
  });

  it('stops if more than ten repositories fail, since GitHub itself must be failing, and continues later', async () => {
    const { platform, names, run, marks } = await givenManyBehind(12);
    const isFailing = failFor(
      platform,
      names.map((name) => `acme/${name}`),
    );
    await expect(run(100)).rejects.toThrow('acme/app-10: too large');
    expect(marks.backlog).toMatchObject({ repository: 'acme/app-09' });
    isFailing.clear();
    await run(100);
    expect(adoptedBy(platform).toSorted((one, other) => one - other)).toEqual(names.map((_, n) => n + 1));
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('retries each of ten repositories that failed once in a run', async () => {
    const { platform, names, run } = await givenManyBehind(10);
    const fullNames = names.map((name) => `acme/${name}`);
    failFor(platform, fullNames);
    await expect(run(100)).rejects.toThrow('acme/app-09: too large');
    const { listRuns } = platform.github;
    const asked: string[] = [];
    platform.github.listRuns = (...given) => {
      asked.push(given[1]);
      return listRuns(...given);
    };
    await expect(run(100)).rejects.toThrow('acme/app-09: too large');
    expect(asked).toEqual(fullNames);
  });

  it('passes an eleventh repository that fails once those before it succeed', async () => {
    const { platform, names, run, marks } = await givenManyBehind(14);
    const isFailing = failFor(
      platform,
      names.slice(0, 11).map((name) => `acme/${name}`),
    );
    await expect(run(100)).rejects.toThrow('acme/app-10: too large');
    isFailing.clear();
    isFailing.add('acme/app-10');
    await expect(run(100)).rejects.toThrow('acme/app-10: too large');
    expect(adoptedBy(platform)).toHaveLength(13);
    expect(marks).toMatchObject({ failedRepositories: [{}] });
    expect(marks.backlog).toBeUndefined();
  });

  it('retries a repository that GitHub refused to show when it was retried', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    put('app', 1);
    const isFailing = failFor(platform, ['acme/app']);
    await expect(run(100)).rejects.toThrow('acme/app');
    isFailing.clear();
    platform.github.failNext('getRepository', { refusal: { kind: 'forbidden', message: 'Not from here.' } });
    await expect(run(100)).rejects.toThrow('Not from here.');
    expect(marks.failedRepositories).toHaveLength(1);
    expect(await run(100)).toMatchObject({ adopted: [1] });
  });

  it('does not retry a repository that failed and is gone since', async () => {
    const { platform, run, marks, put } = await givenBehind('app', 'lib');
    put('app', 1);
    failFor(platform, ['acme/app']);
    await expect(run(100)).rejects.toThrow('acme/app');
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['lib'] });
    expect(await run(100)).toMatchObject({ adopted: [] });
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('does not retry a public repository that is no longer selected, though GitHub still shows it', async () => {
    const { platform, run, marks, put } = await givenBehind('app', 'lib');
    platform.github.setVisibility('acme/app', 'public');
    put('app', 1);
    const isFailing = failFor(platform, ['acme/app']);
    await expect(run(100)).rejects.toThrow('acme/app');
    isFailing.clear();
    platform.github.putInstallation(acme, { ...account, suspended: false, repositories: ['lib'] });
    expect(await run(100)).toEqual({ adopted: [], calls: 2 });
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('retries public repositories that failed, however many pages the list of selected ones has', async () => {
    const { platform, run, marks, put } = await givenBehind('app', 'lib', 'web');
    platform.github.listing.pageSize = 1;
    for (const [n, name] of ['app', 'lib', 'web'].entries()) {
      platform.github.setVisibility(`acme/${name}`, 'public');
      put(name, n + 1);
    }
    const isFailing = failFor(platform, ['acme/web', 'acme/lib']);
    await expect(run(100)).rejects.toThrow('acme/lib');
    isFailing.clear();
    expect(await run(2)).toMatchObject({ adopted: [] });
    platform.github.failNext('listRepositories', { refusal: { kind: 'forbidden', message: 'Not now.' } });
    await expect(run(100)).rejects.toThrow('Not now.');
    expect(adoptedBy(platform).toSorted()).toEqual([1, 2]);
    expect(await run(100)).toMatchObject({ adopted: [3] });
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('retries a public repository that is not on the first ten pages of selected ones', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    platform.github.setVisibility('acme/app', 'public');
    put('app', 1);
    const isFailing = failFor(platform, ['acme/app']);
    await expect(run(100)).rejects.toThrow('acme/app');
    isFailing.clear();
    let pages = 0;
    platform.github.listRepositories = async () => {
      pages += 1;
      return { ok: true, value: { items: [], cursor: `page ${pages}` } };
    };
    expect(await run(100)).toMatchObject({ adopted: [1] });
    expect(pages).toBe(10);
    expect(marks.failedRepositories).toBeUndefined();
  });

  it('happens later if GitHub refuses to list the repositories', async () => {
    const { platform, put, run, marks } = await givenBehind('app');
    put('app', 1);
    platform.github.failNext('listRepositories', { refusal: { kind: 'forbidden', message: 'No.' } });
    expect(await run(100)).toMatchObject({ adopted: [] });
    expect(marks.backlog).toEqual({});
    expect(await run(100)).toMatchObject({ adopted: [1] });
  });

  it('does nothing for a tenant that is not behind', async () => {
    const { put, run, marks } = await givenBehind('app');
    put('app', 1);
    delete marks.backlog;
    expect(await run(100)).toEqual({ adopted: [], calls: 0 });
  });
});

describe('tenants that are behind', () => {
  const ids = [1, 2, 3, 4, 5, 6].map((id) => InstallationId(id));

  it('take turns: the next run begins after the last one that this run had time for', async () => {
    const platform = await givenPlatform();
    const visitAll = async () => {
      const visited: number[] = [];
      await catchUpInTurn(platform, ids, async (id) => {
        visited.push(id);
        platform.clock.advance(90_000 / 5);
      });
      return visited;
    };
    expect(await visitAll()).toEqual([1, 2, 3, 4, 5]);
    expect(await visitAll()).toEqual([6, 1, 2, 3, 4]);
  });

  it('make 900 calls each at most, and 800 a minute', async () => {
    const platform = await givenPlatform();
    const made: number[] = [];
    const call = async () => ({ ok: true, value: made.push(platform.clock.now()) }) as const;
    const begun = platform.clock.now();
    await catchUpInTurn(platform, ids.slice(0, 1), async (_, calls) => {
      while (await calls.ask(call));
    });
    expect(made).toHaveLength(900);
    expect(made.filter((at) => at < begun + 60_000)).toHaveLength(800);
  });

  it('are all handled even if one fails, which is reported', async () => {
    const platform = await givenPlatform();
    const failure = new Error('not now');
    const visited: number[] = [];
    const errors = await catchUpInTurn(platform, ids, async (id) => {
      if (id === 2) throw failure;
      visited.push(id);
    });
    expect(errors).toEqual([failure]);
    expect(visited).toEqual([1, 3, 4, 5, 6]);
  });
});
