/** `mayfly explain` against tables and a GitHub that has the job: what it finds, what it asks, and what it prints. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { whatWasChecked } from '../../../lib/app/insight/what-was-checked.ts';
import type { CommandCall } from '../../../lib/cli/command.ts';
import { findJob, readJobName } from '../../../lib/cli/insight/find-job.ts';
import type { CommandStores } from '../../../lib/cli/insight/stores.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { Job } from '../../../lib/core/job.ts';
import { reason } from '../../../lib/core/reason.ts';
import config from '../../../mayfly.config.ts';
import { givenJob, givenTenant } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

let account: OperatorAccount;
let acme: InstallationId;
let ownerId: number;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  const { github } = account;
  const keyFile = join(account.folder, 'app.pem');
  writeFileSync(keyFile, github.privateKeyPem);
  await account.run('setup', '--app-id', String(github.appId), '--key', keyFile);
  // Nobody is there: GitHub notes that its deliveries failed.
  github.setWebhook({ url: 'http://127.0.0.1:1/', secret: 's' });
  const installed = github.install({ login: 'acme', repositories: ['app'] });
  acme = InstallationId(installed.installationId);
  ownerId = installed.accountId;
  await account.put(
    'tenants',
    newTenantRow(givenTenant({ installationId: acme, accountId: installed.accountId })),
  );
});
afterAll(() => account?.close());

const urlOf = (jobId: number, repository = 'acme/app') =>
  `https://github.com/${repository}/actions/runs/1/job/${jobId}?pr=7`;

const queued = async (labels: readonly string[]) => {
  const { jobId } = account.github.queueJob({ repository: 'acme/app', labels });
  await account.github.settle();
  return jobId;
};

const stored = (over: Partial<Job>) =>
  account.put('jobs', jobRow(givenJob({ installationId: acme, repositoryOwnerId: ownerId, ...over })));

const explained = async (...args: string[]) => {
  const { status, out, error } = await account.run('explain', ...args, '--json');
  expect(error).toBe('');
  return { status, ...(JSON.parse(out) as Record<string, unknown>) };
};

describe('mayfly explain', () => {
  it('explains a tenant and its other jobs if the row of one cannot be read, names it, and exits with 1', async () => {
    const tenant = givenTenant({
      installationId: InstallationId(303),
      accountId: 3,
      accountLogin: 'initech',
    });
    await account.put('tenants', newTenantRow(tenant));
    const of303 = { installationId: InstallationId(303), repositoryOwnerId: 3, acceptedAt: Date.now() };
    await stored({ ...of303, jobId: JobId(31), reason: reason('queued', 'It just came.') });
    const row = jobRow(givenJob({ ...of303, jobId: JobId(32) }));
    await account.put('jobs', { ...row, repository: { N: '7' } });

    const { status, out } = await account.run('explain', '--tenant', 'initech');
    expect(status).toBe(1);
    expect(out).toContain('1 job in small');
    expect(out).toMatch(
      /not readable\n {4}In the jobs row 303.32, repository is {"N":"7"}; it must be a text/,
    );
    expect(await explained('31')).toMatchObject({ code: 'queued', status: 0 });
  });

  it('explains a waiting job by its URL or its id alone, and exits with 0', async () => {
    await stored({ jobId: JobId(5), acceptedAt: Date.now(), reason: reason('queued', 'It just came.') });
    for (const name of [urlOf(5), '5']) {
      expect(await explained(name)).toMatchObject({
        code: 'queued',
        status: 0,
        tenant: 'acme',
        state: 'waiting',
        repository: 'acme/app',
      });
    }
  });

  it('names a drain, for a job, for all of a tenant and for one that nobody has seen', async () => {
    await stored({ jobId: JobId(7), acceptedAt: Date.now(), reason: reason('queued', 'It just came.') });
    await account.run('drain', '--yes');
    expect(await explained('7')).toMatchObject({
      code: 'drained',
      line: 'The environment my-saas is drained: scale-up reads no queue.',
      fix: 'npx mayfly drain --resume',
      status: 1,
    });
    expect(await explained('8')).toMatchObject({
      code: 'not-asked',
      next: expect.stringContaining(
        'scale-up reads no queue. If its webhook came since then, it is in a queue',
      ),
    });
    const all = await account.run('explain', '--tenant', 'acme');
    expect(all).toMatchObject({ status: 1, out: expect.stringContaining('drained: The environment') });
    expect(all.error).toContain('Jobs get no machine until: npx mayfly drain --resume');
    const json = await account.run('explain', '--tenant', 'acme', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ drained: ['small'], unreadable: [] });
    await account.run('drain', '--resume');
    expect(await explained('7')).toMatchObject({ code: 'queued', status: 0 });
  });

  it('finds a job whose account was renamed since', async () => {
    await stored({
      jobId: JobId(6),
      state: 'done',
      outcome: 'completed',
      conclusion: 'success',
    });
    expect(await explained(urlOf(6, 'former/app'))).toMatchObject({ code: 'completed', status: 0 });
  });

  it('finds a job that waits for an installation without a row, by its id and by its URL', async () => {
    const held = reason('tenant-unknown', 'Nobody knows installation 909 yet.');
    await stored({
      jobId: JobId(9),
      installationId: InstallationId(909),
      repository: 'new/app',
      reason: held,
    });
    for (const name of ['9', urlOf(9, 'new/app'), urlOf(9)]) {
      expect(await explained(name)).toMatchObject({
        code: 'tenant-unknown',
        installationId: 909,
        tenant: null,
        repository: 'new/app',
      });
    }
  });

  it('prints the verdict first, then what comes next, the history and what was checked', async () => {
    await stored({ jobId: JobId(7), state: 'blocked', unsettledAt: Date.now() });
    const { status, out } = await account.run('explain', '7');
    expect(out).toMatch(
      /job 7 of acme\/app, tier small\n\n {2}approval: .*\n {4}next {2}.*\n {4}fix {3}.*\n\n {2}timeline\n/,
    );
    expect(out).toMatch(/checked\n {4}the job's row: blocked/);
    expect(status).toBe(1);
  });

  it('keeps escape sequences of a reason or a repository off the terminal', async () => {
    const hostile = { outcome: 'refused', reason: reason('labels-unknown', 'a\x1b[2Jb\nc') } as const;
    await stored({ jobId: JobId(8), state: 'done', repository: 'acme/\x1b]0;x\x07app', ...hostile });
    const { out } = await account.run('explain', '8');
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(out).toContain('labels-unknown: ab c');
  });

  it('finds on GitHub that a job which waits here is over', async () => {
    const jobId = await queued(['self-hosted', 'small']);
    await stored({ jobId: JobId(jobId) });
    account.github.cancelJob(jobId);
    expect(await explained(urlOf(jobId), '--github')).toMatchObject({ code: 'closing', status: 0 });
  });

  it('explains a job that the platform never heard of: its webhook was not delivered', async () => {
    const jobId = await queued(['self-hosted', 'small']);
    expect(await explained(urlOf(jobId), '--github')).toMatchObject({ code: 'webhook-failed', status: 1 });
  });

  it.each([
    ['labels that no tier has', ['self-hosted', 'medium', 'gpu'], 'labels-unknown'],
    ['a group and no labels', [], 'group-only'],
    ["a machine of GitHub's own", ['ubuntu-latest'], 'hosted-by-github'],
  ])('explains %s', async (_title, labels, code) => {
    const jobId = await queued(labels);
    expect(await explained(urlOf(jobId), '--github')).toMatchObject({ code });
  });

  it('explains a repository where the App is not installed', async () => {
    const found = await explained(urlOf(1, 'other/app'), '--github');
    expect(found).toMatchObject({ code: 'not-installed', status: 1 });
  });

  it('groups all waiting jobs of a tenant by verdict', async () => {
    const { status, out } = await account.run('explain', '--tenant', 'acme');
    expect(out).toMatch(/1 job in small, the oldest since .*: 7\n {4}approval:/);
    expect(status).toBe(1);
  });

  it.each([
    [[], /Give a job, or --tenant/],
    [['5', '--tenant', 'acme'], /Give a job or --tenant, not both/],
    [['https://github.com/acme/app/pull/5'], /is not a job/],
    [['--tenant', 'acne'], /Did you mean acme/],
    [['404404', '--github'], /Give the URL/],
  ])('refuses %j', async (args, words) => {
    const { status, error } = await account.run('explain', ...args);
    expect(error).toMatch(words);
    expect(status).toBe(2);
  });
});

describe('the search for a job of an unknown tenant', () => {
  const linesOf = (pages: number) => {
    const asked: (string | undefined)[] = [];
    const limits: number[] = [];
    const stores = {
      tenants: {
        async listAcrossTenants({ limit }: { limit: number }) {
          limits.push(limit);
          return { installationIds: [] };
        },
      },
      jobs: {
        scanPendingAcrossTenants: async ({ cursor }: { cursor?: string }) => {
          asked.push(cursor);
          const page = Number(cursor ?? 1);
          const jobs = [givenJob({ jobId: JobId(page), installationId: InstallationId(900 + page) })];
          return page < pages ? { jobs, cursor: String(page + 1) } : { jobs };
        },
      },
    } as unknown as CommandStores;
    return { asked, limits, stores };
  };

  it('continues page by page until the job is found', async () => {
    const { asked, stores } = linesOf(5);
    const found = await findJob({} as CommandCall, stores, { jobId: JobId(3) });
    expect(found).toEqual({ jobId: 3, installationId: 903 });
    expect(asked).toEqual([undefined, '2', '3']);
  });

  it('asks for the job of a hundred tenants in a call, as many rows as DynamoDB reads at once', async () => {
    const sizes: number[] = [];
    const { stores } = linesOf(1);
    const installationIds = Array.from({ length: 250 }, (_, n) => InstallationId(n + 1));
    const jobs = {
      ...stores.jobs,
      findAcrossTenants: async (_: JobId, ids: readonly InstallationId[]) => void sizes.push(ids.length),
    };
    const many = { ...stores, jobs, tenants: { listAcrossTenants: async () => ({ installationIds }) } };
    await findJob({} as CommandCall, many as unknown as CommandStores, { jobId: JobId(9) });
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('reads all waiting jobs, and reports nothing more', async () => {
    const { stores } = linesOf(5);
    expect(await findJob({} as CommandCall, stores, { jobId: JobId(6) })).toEqual({ jobId: 6 });
  });

  it('ends after twenty pages, and says so', async () => {
    const { asked, limits, stores } = linesOf(1_000);
    const found = await findJob({} as CommandCall, stores, { jobId: JobId(21) });
    expect(found).toEqual({ jobId: 21, searchEndedAfter: 20_000 });
    expect(asked).toHaveLength(20);
    expect(limits).toEqual([1_000]);
    const checked = whatWasChecked({ now: 0, platform: config as never, asked: found });
    expect(checked[0]).toBe('no row for the job among the 20000 waiting jobs that were read; there are more');
  });
});

describe('the name of a job', () => {
  it.each([
    ['91000004', { jobId: 91000004 }],
    ['https://github.com/acme/app/actions/runs/1/job/2', { jobId: 2, repository: 'acme/app' }],
    ['https://github.com/acme/app/actions/runs/1/attempts/3/jobs/2', { jobId: 2, repository: 'acme/app' }],
    ['http://127.0.0.1:9310/acme/app/actions/runs/1/job/2#step:3:1', { jobId: 2, repository: 'acme/app' }],
  ])('is read from %s', (given, named) => {
    expect(readJobName(given)).toEqual(named);
  });
});
