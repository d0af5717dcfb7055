/** `mayfly tenant test`: what it finds of repositories, and what it says of a real job that it had run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { phasesOf, type RunDeps, runWorkflow } from '../../../lib/cli/tenants/run-workflow.ts';
import { testRows } from '../../../lib/cli/tenants/test-rules.ts';
import { InstallationId, InstanceId, JobId } from '../../../lib/core/ids.ts';
import type { Job } from '../../../lib/core/job.ts';
import { reason } from '../../../lib/core/reason.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import config from '../../../mayfly.config.ts';
import { givenLaunch, givenRunner } from '../../contracts/support/stored.ts';
import { createMemoryStores } from '../../fakes/stores.ts';
import { jobKey } from '../../fakes/world.ts';
import { acme, givenJob, givenTenant, medium, noon } from '../../support/given.ts';
import { tested } from '../../support/tested-rows.ts';
import { app, group, ok, refused } from '../../support/validation.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

describe('mayfly tenant test', () => {
  let account: OperatorAccount;
  beforeAll(async () => {
    account = await givenOperatorAccount(config.environment);
    const { github, folder } = account;
    writeFileSync(join(folder, 'app.pem'), github.privateKeyPem);
    await account.run('setup', '--app-id', String(github.appId), '--key', join(folder, 'app.pem'));
    const { installationId, accountId } = github.install({ login: 'acme', repositories: ['app', 'web'] });
    const tenant = { installationId: InstallationId(installationId), accountId };
    await account.put('tenants', newTenantRow(givenTenant(tenant)));
    github.queueJob({ repository: 'acme/app', labels: ['self-hosted', 'small'] });
    github.queueJob({ repository: 'acme/web', labels: ['self-hosted', 'gpu'] });
  });
  afterAll(() => account?.close());

  const rowsOf = async (...args: string[]) => {
    const { status, out, error } = await account.run('tenant', 'test', 'acme', ...args, '--json');
    expect(error).toBe('');
    const rows = JSON.parse(out) as { check: string; verdict: string; found: string; remedy: string }[];
    return { status, rows: new Map(rows.map((row) => [row.check, row])) };
  };

  it('follows the labels of the latest jobs to a tier, in each repository', async () => {
    const { status, rows } = await rowsOf();
    expect(rows.get('acme/app labels')).toMatchObject({
      verdict: 'PASS',
      found: 'its latest jobs go to small',
    });
    expect(rows.get('acme/web labels')).toMatchObject({
      verdict: 'FAIL',
      remedy: expect.stringContaining('gpu'),
    });
    expect(status).toBe(1);
  });

  it('finds that a group excludes a repository, and that Actions is off', async () => {
    account.github.setPublic('acme/app', true);
    account.github.setActions('acme/app', false);
    const { rows } = await rowsOf('--repositories', 'app');
    expect(rows.get('acme/app admitted')).toMatchObject({
      verdict: 'FAIL',
      remedy: expect.stringContaining('Allow public repositories'),
    });
    expect(rows.get('acme/app Actions')).toMatchObject({ verdict: 'FAIL', found: 'switched off' });
    expect(rows.has('acme/web labels')).toBe(false);
    account.github.setPublic('acme/app', false);
    account.github.setActions('acme/app', true);
  });

  it('reports a missing repository as not reachable', async () => {
    const { status, rows } = await rowsOf('--repositories', 'acme/none');
    expect([...rows.values()]).toMatchObject([{ check: 'acme/none reachable', verdict: 'FAIL' }]);
    expect(status).toBe(1);
  });

  it.each([
    ['nothing', [], 'acme-of-nothing', 'none is allowed'],
    ['another repository', [99], 'acme-of-another', 'the installation has none of the allowed ones'],
    ['what it has not', undefined, 'acme-without', 'the installation has none'],
  ])('fails if it finds nothing to test: the tenant may use %s', async (_what, ids, login, found) => {
    const repositories = ids === undefined ? [] : ['app'];
    const { installationId, accountId } = account.github.install({ login, repositories });
    const tenant = { installationId: InstallationId(installationId), accountId, accountLogin: login };
    const allowed = ids === undefined ? {} : { allowedRepositories: ids };
    await account.put('tenants', newTenantRow(givenTenant({ ...tenant, ...allowed })));
    for (const more of [[], ['--run']]) {
      const { status, out } = await account.run('tenant', 'test', login, ...more);
      expect([status, out]).toEqual([1, expect.stringContaining(`FAIL     repositories  ${found}`)]);
    }
  });

  it('runs nothing but the workflow that was named', async () => {
    const before = account.github.state().jobs.length;
    const { rows } = await rowsOf('--repositories', 'app', '--run');
    expect(rows.get('acme/app run')).toMatchObject({
      verdict: 'FAIL',
      found: 'it has no workflow named mayfly-test',
      remedy: expect.stringContaining('there are Build'),
    });
    const { rows: byName } = await rowsOf('--repositories', 'app', '--run', '--workflow', 'build');
    expect(byName.get('acme/app run')).toMatchObject({
      remedy: expect.stringContaining('workflow_dispatch'),
    });
    expect(account.github.state().jobs.length).toBe(before);
  });

  it('tests twenty repositories by their three latest runs, and runs a job in five', async () => {
    const { github } = account;
    const repositories = Array.from({ length: 22 }, (_, n) => `r${String(n).padStart(2, '0')}`);
    const { installationId, accountId } = github.install({ login: 'many', repositories });
    const tenant = { installationId: InstallationId(installationId), accountId, accountLogin: 'many' };
    await account.put('tenants', newTenantRow(givenTenant(tenant)));
    for (const tier of ['gpu', 'small', 'small', 'small'])
      github.queueJob({ repository: 'many/r00', labels: ['self-hosted', tier] });
    const { out } = await account.run('tenant', 'test', 'many', '--run', '--json');
    const rows = JSON.parse(out) as { check: string; verdict: string }[];
    const checked = (what: string) => rows.filter(({ check }) => check.endsWith(` ${what}`));
    expect(checked('reachable')).toHaveLength(20);
    expect(checked('run')).toHaveLength(5);
    expect(rows.find(({ check }) => check === 'many/r00 labels')?.verdict).toBe('PASS');
  });

  it.each([
    [['--repositories', 'a b'], /--repositories is/],
    [['--repositories', Array.from({ length: 21 }, (_, n) => `r${n}`).join(',')], /at most 20 names/],
    [['--wait', 'long'], /--wait is "long"/],
  ])('refuses %j', async (args, words) => {
    const { status, error } = await account.run('tenant', 'test', 'acme', ...args);
    expect(error).toMatch(words);
    expect(status).toBe(2);
  });
});

describe('a repository that is reachable', () => {
  it.each<[string, Partial<Tenant>, string, RegExp]>([
    ['whose tenant is suspended', { status: 'suspended' }, 'allowed', /tenant resume acme/],
    ['whose tenant waits for approval', { status: 'pending' }, 'allowed', /tenant approve acme/],
    ['whose tier is not allowed', { allowedTiers: [medium] }, 'labels', /--allowed-tiers LIST/],
    [
      'that Mayfly has yet to add to its group',
      { keepsRunnerGroup: true, allowedRepositories: [app.id] },
      'admitted',
      /^Mayfly adds what is missing to the group/,
    ],
    ['that an owner has yet to add to its group', {}, 'admitted', /If an owner adds it/],
  ])('fails %s', (_, policy, check, remedy) => {
    const others = { ...group, name: 'ci', visibility: 'selected', selectedRepositoryIds: [99] } as const;
    const shown = check === 'admitted' ? others : group;
    const rows = testRows({
      ...tested,
      tenant: givenTenant(policy),
      group: { name: shown.name, standing: { kind: 'found', group: shown } },
    });
    expect(rows.filter(({ verdict }) => verdict !== 'PASS')).toMatchObject([
      { check: `acme/app ${check}`, verdict: 'FAIL', remedy: expect.stringMatching(remedy) },
    ]);
  });
});

describe('a test job', () => {
  const machine = InstanceId('i-1');
  const times = { queuedAt: noon, acceptedAt: noon + 1000, startedAt: noon + 62_000, doneAt: noon + 92_000 };
  const done: Partial<Job> = {
    ...times,
    state: 'done',
    outcome: 'completed',
    conclusion: 'success',
    runner: machine,
  };
  const runner = givenRunner({
    launchedAt: noon + 5000,
    claimedAt: noon + 50_000,
    listeningAt: noon + 55_000,
  });
  const launch = givenLaunch([givenJob()], { createdAt: noon + 2000 });

  async function judged(job: Partial<Job> | undefined, over: Partial<RunDeps['operator']> = {}) {
    const stores = createMemoryStores();
    const { rows } = stores.world;
    rows.runners.set(machine, runner);
    rows.launches.set(launch.launchId, launch);
    let now = noon;
    const pauses = new Set<number>();
    const workflow = {
      id: 5,
      name: 'Mayfly test',
      path: '.github/workflows/mayfly-test.yml',
      state: 'active',
    };
    const found = {
      jobId: JobId(1),
      runId: 9,
      status: 'queued',
      conclusion: null,
      runnerName: null,
    } as const;
    const deps: RunDeps = {
      stores,
      operator: {
        workflows: async () => ok([workflow]),
        dispatch: async () => ok(9),
        // GitHub makes the job of a run a moment later.
        runJobs: async () => ok(now > noon ? [{ ...found, labels: [], createdAt: noon }] : []),
        ...over,
      },
      explain: async () => 'acme has all of its 2 runners in use.',
      now: () => now,
      async pause(milliseconds) {
        now += milliseconds;
        pauses.add(milliseconds);
        if (job) rows.jobs.set(jobKey(acme, JobId(1)), givenJob(job));
      },
    };
    const request = { installationId: acme, repository: 'acme/app', branch: 'main', waitSeconds: 60 };
    const row = await runWorkflow(deps, { ...request, workflow: 'mayfly-test.yml' });
    return { ...row, pauses: [...pauses] };
  }

  it('shows which machine ran it, and how long each step took', async () => {
    expect(await judged(done)).toMatchObject({
      verdict: 'PASS',
      pauses: [1_000],
      found:
        'i-1 (t3.medium, small) took job 1: webhook 1 s, plan 1 s, EC2 3 s, boot 45 s, register 5 s, assign 7 s, job 30 s; success',
    });
  });

  it.each<[string, Partial<Job> | undefined, Partial<RunDeps['operator']>, RegExp]>([
    ['did not succeed', { ...done, conclusion: 'failure' }, {}, /failure$/],
    [
      'ran elsewhere',
      { ...times, state: 'done', outcome: 'completed', conclusion: 'success' },
      {},
      /no machine/,
    ],
    [
      'was refused',
      { state: 'done', outcome: 'refused', reason: reason('tier-not-allowed', 'No.') },
      {},
      /refused: No/,
    ],
    ['waits for too long', { state: 'waiting' }, {}, /not over after 60 s: acme has all of its 2 runners/],
    ['was never made', undefined, { runJobs: async () => ok([]) }, /created no job in time/],
    ['may not be started', undefined, { dispatch: async () => refused }, /not-found/],
  ])('fails where it %s', async (_title, job, over, words) => {
    expect(await judged(job, over)).toMatchObject({ verdict: 'FAIL', found: expect.stringMatching(words) });
  });

  it('leaves out steps of unknown duration', () => {
    const bare = givenRunner({ launchedAt: noon + 5000 });
    expect(phasesOf(givenJob(times), bare, undefined).map(({ name }) => name)).toEqual([
      'webhook',
      'EC2',
      'assign',
      'job',
    ]);
  });
});
