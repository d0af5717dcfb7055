/** Which tenant an operator means by a login or an id, through `mayfly tenant show`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { nearNames } from '../../../lib/cli/tenants/near-names.ts';
import { InstallationId, TierName } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import config from '../../../mayfly.config.ts';
import { givenTenant, medium } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

let account: OperatorAccount;
beforeAll(async () => {
  account = await givenOperatorAccount(config.environment);
});
afterAll(() => account?.close());

const givenStored = (installationId: number, over: Partial<Tenant> = {}) =>
  account.put(
    'tenants',
    newTenantRow(givenTenant({ ...over, installationId: InstallationId(installationId) })),
  );
const shown = async (name: string) => JSON.parse((await account.run('tenant', 'show', name, '--json')).out);

describe('a tenant that an operator names', () => {
  it('does not exist if nobody installed the App', async () => {
    const { status, error } = await account.run('tenant', 'show', 'acme');
    expect([status, error]).toEqual([2, expect.stringContaining('There are no tenants yet')]);
  });

  it('is found by its login in any case, and by its id', async () => {
    await givenStored(101, { accountLogin: 'Acme-Corp' });
    for (const name of ['acme-corp', 'ACME-CORP', '101'])
      expect(await shown(name)).toMatchObject({ login: 'Acme-Corp', installationId: 101 });
  });

  it('is the installation of that id, even if a login has the same digits', async () => {
    await givenStored(102, { accountLogin: '103' });
    expect(await shown('103')).toMatchObject({ installationId: 102 });
    await givenStored(103, { accountLogin: 'digits' });
    expect(await shown('103')).toMatchObject({ login: 'digits' });
  });

  it.each([[['tenant', 'show', '']], [['status', '--tenant', '']], [['costs', '--tenant', '']]])(
    'is never the row without a login that an edit created: %j',
    async (args) => {
      await account.put('tenants', { installation_id: { N: '104' }, max_runners: { N: '2' } });
      const { status, error } = await account.run(...(args as [string, ...string[]]));
      expect([status, error]).toEqual([2, expect.stringContaining('The tenant is empty: give a login')]);
    },
  );

  it('is suggested for a typo', async () => {
    const { status, error } = await account.run('tenant', 'show', 'acme-crop');
    expect(status).toBe(2);
    expect(error).toBe('error: No tenant has the login "acme-crop". Did you mean Acme-Corp?\n');
  });

  it('is the remaining installation, or the last one if none remains', async () => {
    await givenStored(201, { accountLogin: 'beta', status: 'deleted', statusBeforeDeletion: 'active' });
    await givenStored(202, { accountLogin: 'beta', status: 'deleted', statusBeforeDeletion: 'active' });
    expect(await shown('beta')).toMatchObject({ installationId: 202, status: 'deleted' });
    await givenStored(200, { accountLogin: 'beta' });
    expect(await shown('beta')).toMatchObject({ installationId: 200, status: 'active' });
  });

  it('must be given by its id if two installations have the login', async () => {
    await givenStored(301, { accountLogin: 'gamma' });
    await givenStored(302, { accountLogin: 'Gamma' });
    const { status, error } = await account.run('tenant', 'show', 'gamma');
    expect(status).toBe(2);
    expect(error).toMatch(/"gamma" has 2 installations: (301, 302|302, 301)\. Give the id of one\./);
  });
});

describe('mayfly tenant show', () => {
  it('shows settings and limits', async () => {
    await givenStored(401, { accountLogin: 'delta', runnerGroup: 'builds', allowedRepositories: [7, 8] });
    const { status, out } = await account.run('tenant', 'show', 'delta');
    expect(status).toBe(0);
    expect(out).toMatch(/machines +0 of 2: small 0 of 2, medium 0 of 5, large 0 of 10\n/);
    expect(out).toMatch(/runners in +organization, builds\n/);
    expect(await shown('delta')).toMatchObject({ keepsGroup: false });
    expect(out).toMatch(/repositories +7, 8\n/);
  });

  it('shows the limit in force in each tier, and machines of a tier that is gone', async () => {
    const tierLimits = new Map([[TierName('large'), 1]]);
    const settings = { accountLogin: 'limits', tier: medium, maxRunners: 7, tierLimits };
    await account.put('tenants', {
      ...newTenantRow(givenTenant({ ...settings, installationId: InstallationId(407) })),
      ...{ leases_held: { N: '3' }, leases_held_medium: { N: '1' }, leases_held_gone: { N: '2' } },
    });
    const { out } = await account.run('tenant', 'show', 'limits');
    expect(out).toMatch(
      /machines +3 of 7: small 0 of 7, medium 1 of 7, large 0 of 1, gone 2 \(no longer configured\)\n/,
    );
    expect(await shown('limits')).toMatchObject({ tiers: { gone: { machines: 2, maxRunners: null } } });
  });

  it('lists permissions in the same order each time', async () => {
    const permissions = { metadata: 'read', actions: 'write' } as const;
    await givenStored(408, { accountLogin: 'sorted', permissions });
    const { out } = await account.run('tenant', 'show', 'sorted');
    expect(out).toMatch(/permissions +actions: write, metadata: read\n/);
  });

  it('says whether the group is kept in sync', async () => {
    const policy = { runnerGroup: 'ci', keepsRunnerGroup: true, allowedRepositories: [7] };
    await givenStored(405, { accountLogin: 'kept', ...policy });
    const { out } = await account.run('tenant', 'show', 'kept');
    expect(out).toMatch(/runners in +organization, ci \(kept in sync with the repositories below\)\n/);
    await givenStored(406, { accountLogin: 'level', ...policy, runnerLevel: 'repository' });
    expect(await shown('level')).toMatchObject({ keepsGroup: false, level: 'repository' });
  });

  it('distinguishes a suspension by GitHub from a ban', async () => {
    await givenStored(402, { accountLogin: 'github-did', status: 'suspended', suspendedBy: 'github' });
    await givenStored(403, { accountLogin: 'operator-did', status: 'suspended' });
    expect(await shown('github-did')).toMatchObject({ status: 'suspended-by-github' });
    expect(await shown('operator-did')).toMatchObject({ status: 'suspended' });
  });

  it('exits with 1 if a row cannot be read, and names the attribute', async () => {
    const row = newTenantRow(givenTenant({ installationId: InstallationId(404), accountLogin: 'odd' }));
    await account.put('tenants', { ...row, max_runners: { S: 'two' } });
    const { status, out } = await account.run('tenant', 'show', 'odd');
    expect(status).toBe(1);
    expect(out).toMatch(/Problems:\n.*max_runners/);
  });
});

describe('similar names', () => {
  const names = ['acme', 'acme-labs', 'beta', 'the-acme', 'octo-org'];
  it.each([
    ['acem', ['acme']],
    ['acm', ['acme', 'acme-labs', 'the-acme']],
    ['octo', ['octo-org']],
    ['octoorg', ['octo-org']],
    ['zzz', []],
    ['', []],
  ])('of %j are %j', (given, near) => expect(nearNames(given, names)).toEqual(near));

  it('are three at the most', () => {
    expect(nearNames('acme', ['acme-1', 'acme-2', 'acme-3', 'acme-4'])).toEqual([
      'acme-1',
      'acme-2',
      'acme-3',
    ]);
  });
});
