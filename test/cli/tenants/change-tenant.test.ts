/** What the commands that change a tenant write, print, refuse and record, against the laptop's own stand-ins. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Attributes } from '../../../lib/adapters/dynamodb/attributes.ts';
import { auditOfVersion } from '../../../lib/adapters/dynamodb/audit-list.ts';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { policyChange } from '../../../lib/adapters/dynamodb/policy-change.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { commandPolicies } from '../../../lib/cli/policies/command-policies.ts';
import { changeTenant } from '../../../lib/cli/tenants/change-tenant.ts';
import { found } from '../../../lib/cli/tenants/find-tenant.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { Fault } from '../../../lib/local/github/dials.ts';
import config from '../../../mayfly.config.ts';
import { givenJob, givenTenant, medium } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';
import { recordingIo } from '../support.ts';

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
});
afterAll(() => account?.close());

let id = 100;
let login = '';
let accountId = 1;
beforeEach(() => {
  id += 1;
  login = `org-${id}`;
  accountId = 1;
});

const key = () => ({ installation_id: { N: String(id) } });
const givenRow = (over: Partial<Tenant> = {}): Attributes =>
  newTenantRow(givenTenant({ accountId, ...over, installationId: InstallationId(id), accountLogin: login }));
const givenStored = (over: Partial<Tenant> = {}) => account.put('tenants', givenRow(over));
const stored = () => account.get('tenants', key());
const recordOf = (version: number) =>
  auditOfVersion({ client: account.rows, tableName: `${config.environment}-audit` }, id, version);
const tenant = (word: string, ...args: string[]) => account.run('tenant', word, login, ...args);
const messages = () => account.queues.counts(`${config.environment}-small-builds`).visible;

describe('mayfly tenant set', () => {
  it('writes all of it at once, prints before and after, and records who and why', async () => {
    await givenStored();
    const set = await tenant('set', '--plan', 'medium', '--tier-limit', 'large=1', '--reason', 'ticket 7');
    expect(set).toMatchObject({ status: 0, error: '' });
    expect(set.out).toMatch(/max runners: 2 → 5\n/);
    expect(set.out).toMatch(/plan: small → medium\n/);
    expect(set.out).toMatch(/tier limits: the tiers' own → large=1\n/);
    expect(set.out).toContain('It applies from the next job on. It is version 2 of its policy.');
    expect(await stored()).toMatchObject({
      tier: { S: 'medium' },
      max_runners: { N: '5' },
      tier_limits: { M: { large: { N: '1' } } },
      version: { N: '2' },
    });
    expect(await recordOf(2)).toMatchObject({
      action: { S: 'set' },
      reason: { S: 'ticket 7' },
      who: { S: expect.stringMatching(/^arn:aws:/) },
      before: { M: { tier: { S: 'small' }, max_runners: { N: '2' } } },
      after: { M: { tier: { S: 'medium' }, max_runners: { N: '5' } } },
      policy: { M: { status: { S: 'active' }, tier: { S: 'medium' } } },
    });
  });

  it('pokes each tier in which jobs wait, and says how many', async () => {
    await givenStored();
    const installationId = InstallationId(id);
    for (const [n, tier] of [
      [1, 'small'],
      [2, 'small'],
      [3, 'medium'],
    ] as const)
      await account.put('jobs', jobRow(givenJob({ installationId, jobId: JobId(n), tier: tier as never })));
    const before = messages();
    const { out } = await tenant('set', '--max-runners', '5');
    expect(out).toContain('the 3 waiting jobs are being checked now');
    expect(messages()).toBe(before + 1);
  });

  it('checks no jobs of a tier that is no longer configured: it has no queue', async () => {
    await givenStored();
    const job = givenJob({ installationId: InstallationId(id), jobId: JobId(4), tier: 'gone' as never });
    await account.put('jobs', jobRow(job));
    const { status, out, error } = await tenant('set', '--max-runners', '5');
    expect([status, error]).toEqual([0, '']);
    expect(out).toContain('It applies from the next job on.');
  });

  it('restores defaults', async () => {
    await givenStored({
      weight: 3,
      runnerGroup: 'builds',
      tierLimits: new Map([[medium, 1]]),
      runnerLevel: 'repository',
    });
    await tenant(
      'set',
      '--weight',
      'default',
      '--group',
      'default',
      '--tier-limit',
      'medium=default',
      '--level',
      'auto',
    );
    const row = await stored();
    for (const name of ['weight', 'runner_group', 'tier_limits', 'runner_level'])
      expect(row).not.toHaveProperty(name);
  });

  it('sets spend caps in dollars, and shows them before and after, and how much is used', async () => {
    await givenStored();
    const set = await tenant('set', '--spend-cap', '1250.5', '--daily-cap', '40', '--spend-strict', 'on');
    expect(set.out).toMatch(/monthly spend cap: none → \$1,250\.50\n/);
    expect(set.out).toMatch(/daily spend cap: none → \$40\.00\n/);
    expect(set.out).toMatch(/strict spending: as the deployment's → on\n/);
    expect(await stored()).toMatchObject({
      ...{ spend_cap: { N: '1250.5' }, daily_cap: { N: '40' }, spend_strict: { BOOL: true } },
    });
    const shown = await tenant('show');
    expect(shown.out).toMatch(
      /spent +\$0\.00 of \$1,250\.50 in 20\d\d-\d\d, \$0\.00 of \$40\.00 today, strict\n/,
    );
    const back = await tenant(
      'set',
      '--spend-cap',
      'none',
      '--daily-cap',
      'none',
      '--spend-strict',
      'default',
    );
    expect(back.out).toMatch(/daily spend cap: \$40\.00 → none\n/);
    for (const name of ['spend_cap', 'daily_cap', 'spend_strict'])
      expect(await stored()).not.toHaveProperty(name);
  });

  it('says that the cost of live machines is an expected one', async () => {
    await givenStored();
    expect((await tenant('show')).out).not.toContain('expected cost');
    await account.put('tenants', { ...givenRow(), leases_held: { N: '1' } });
    expect((await tenant('show')).out).toMatch(/spent .* today, with the expected cost of live machines\n/);
  });

  it.each(['-1', '1e3', '0.0000001', '12,50', '10000000', '$5', ''])(
    'refuses a cap of %p dollars',
    async (given) => {
      await givenStored();
      const { status, error } = await tenant('set', `--spend-cap=${given}`);
      expect(status).toBe(2);
      expect(error).toContain('--spend-cap is');
    },
  );

  it('shows an invalid cap that was written by hand as a problem', async () => {
    await account.put('tenants', { ...givenRow(), spend_cap: { S: 'much' } });
    const { status, out } = await tenant('show');
    expect(status).toBe(1);
    expect(out).toContain('spend_cap is {"S":"much"}; it must be a number (N) of dollars');
    expect((await tenant('set', '--spend-cap', '5')).status).toBe(0);
    expect(await stored()).toMatchObject({ spend_cap: { N: '5' } });
  });

  it('changes nothing with --dry-run, or if nothing differs', async () => {
    await givenStored();
    const before = await stored();
    const dry = await tenant('set', '--max-runners', '5', '--dry-run');
    expect(dry.out).toMatch(/max runners: 2 → 5\n(.*\n)*Nothing was changed\./);
    const same = await tenant('set', '--max-runners', '2');
    expect(same.out).toContain('already has these settings: nothing to change');
    expect(await stored()).toEqual(before);
    expect(await recordOf(2)).toBeUndefined();
  });

  it('reports all errors at once, each with what is allowed', async () => {
    await givenStored();
    const { status, error } = await tenant(
      'set',
      '--plan',
      'huge',
      '--max-runners',
      '-1',
      '--tier-limit',
      'small=x',
      '--public',
      'maybe',
      '--weight',
      '0',
      '--level',
      'team',
      '--allowed-tiers',
      'tiny',
    );
    expect(status).toBe(2);
    expect(error.match(/ must be /g)).toHaveLength(7);
    expect(error).toContain('--plan is "huge"; it must be one of small, medium, large.');
  });

  it('takes limits up to a hundred thousand, and names of groups of up to 128 characters', async () => {
    await givenStored();
    const set = (machines: number, letters: number) =>
      tenant('set', '--max-runners', String(machines), '--group', 'g'.repeat(letters));
    const { status, error } = await set(100_001, 129);
    expect(status).toBe(2);
    expect(error).toContain('it must be a whole number from 0 to 100000.');
    expect(error.match(/ must be /g)).toHaveLength(2);
    expect((await set(100_000, 128)).status).toBe(0);
  });

  it('has GitHub asked about the runner group if it is another one, and else not', async () => {
    await givenStored();
    const asked = () => account.queues.counts(`${config.environment}-installations`).visible;
    const before = asked();
    await tenant('set', '--max-runners', '5');
    await tenant('set', '--group', 'builds', '--dry-run');
    expect(asked()).toBe(before);
    await tenant('set', '--group', 'builds');
    await tenant('set', '--group', 'builds');
    await tenant('set', '--level', 'repository');
    expect(asked()).toBe(before + 2);
  });

  it('refuses organization level and a group for a user, whose runners register with repositories', async () => {
    await givenStored({ accountType: 'User' });
    const { status, error } = await tenant('set', '--level', 'organization', '--group', 'ci');
    expect(status).toBe(2);
    expect(error).toMatch(/--level is "organization"; it must be auto or repository: the account is a user/);
    expect(error).toMatch(/--group is "ci"; it must be default: the account is a user/);
    expect((await tenant('set', '--level', 'repository', '--group', 'default')).status).toBe(0);
  });

  it('requires something to set', async () => {
    await givenStored();
    expect(await tenant('set')).toMatchObject({
      status: 2,
      error: expect.stringContaining('No settings were given'),
    });
  });

  it('prints JSON', async () => {
    await givenStored();
    const { out } = await tenant('set', '--max-runners', '4', '--json');
    expect(JSON.parse(out)).toMatchObject({
      installationId: id,
      changed: [{ name: 'max runners', before: '2', after: '4' }],
      version: 2,
      jobsWaiting: 0,
    });
  });

  it('accepts ids of repositories, `none` and `all`', async () => {
    await givenStored();
    await tenant('set', '--repositories', '7,8,7');
    expect(await stored()).toMatchObject({ allowed_repositories: { L: [{ N: '7' }, { N: '8' }] } });
    await tenant('set', '--repositories', 'none');
    expect(await stored()).toMatchObject({ allowed_repositories: { L: [] } });
    await tenant('set', '--repositories', 'all');
    expect(await stored()).not.toHaveProperty('allowed_repositories');
  });
});

describe('a change of a tenant', () => {
  const change = async (row: Attributes) => {
    const call = {
      options: {},
      positionals: [],
      config,
      io: { out: () => undefined, error: () => undefined },
      environment: account.operator,
    };
    return changeTenant(call, { found: found(row), edit: { max_runners: { N: '9' } }, action: 'set' });
  };

  it.each<[string, Attributes]>([
    ['by hand', { weight: { N: '4' } }],
    ['by another command', { version: { N: '2' } }],
  ])('is not written over what was changed %s since it was read', async (_, other) => {
    const row = givenRow();
    await account.put('tenants', { ...row, ...other });
    await expect(change(row)).rejects.toThrow(/changed .* at the same time, so nothing was written/);
    expect(await stored()).toEqual({ ...row, ...other });
    expect(await recordOf(2)).toBeUndefined();
  });

  it('is shown, with a warning not to repeat it, even if what follows it fails', async () => {
    const row = givenRow();
    await account.put('tenants', row);
    const job = givenJob({ installationId: InstallationId(id), jobId: JobId(1), tier: 'new' as never });
    await account.put('jobs', jobRow(job));
    const { io, printed } = recordingIo();
    const { small } = config.tiers;
    const call = {
      ...{ options: {}, positionals: [], io, environment: account.operator },
      config: { ...config, tiers: { ...config.tiers, ...(small ? { new: small } : {}) } },
    };
    const changed = changeTenant(call, {
      ...{ found: found(row), edit: { max_runners: { N: '9' } }, action: 'set' },
    });
    await expect(changed).rejects.toThrow(/queue/i);
    expect(printed().out).toContain('max runners: 2 → 9');
    expect(printed().error).toContain(
      `The change is written, as version 2 of the policy of ${login}: do not repeat it.`,
    );
    expect(await stored()).toMatchObject({ max_runners: { N: '9' } });
  });

  it('is written even while leases are taken', async () => {
    const row = givenRow();
    await account.put('tenants', { ...row, leases_held: { N: '2' }, lease_changes: { N: '1' } });
    expect(await change(row)).toBe(0);
    expect(await stored()).toMatchObject({ leases_held: { N: '2' }, max_runners: { N: '9' } });
  });
});

describe('the status of a tenant', () => {
  it('is approved', async () => {
    await givenStored({ status: 'pending' });
    expect(await tenant('approve')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/status: pending → active/),
    });
    expect(await stored()).toMatchObject({ status: { S: 'active' } });
  });

  it('is suspended and resumed by the operator', async () => {
    await givenStored();
    expect(await tenant('suspend', '--reason', 'crypto mining')).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({ status: { S: 'suspended' }, suspended_by: { S: 'operator' } });
    expect(await tenant('resume')).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({ status: { S: 'active' }, version: { N: '3' } });
    expect(await stored()).not.toHaveProperty('suspended_by');
  });

  it("distinguishes GitHub's suspension: a ban replaces it, and resume does not lift it", async () => {
    await givenStored({ status: 'suspended', suspendedBy: 'github' });
    expect(await tenant('resume')).toMatchObject({
      status: 2,
      error: expect.stringContaining('must unsuspend it'),
    });
    expect(await tenant('suspend')).toMatchObject({
      status: 0,
      out: expect.stringContaining('status: suspended-by-github → suspended'),
    });
  });

  it('has a tenant that needs attention try again at once', async () => {
    const attention = { code: 'github-refused', text: 'No.', since: '2026-11-21', probeAt: 9e12 } as const;
    await givenStored({ attention });
    expect(await tenant('resume', '--dry-run')).toMatchObject({ status: 0 });
    expect(await stored()).toHaveProperty('attention');
    expect(await tenant('resume')).toMatchObject({
      status: 0,
      out: expect.stringContaining('tries again at once'),
    });
    expect(Object.keys((await stored())!).filter((name) => name.startsWith('attention'))).toEqual([]);
    expect(await recordOf(2)).toBeUndefined();
  });

  it.each([
    ['approve', 'suspended', 'tenant resume'],
    ['resume', 'pending', 'tenant approve'],
    ['approve', 'deleted', 'only a pending tenant'],
    ['suspend', 'deleted', 'uninstalled the App'],
    ['resume', 'deleted', 'uninstalled the App'],
  ] as const)('%s refuses a tenant that is %s, and says what would help', async (word, status, words) => {
    await givenStored({ status });
    expect(await tenant(word)).toMatchObject({ status: 2, error: expect.stringContaining(words) });
    expect(await stored()).toMatchObject({ status: { S: status } });
  });
});

describe('mayfly tenant copy-policy', () => {
  it('copies plan, limits and runner settings, and neither status nor repositories', async () => {
    await givenStored({ status: 'suspended', allowedRepositories: [1] });
    const from = newTenantRow(
      givenTenant({
        installationId: InstallationId(9),
        accountLogin: 'model',
        maxRunners: 7,
        tier: medium,
        runnerGroup: 'builds',
        allowedRepositories: [2],
      }),
    );
    await account.put('tenants', from);
    expect(await account.run('tenant', 'copy-policy', 'model', login)).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({
      status: { S: 'suspended' },
      max_runners: { N: '7' },
      tier: { S: 'medium' },
      runner_group: { S: 'builds' },
      allowed_repositories: { L: [{ N: '1' }] },
    });
  });
});

describe('mayfly tenant rollback', () => {
  /** With an App that GitHub knows: a rollback ends with a check of the tenant. */
  beforeAll(async () => {
    const file = join(account.folder, 'app.pem');
    writeFileSync(file, account.github.privateKeyPem);
    await account.run('setup', '--app-id', String(account.github.appId), '--key', file);
  });
  beforeEach(() => {
    const installed = account.github.install({ login, repositories: ['app'] });
    id = installed.installationId;
    accountId = installed.accountId;
  });
  const changed = async (...args: string[]) => {
    const { status, out, error } = await tenant('rollback', ...args);
    // The stand-in has no webhook that was heard of lately: the check says so, after the change.
    expect([status, error]).toEqual([1, '']);
    expect(out).toMatch(/PASS +installation/);
    return out;
  };

  it('restores the previous policy, and undoes that again, and records both', async () => {
    await givenStored({ maxRunners: 2 });
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7', '--group', 'builds', '--allowed-tiers', 'small,large');
    const then = (await stored())!;
    const dry = await tenant('rollback', '--dry-run');
    expect(dry.out).toMatch(/max runners: 7 → 3\n/);
    expect(await stored()).toEqual(then);

    await changed('--reason', 'too many');
    expect(await stored()).toMatchObject({ max_runners: { N: '3' }, version: { N: '4' } });
    for (const name of ['runner_group', 'allowed_tiers']) expect(await stored()).not.toHaveProperty(name);

    await changed('--to', '3');
    const { updated_at: _at, version: _version, ...back } = (await stored())!;
    const { updated_at: _before, version: _read, ...wanted } = then;
    expect(back).toEqual(wanted);
    expect(await recordOf(4)).toMatchObject({ action: { S: 'rolled-back-to-2' }, reason: { S: 'too many' } });
  });

  it('lists versions with their reasons, and what each would change now', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3', '--reason', 'ticket 1234');
    await tenant('set', '--max-runners', '4');
    const { out } = await tenant('rollback', '--list');
    expect(out).toMatch(
      /^3 .*operator\n {4}as it is now\n2 .*operator: ticket 1234\n {4}max runners: 4 → 3\n$/,
    );
  });

  it.each<[string, Fault, RegExp]>([
    ['does not answer', { route: 'GET /app/*', status: 502 }, /FAIL +check +GitHub could not be asked: .*/],
    ['refuses the App', { route: 'GET /app*', status: 401 }, /FAIL +App +forbidden/],
  ])('restores the policy while GitHub %s, and says that it is restored', async (_, fault, words) => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7');
    account.github.setDials({ faults: [fault] });
    const { status, out, error } = await tenant('rollback');
    account.github.setDials({ faults: [] });
    expect([status, error]).toEqual([1, '']);
    expect(out).toMatch(/max runners: 7 → 3\n.* It is version 4 of its policy\.\n/);
    expect(out).toMatch(words);
    expect(await stored()).toMatchObject({ max_runners: { N: '3' } });
  });

  it('says how to check the tenant later if it could not be checked, also in JSON', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('set', '--max-runners', '7');
    account.github.setDials({ faults: [{ route: 'GET /app/*', status: 502 }] });
    const { status, out } = await tenant('rollback', '--json');
    account.github.setDials({ faults: [] });
    expect(status).toBe(1);
    const remedy = expect.stringMatching(/do not roll back again.*mayfly tenant validate org-/);
    expect(JSON.parse(out)).toMatchObject({ version: 4, checks: [{ verdict: 'FAIL', remedy }] });
  });

  it('says that a group which Mayfly maintains follows', async () => {
    await givenStored({ runnerGroup: 'builds', keepsRunnerGroup: true, allowedRepositories: [7] });
    await tenant('set', '--repositories', '7,8');
    await tenant('set', '--repositories', '7');
    expect(await changed()).toContain('The reconciler updates the runner group within minutes.');
  });

  it('keeps a suspension', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    await tenant('suspend');
    await tenant('set', '--max-runners', '4');
    await changed();
    expect(await stored()).toMatchObject({ status: { S: 'suspended' }, max_runners: { N: '3' } });
  });

  it.each([
    [['--to', '99'], 'has no version "99"; recorded versions are 2.'],
    [[], 'there is nothing to go back to'],
  ])('says what is recorded for %j', async (args, words) => {
    await givenStored();
    await tenant('set', '--max-runners', '3');
    expect(await tenant('rollback', ...args)).toMatchObject({
      status: 2,
      error: expect.stringContaining(words),
    });
  });
});

describe('mayfly audit', () => {
  it('shows who changed what, and why, oldest first, in words and as JSON', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3', '--reason', 'ticket 8');
    await tenant('suspend', '--reason', 'mines\x1b[2J coins');
    const { out } = await account.run('audit', login);
    expect(out).toMatch(/set by arn:aws:.*: ticket 8\n {4}max runners: 2 → 3\n\n.*suspended by arn/s);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    const entries = JSON.parse((await account.run('audit', '--since', '1h', '--json')).out);
    const own = entries.filter((entry: { installationId: number }) => entry.installationId === id);
    expect(own).toMatchObject([
      { action: 'set', version: 2 },
      { action: 'suspended', version: 3 },
    ]);
  });

  it('refuses an invalid time', async () => {
    const { status, error } = await account.run('audit', '--since', 'lately');
    expect([status, error]).toEqual([2, expect.stringContaining('it must be like 30m')]);
  });
});

describe('the IAM policy for changing tenants', () => {
  it('names every attribute that a change writes or checks, and no lease count', () => {
    const record = { installationId: 1, login: '', at: '', who: '', action: '', before: {}, after: {} };
    const tables = { tenants: 'tenants', audit: 'audit' };
    const [update] = policyChange({
      tables,
      row: givenRow(),
      edit: { weight: { N: '2' }, tier_limits: null },
      record,
    });
    const named = Object.values(update?.Update?.ExpressionAttributeNames ?? {});
    const statement = commandPolicies['tenant set']!({ environment: 'e', region: 'r', account: '1' }).find(
      ({ Sid }) => Sid === 'ChangeTenant',
    );
    const allowed = statement?.Condition?.['ForAllValues:StringEquals']?.['dynamodb:Attributes'] ?? [];
    expect(allowed).toEqual(expect.arrayContaining(named));
    expect([...allowed].filter((name) => name.startsWith('lease'))).toEqual([]);
  });
});
