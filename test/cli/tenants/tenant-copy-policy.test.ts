/** What `mayfly tenant copy-policy` copies. */
import { describe, expect, it } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { givenTenant, medium } from '../../support/given.ts';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenStored, stored } = fresh;

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
    await fresh.account.put('tenants', from);
    expect(await fresh.account.run('tenant', 'copy-policy', 'model', fresh.login)).toMatchObject({
      status: 0,
    });
    expect(await stored()).toMatchObject({
      status: { S: 'suspended' },
      max_runners: { N: '7' },
      tier: { S: 'medium' },
      runner_group: { S: 'builds' },
      allowed_repositories: { L: [{ N: '1' }] },
    });
  });

  it.each([
    ['Organization', 'User'],
    ['User', 'Organization'],
  ] as const)('copies limits but neither level nor group from a %s to a %s', async (from, to) => {
    const grouped = { runnerLevel: 'organization', runnerGroup: 'ci' } as const;
    await givenStored({ accountType: to, ...(to === 'User' ? {} : grouped) });
    const model = givenTenant({
      ...{ installationId: InstallationId(9), accountLogin: 'model', accountType: from, maxRunners: 7 },
      ...(from === 'User' ? {} : { ...grouped, runnerGroup: 'builds' }),
    });
    await fresh.account.put('tenants', newTenantRow(model));
    expect(await fresh.account.run('tenant', 'copy-policy', 'model', fresh.login)).toMatchObject({
      status: 0,
    });
    const row = await stored();
    expect(row?.['max_runners']).toEqual({ N: '7' });
    expect(row?.['runner_group']?.S).toBe(to === 'User' ? undefined : 'ci');
    expect(row?.['runner_level']?.S).toBe(to === 'User' ? undefined : 'organization');
  });

  it('no longer keeps a group in step once another one is copied', async () => {
    await givenStored({ runnerGroup: 'ci', keepsRunnerGroup: true, allowedRepositories: [1] });
    const model = givenTenant({
      ...{ installationId: InstallationId(9), accountLogin: 'model', runnerGroup: 'builds' },
    });
    await fresh.account.put('tenants', newTenantRow(model));
    await fresh.account.run('tenant', 'copy-policy', 'model', fresh.login);
    const row = await stored();
    expect([row?.['runner_group'], row?.['keep_runner_group']]).toEqual([{ S: 'builds' }, undefined]);
  });

  it('refuses to copy a tenant to itself', async () => {
    await givenStored();
    const { status, error } = await fresh.account.run('tenant', 'copy-policy', fresh.login, fresh.login);
    expect([status, error]).toEqual([2, expect.stringContaining(`${fresh.login} was given twice.`)]);
  });
});
