/** The commands about admission controllers: what they print, what they store, and what they say of mistakes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { targetText } from '../../../lib/cli/controllers/controller-text.ts';
import { InstallationId, JobId, TierName } from '../../../lib/core/ids.ts';
import config from '../../../mayfly.config.ts';
import { givenJob, givenTenant } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

let account: OperatorAccount;
let rules: string;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
  await account.put('tenants', newTenantRow(givenTenant()));
  rules = join(account.folder, 'rules.json');
  writeFileSync(rules, JSON.stringify([{ reject: 'run.fork', reason: 'Forks run elsewhere.' }]));
});
afterAll(() => account?.close());

const run = (...args: readonly string[]) => account.run('controllers', ...args);
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).out);
const words = (text: string) => text.split(' ');

describe('mayfly controllers', () => {
  it('creates, shows, changes and deletes one, and the audit shows who and why', async () => {
    const made = await json('create', 'acme', '--rules', rules, '--description', 'forks', '--reason', 'T-1');
    expect(made).toMatchObject({ state: 'disabled', description: 'forks', version: 1, dryRun: false });
    await run('scope', 'create', 'acme', made.id, '--installation');
    expect((await run('list', 'ACME')).out).toBe(
      `${made.id}  disabled  rules  the whole installation  forks\n`,
    );
    await run('update', 'acme', made.id, '--state', 'enabled');
    const shown = await run('get', 'acme', made.id);
    expect(shown.out).toContain('rejects              run.fork  (Forks run elsewhere.)');
    expect(shown.out).toContain('state                enabled');
    expect(await run('delete', 'acme', made.id)).toMatchObject({
      status: 0,
      out: `${made.id} is deleted.\n`,
    });
    expect((await run('list', 'acme')).out).toBe('There are no controllers.\n');
    const { out } = await account.run('audit', 'acme', '--json');
    const rows = JSON.parse(out).filter(({ action }: { action: string }) => action.startsWith('controller-'));
    expect(rows.map(({ action }: { action: string }) => action)).toEqual([
      'controller-created',
      'controller-scope-added',
      'controller-state-changed',
      'controller-deleted',
    ]);
    expect(rows[0]).toMatchObject({ reason: 'T-1', who: expect.stringContaining('arn:aws:') });
  });

  it('manages the operator’s own for all tenants, as @platform', async () => {
    const made = await json('create', '@platform', '--rules', rules, '--exempt', '7', '--reason', 'T-2');
    expect(made).toMatchObject({ installationId: 0, exemptRepositories: [7] });
    await run('scope', 'create', '@platform', made.id, '--installation');
    await run('update', '@platform', made.id, '--state', 'enabled');
    expect((await run('list', '@platform')).out).toContain(`${made.id}  enabled  rules`);
    expect((await run('list', 'acme')).out).toBe('There are no controllers.\n');
    expect((await run('get', 'acme', made.id)).status).toBe(2);
    const job = ['--tier', 'small', '--repository', 'acme/app', '--event', 'push', '--fork', 'yes'];
    // There is no App yet of which GitHub would tell the id.
    expect((await run('test', 'acme', ...job, '--repository-id', '8')).out).toBe(
      `rejected\n  ${made.id} of the operator  reject: Forks run elsewhere.\n`,
    );
    expect((await json('token', 'create', '@platform')).token).toMatch(/^mfa_\S+\.0\./);
    await run('delete', '@platform', made.id);
    const { out } = await account.run('audit', '--json');
    expect(JSON.parse(out)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ about: 'deployment', action: 'controller-created', reason: 'T-2' }),
      ]),
    );
  });

  it.each([
    ['get acme ctl_none', /There is no controller ctl_none\. See: npx mayfly controllers list acme$/],
    ['update acme ctl_none --state enabled', /ctl_none\. See: npx mayfly controllers list acme$/],
    ['scope delete acme CONTROLLER scp_none', /See: npx mayfly controllers scope list acme ctl_\w+$/],
    ['scope create acme CONTROLLER --tier large', /Remove it first\. See: .* scope list acme ctl_\w+$/],
    ['token revoke acme tok_none', /See: npx mayfly controllers token list acme$/],
    ['token revoke acme tok_none --controller CONTROLLER', /token list acme --controller ctl_\w+$/],
    ['update acme CONTROLLER --timeout 10', /^error: --timeout: The timeout is 10 milliseconds; /],
    [
      'update acme CONTROLLER --timeout 5s',
      /--timeout is "5s"; it must be a whole number of milliseconds\.$/,
    ],
    ['update acme CONTROLLER --state on', /--state is "on"; it must be one of disabled, enabled, dry_run\.$/],
    ['update acme CONTROLLER --url http://x', /^error: --url: http:\/\/x is not an https URL/],
    [
      'update acme CONTROLLER --rules RULES',
      /^error: --rules: rule 2, reject: job has no field tire; it has /,
    ],
    ['test acme --tier small --repository app --fork maybe', /--fork is "maybe"; it must be yes or no\.$/],
    [
      'test acme --tier small --repository app --repository-id app',
      /--repository-id is "app"; it must be a whole/,
    ],
    [
      'test acme --tier small --repository app --attempt 0',
      /--attempt is "0"; it must be a whole number above 0/,
    ],
    ['test acme --tier huge --repository acme/app', /^error: --tier: There is no tier huge; there are small/],
  ])('says for %j which option is wrong, and what shows the right values', async (line, message) => {
    const wrong = join(account.folder, 'wrong.json');
    const rule = (reject: string) => ({ reject, reason: 'No.' });
    writeFileSync(wrong, JSON.stringify([rule('run.fork'), rule('job.tire == "x"')]));
    const { id } = await json('create', 'acme', '--poll');
    await run('scope', 'create', 'acme', id, '--installation');
    const args = words(line).map((word) => ({ CONTROLLER: id, RULES: wrong })[word] ?? word);
    const { status, error } = await run(...args);
    await run('delete', 'acme', id);
    expect([status, error.trim()]).toEqual([2, expect.stringMatching(message)]);
  });

  it('says how long two secrets may overlap', async () => {
    const { id } = await json('create', 'acme', '--url', 'https://admit.example.com/');
    const { status, error } = await run('secret', 'rotate', 'acme', id, '--overlap', '99999999');
    await run('delete', 'acme', id);
    expect([status, error]).toEqual([
      2,
      'error: --overlap: The overlap must be a whole number of seconds from 0 to 86400.\n',
    ]);
  });

  it('lists several in columns', async () => {
    const one = await json('create', 'acme', '--rules', rules, '--description', 'first');
    const two = await json('create', 'acme', '--poll', '--state', 'enabled', '--description', 'second');
    const { out } = await run('list', 'acme');
    await run('delete', 'acme', one.id);
    await run('delete', 'acme', two.id);
    const starts = (word: string) => nonEmpty(out.trim().split('\n')).map((line) => line.indexOf(word));
    expect(new Set(starts('no scope')).size).toBe(1);
    expect(Math.max(...starts('first'))).toBe(Math.max(...starts('second')));
  });

  it.each([
    [
      '--poll',
      /It still needs a token: {2}npx mayfly controllers token create acme --controller (ctl_\w+)\n/,
    ],
    [
      '--url=https://a.example/',
      /It still needs a secret: npx mayfly controllers secret rotate acme (ctl_\w+)\n/,
    ],
  ])('says what a new one needs before it is asked: %s', async (option, first) => {
    const { out } = await run('create', 'acme', option);
    const [, id = ''] = first.exec(out) ?? [];
    expect(out).toContain(
      `It still needs a scope:  npx mayfly controllers scope create acme ${id} --installation\n`,
    );
    expect(await run('delete', 'acme', id)).toMatchObject({ status: 0 });
    const { out: tried } = await run('create', 'acme', option, '--dry-run');
    expect(tried).toContain('It gets another id when it is created.\n');
    expect(tried).not.toContain('It still needs');
  });

  it('lists each scope so that it cannot be taken for two', async () => {
    const { id } = await json('create', 'acme', '--poll');
    await run('scope', 'create', 'acme', id, '--tier', 'small');
    await run('scope', 'create', 'acme', id, '--tier', 'large');
    expect((await run('list', 'acme')).out).toContain('tier small, tier large');
    await run('delete', 'acme', id);
    expect(targetText({ kind: 'group-tier', group: 'ci', tier: TierName('large') })).toBe(
      'tier large in group ci',
    );
  });

  it.each([
    ['repository.visibility == "public"', '', '--visibility', 'public'],
    ['repository.id == 7', '', '--repository-id', '7'],
    ['workflow.name == "CI"', '', '--workflow', 'CI'],
    [
      'workflow.path == ".github/workflows/ci.yml"',
      ' --event push',
      '--workflow-path',
      '.github/workflows/ci.yml',
    ],
    ['run.event == "push"', ' --ref main', '--event', 'push'],
    ['run.ref == "main"', ' --event push', '--ref', 'main'],
    ['run.fork', ' --event push', '--fork', 'yes'],
    ['run.actor == "octocat"', ' --event push', '--actor', 'octocat'],
    ['run.attempt > 1', ' --event push', '--attempt', '2'],
  ])('names the option of a fact that a rule needs: %s', async (reject, given, option, value) => {
    const file = join(account.folder, 'one.json');
    writeFileSync(file, JSON.stringify([{ reject, reason: 'No.' }]));
    const { id } = await json('create', 'acme', '--rules', file, '--state', 'enabled');
    await run('scope', 'create', 'acme', id, '--installation');
    const job = words(`test acme --tier small --repository app${given}`);
    const without = await run(...job);
    const tested = await run(...job, option, value);
    await run('delete', 'acme', id);
    expect(tested.out).toMatch(/^rejected\n/);
    expect(without.out).toContain(
      option === '--event' ? 'only GitHub has: give --event.\n' : `; give ${option}\n`,
    );
  });

  it('tests a job in another runner group than the tenant’s', async () => {
    const file = join(account.folder, 'group.json');
    writeFileSync(file, JSON.stringify([{ reject: 'job.group == "builds"', reason: 'No.' }]));
    const { id } = await json('create', 'acme', '--rules', file, '--state', 'enabled');
    await run('scope', 'create', 'acme', id, '--installation');
    const job = words('test acme --tier small --repository app');
    const outs = [await run(...job), await run(...job, '--group', 'builds')].map(({ out }) => out);
    await run('delete', 'acme', id);
    expect(outs).toEqual([expect.stringMatching(/^admitted\n/), expect.stringMatching(/^rejected\n/)]);
  });

  it('tests a job of a repository in its scope, by the name alone', async () => {
    const file = join(account.folder, 'app.pem');
    writeFileSync(file, account.github.privateKeyPem);
    await account.run('setup', '--app-id', String(account.github.appId), '--key', file);
    const { installationId, accountId } = account.github.install({ login: 'delta', repositories: ['app'] });
    const tenant = { installationId: InstallationId(installationId), accountId, accountLogin: 'delta' };
    await account.put('tenants', newTenantRow(givenTenant(tenant)));
    const { id } = await json('create', 'delta', '--rules', rules, '--state', 'enabled');
    await run('scope', 'create', 'delta', id, '--repository', 'app');
    const job = (name: string) =>
      words(`test delta --tier small --repository ${name} --event push --fork yes`);
    expect(await run(...job('app'))).toMatchObject({ status: 1, out: expect.stringMatching(/^rejected\n/) });
    expect(await run(...job('delta/ap'))).toMatchObject({
      status: 2,
      error: expect.stringMatching(/^error: --repository: GitHub lists no repository delta\/ap of/),
    });
  });

  it('prints a token once, for a controller and for administrators', async () => {
    const { id } = await json('create', 'acme', '--poll');
    const first = await json('token', 'create', 'acme', '--controller', id, '--description', 'cluster');
    expect(first.token).toMatch(/^mfc_/);
    expect((await json('token', 'create', 'acme')).token).toMatch(/^mfa_/);
    const listed = await run('token', 'list', 'acme', '--controller', id, '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ id: first.id, description: 'cluster' }]);
    expect(listed.out).not.toContain(first.token);
    const next = await json('token', 'rotate', 'acme', first.id, '--controller', id, '--overlap', '60');
    expect(next.token).not.toBe(first.token);
    expect(await json('token', 'list', 'acme', '--controller', id)).toHaveLength(2);
    await run('delete', 'acme', id);
  });

  it('shows what controllers would decide about a job, and exits with 1 if it is rejected', async () => {
    const { id } = await json('create', 'acme', '--rules', rules, '--state', 'enabled');
    await run('scope', 'create', 'acme', id, '--installation');
    const job = ['test', 'acme', '--tier', 'small', '--repository', 'acme/app'];
    const fork = await run(...job, '--event', 'pull_request', '--fork', 'yes');
    expect(fork).toEqual({
      status: 1,
      out: `rejected\n  ${id}  reject: Forks run elsewhere.\n`,
      error: '',
    });
    expect(await run(...job, '--event', 'push', '--fork', 'no')).toMatchObject({ status: 0 });
    expect((await run(...job)).out).toMatch(/^asked\n/);
    await run('delete', 'acme', id);
  });

  it('evaluates new rules on past jobs, and shows which would have been rejected', async () => {
    const at = Date.now() - 3_600_000;
    const large = { tier: TierName('large'), jobId: JobId(2), queuedAt: at, repository: 'acme/web' };
    for (const job of [
      givenJob({ queuedAt: at }),
      givenJob(large),
      givenJob({ jobId: JobId(3), queuedAt: 0 }),
    ])
      await account.put('jobs', jobRow(job));
    const file = join(account.folder, 'new-rules.json');
    writeFileSync(file, JSON.stringify([{ reject: 'job.tier == "large"', reason: 'Too dear.' }]));
    expect(await run('replay', 'acme', '--rules', file)).toEqual({
      status: 1,
      out: '2 jobs: 1 admitted, 1 rejected, 0 not judged.\n  2  acme/web  -  large  reject: Too dear.\n',
      error: '',
    });
    expect((await run('replay', '@platform', '--rules', file)).out).toMatch(
      /^2 jobs: 1 admitted, 1 rejected/,
    );
    expect(await json('replay', 'acme', '--rules', rules)).toMatchObject([
      { vote: 'asked', reason: expect.stringMatching(/that only GitHub has: run\./) },
      { vote: 'asked' },
    ]);
    expect((await run('replay', 'acme', '--rules', rules)).out).toMatch(
      /^ {2}2 not judged: A rule needs facts that only GitHub has: run\./m,
    );
    for (let n = 0; n < 60; n += 1)
      await account.put('jobs', jobRow(givenJob({ ...large, jobId: JobId(100 + n) })));
    await account.put('jobs', {
      ...jobRow(givenJob({ ...large, jobId: JobId(99) })),
      repository: { N: '7' },
    });
    const { out, error } = await run('replay', 'acme', '--rules', file);
    expect(error).toMatch(/^In the jobs row \d+.99, repository is/);
    expect(out.match(/reject: Too dear/g)).toHaveLength(50);
    expect(out).toContain('  and 11 more; --json has all of them.\n');
    writeFileSync(file, JSON.stringify([{ reject: 'job.tier ==', reason: 'x' }]));
    expect(await run('replay', 'acme', '--rules', file)).toMatchObject({ status: 2 });
  });

  it('changes nothing in a dry run, and says so', async () => {
    const { id } = await json('create', 'acme', '--url', 'https://admit.example.com/');
    const tries = [
      ['create', 'acme', '--poll'],
      ['update', 'acme', id, '--state', 'enabled'],
      ['scope', 'create', 'acme', id, '--installation'],
      ['token', 'create', 'acme', '--controller', id],
      ['secret', 'rotate', 'acme', id],
      ['delete', 'acme', id],
    ];
    const before = await json('list', 'acme');
    for (const args of nonEmpty(tries)) {
      const { status, out } = await run(...args, '--dry-run');
      expect([status, out]).toEqual([0, expect.stringContaining('Nothing was changed.')]);
    }
    expect(await json('list', 'acme')).toEqual(before);
    expect(await json('token', 'list', 'acme', '--controller', id)).toEqual([]);
    expect(await json('secret', 'list', 'acme', id)).toEqual([]);
    await run('delete', 'acme', id);
  });

  it.each([
    ['get acme ctl_aaaaaaaaaaaaaaaa', 'There is no controller ctl_aaaaaaaaaaaaaaaa.'],
    ['list nobody', 'No tenant has the login "nobody".'],
    ['create acme', 'Give exactly one of --rules, --url and --poll.'],
    ['create acme --poll --url https://example.com/', 'Give exactly one of --rules, --url and --poll.'],
    ['create acme --url http://example.com/', 'is not an https URL'],
    ['create acme --rules /nowhere.json', '/nowhere.json cannot be read'],
    ['create acme --poll --state on', '--state is "on"; it must be one of disabled, enabled, dry_run.'],
    ['create acme --poll --timeout 1', 'a whole number from 500 to 10000'],
    ['create @platform --poll --exempt app', 'give a repository by its GitHub id'],
    ['test @platform --tier small --repository acme/app', 'A job belongs to one tenant'],
    ['decisions @platform', 'Decisions are stored for each tenant'],
    ['list 0', 'No tenant has the installation id or login "0".'],
    ['decisions acme --job x', '--job is "x"; it must be an id.'],
    ['scope create acme ctl_aaaaaaaaaaaaaaaa', 'Give --installation, --tier'],
  ])('%s exits with 2, and says what is allowed', async (args, error) => {
    expect(await run(...words(args))).toMatchObject({ status: 2, error: expect.stringContaining(error) });
  });

  it('has help for the group and its subgroups', async () => {
    expect((await run('--help')).out).toContain('token <command>');
    const { out } = await run('token', '--help');
    expect(out).toContain('Usage: mayfly controllers token <command>');
    expect(out).toContain('rotate');
  });
});
