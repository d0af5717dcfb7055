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
});
