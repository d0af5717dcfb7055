/** `mayfly tenant validate`: whole against a GitHub that is set up well, and each fault of settings as a rule. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { type Seen, validateRows } from '../../../lib/cli/tenants/validate-rules.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import config from '../../../mayfly.config.ts';
import { givenTenant, noon, permissions } from '../../support/given.ts';
import { app, group, installation, ok, refused, seen, url } from '../../support/validation.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

describe('mayfly tenant validate', () => {
  let account: OperatorAccount;
  beforeAll(async () => {
    account = await givenOperatorAccount(config.environment);
    const { github, folder, webhookUrl } = account;
    writeFileSync(join(folder, 'app.pem'), github.privateKeyPem);
    await account.run('setup', '--app-id', String(github.appId), '--key', join(folder, 'app.pem'));
    const { installationId, accountId } = github.install({ login: 'acme', repositories: ['app', 'web'] });
    const tenant = givenTenant({ installationId: InstallationId(installationId), accountId });
    await account.put('tenants', newTenantRow(tenant));
    await github.settle();
    // The installation's own event went to the webhook URL, which refuses everybody.
    github.setWebhook({ url: webhookUrl, secret: 's' });
  });
  afterAll(() => account?.close());

  const found = async () => {
    const { status, out } = await account.run('tenant', 'validate', 'acme', '--json');
    const rows = JSON.parse(out) as { check: string; verdict: string; found: string; remedy: string }[];
    return {
      status,
      rows,
      failed: rows.filter(({ verdict }) => verdict === 'FAIL').map(({ check }) => check),
    };
  };

  it('finds what an owner disabled, and says where to enable it', async () => {
    account.github.setActions('acme/web', false);
    account.github.setPublic('acme/app', true);
    const { status, rows, failed } = await found();
    expect(failed).toEqual(['public repositories', 'recent webhooks', 'Actions']);
    expect(rows.find(({ check }) => check === 'Actions')).toMatchObject({
      found: 'turned off in acme/web',
    });
    expect(status).toBe(1);
    account.github.setActions('acme/web', true);
    account.github.setPublic('acme/app', false);
  });

  it('prints one line each, and below a failed one how to fix it', async () => {
    const { out } = await account.run('tenant', 'validate', 'acme');
    expect(out).toMatch(/^ {2}PASS {5}settings +active, plan small, 0 of 2 machines$/m);
    expect(out).toMatch(
      /recent webhooks +the last one failed .* \(the platform answered 401\)\n +→ The secrets differ/,
    );
  });

  it('fails while the environment is drained, and says so first', async () => {
    await account.run('drain', '--yes');
    const { status, rows } = await found();
    await account.run('drain', '--resume');
    expect([status, rows[0]]).toEqual([
      1,
      {
        check: 'scale-up',
        verdict: 'FAIL',
        found: `The environment ${config.environment} is drained: scale-up reads no queue.`,
        remedy: 'To start machines again: npx mayfly drain --resume',
      },
    ]);
    expect((await found()).rows.map(({ check }) => check)).not.toContain('scale-up');
  });

  it('says if GitHub does not answer', async () => {
    account.github.setDials({ faults: [{ route: 'GET /app/*', status: 502 }] });
    const { status, error } = await account.run('tenant', 'validate', 'acme');
    expect([status, error]).toEqual([
      2,
      expect.stringMatching(/^error: GitHub could not be asked: .*\n?.*Try again/),
    ]);
    account.github.setDials({ faults: [] });
  });

  it('asks GitHub about an allowed repository that the installation does not include', async () => {
    const { installationId, accountId } = account.github.install({ login: 'gamma', repositories: ['app'] });
    const policy = { accountLogin: 'gamma', allowedRepositories: [999_999] };
    const tenant = givenTenant({ ...policy, accountId, installationId: InstallationId(installationId) });
    await account.put('tenants', newTenantRow(tenant));
    const { out } = await account.run('tenant', 'validate', 'gamma');
    expect(out).toMatch(
      /FAIL +repositories unknown +the allowed ones are 999999, .*\n +→ Remove it from the list: .* --repositories none/,
    );
  });

  it('asks for a group of the tenant by its name', async () => {
    const row = newTenantRow(
      givenTenant({ installationId: InstallationId(77), accountLogin: 'beta', runnerGroup: 'x' }),
    );
    await account.put('tenants', row);
    const { out } = await account.run('tenant', 'validate', 'beta');
    expect(out).toMatch(/FAIL +installation/);
  });
});

describe('a tenant whose settings are right', () => {
  it('fails in nothing', () => {
    expect(validateRows(seen()).filter(({ verdict }) => verdict !== 'PASS')).toEqual([]);
  });
});

describe('validation fails for a tenant', () => {
  const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;
  const forbidden = { ok: false, refusal: { kind: 'forbidden', message: 'Bad credentials' } } as const;
  const settings = (over: Partial<Seen['tenant']>) => ({ tenant: givenTenant(over) });
  const ofApp = (over: object) => ({
    app: ok({ name: 'Mayfly', permissions, events: ['workflow_job'], webhookUrl: url, ...over }),
  });
  const ofInstallation = (over: object) => ({ installation: ok({ ...installation, ...over }) });

  it.each<[string, Partial<Seen>, string, RegExp]>([
    ['that waits for approval', settings({ status: 'pending' }), 'settings', /tenant approve acme/],
    ['that is suspended', settings({ status: 'suspended' }), 'settings', /tenant resume acme/],
    ['of a plan that is no tier', settings({ tier: 'huge' as never }), 'settings', /tiers are small, medium/],
    [
      'of a plan and with allowed tiers that are none',
      settings({ tier: 'huge' as never, allowedTiers: ['huge', 'small'] as never }),
      'settings',
      /--plan TIER --allowed-tiers LIST; the tiers are small/,
    ],
    ['that may start nothing', settings({ maxRunners: 0 }), 'settings', /--max-runners/],
    ['whose App is not known', { app: refused }, 'App', /rotate-key/],
    ['while GitHub limits calls as the App', { app: limited }, 'App', /^Ask again later/],
    ['while GitHub limits its calls', { installation: limited }, 'installation', /^Ask again later/],
    ['while GitHub shows no groups yet', { group: limited }, 'runner group', /^Ask again later/],
    ['while GitHub lists nothing yet', { repositories: limited }, 'repositories', /^Ask again later/],
    ['whose App is refused', { installation: forbidden }, 'installation', /^First fix what failed above/],
    ['whose list is refused', { repositories: forbidden }, 'repositories', /^First fix what failed above/],
    [
      'whose maintained group does not have a repository yet',
      {
        ...settings({ keepsRunnerGroup: true, runnerGroup: 'ci', allowedRepositories: [7] }),
        group: ok({ ...group, name: 'ci', visibility: 'selected', selectedRepositoryIds: [8] }),
        groupName: 'ci',
      },
      'admitted by the group',
      /^Mayfly adds what is missing .*group-not-kept/,
    ],
    ['whose App hears of no jobs', ofApp({ events: [] }), 'App', /Permissions & events/],
    ['that is gone from GitHub', { installation: refused }, 'installation', /install the App again/],
    ['that suspended the App', ofInstallation({ suspended: true }), 'installation', /unsuspend/],
    ['of another account', ofInstallation({ accountId: 9 }), 'installation', /account_id/],
    ['without a permission', ofInstallation({ permissions: {} }), 'permissions', /accept the App/],
    ['whose group is missing', { group: ok(undefined), groupName: 'builds' }, 'runner group', /create it/],
    [
      'whose groups are not shown',
      { group: refused, groupName: 'ci' },
      'runner group',
      /tenant set acme --group default$/,
    ],
    ['whose default group is not shown', { group: refused }, 'runner group', /read and write$/],
    ['that reaches nothing', { repositories: ok([]) }, 'repositories', /add repositories/],
    [
      'that allows what it does not reach',
      settings({ allowedRepositories: [8] }),
      'repositories',
      /add them/,
    ],
    [
      'that allows what GitHub has, and the installation does not include',
      {
        ...settings({ allowedRepositories: [8] }),
        unlisted: new Map([[8, ok({ ...app, id: 8, fullName: 'acme/other' })]]),
      },
      'repositories',
      /An owner must add them/,
    ],
    [
      'that allows what GitHub does not know',
      { ...settings({ allowedRepositories: [7, 999] }), unlisted: new Map([[999, refused]]) },
      'repositories unknown',
      /tenant set acme --repositories 7\./,
    ],
    [
      'that allows nothing but what GitHub does not know',
      { ...settings({ allowedRepositories: [999] }), unlisted: new Map([[999, refused]]) },
      'repositories unknown',
      /--repositories none\./,
    ],
    [
      'whose group was selected for others',
      { group: ok({ ...group, visibility: 'selected', selectedRepositoryIds: [8] }) },
      'admitted by the group',
      /Repository access/,
    ],
    [
      'with a public repository that its group excludes',
      { repositories: ok([{ ...app, visibility: 'public' }]) },
      'public repositories',
      /Allow public repositories/,
    ],
    [
      'whose webhooks go elsewhere',
      ofApp({ webhookUrl: 'https://other.example.com' }),
      'webhook address',
      /rotate-webhook/,
    ],
    [
      'whose webhooks reach nobody',
      { endpoint: { url, fault: 'ENOTFOUND' } },
      'webhook reachable',
      /no-webhooks/,
    ],
    [
      'whose last webhook failed',
      { deliveries: ok({ at: noon - 60_000, statusCode: 503 }) },
      'recent webhooks',
      /webhooks-failed/,
    ],
    ['with Actions switched off', { actions: new Map([['acme/app', ok(false)]]) }, 'Actions', /turn it on/],
  ])('%s', (_title, over, check, remedy) => {
    const bad = validateRows(seen(over)).filter(({ verdict }) => verdict === 'FAIL');
    expect(bad).toMatchObject([{ check, remedy: expect.stringMatching(remedy) }]);
  });

  it('blames no setting of the group while GitHub does not show the installation', () => {
    const rows = validateRows(seen({ installation: forbidden, group: forbidden, groupName: 'ci' }));
    expect(rows.find(({ check }) => check === 'runner group')).toMatchObject({
      verdict: 'FAIL',
      remedy: expect.stringMatching(/^First fix what failed above/),
    });
  });

  it('names a tier that is no longer configured once, as plan and as allowed tier', () => {
    const rows = validateRows(seen(settings({ tier: 'huge' as never, allowedTiers: ['huge'] as never })));
    expect(rows[0]).toMatchObject({ check: 'settings', found: 'no tier is configured as huge' });
  });

  it('does not say that Actions is hidden if the repositories are not known', () => {
    const rows = validateRows(seen({ repositories: limited, actions: new Map() }));
    expect(rows.find(({ check }) => check === 'Actions')).toMatchObject({
      verdict: 'SKIPPED',
      found: 'GitHub does not list the repositories',
    });
  });

  it('not for checks without data', () => {
    const unknown = { actions: new Map([['acme/app', refused]]), deliveries: refused };
    expect(validateRows(seen(unknown)).filter(({ verdict }) => verdict !== 'PASS')).toMatchObject([
      { check: 'recent webhooks', verdict: 'SKIPPED' },
      { check: 'Actions', verdict: 'SKIPPED' },
    ]);
  });
});
