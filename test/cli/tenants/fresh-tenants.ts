/** One operator's account for all tests of a file, and a tenant of its own for each. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Attributes } from '../../../lib/adapters/dynamodb/attributes.ts';
import { auditOfVersion } from '../../../lib/adapters/dynamodb/audit-list.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import config from '../../../mayfly.config.ts';
import { givenTenant } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';

/** `id`, `login` and `accountId` are those of the current test's tenant, which has no row yet. */
export function useFreshTenants() {
  let started: OperatorAccount | undefined;
  const fresh = {
    id: 100,
    login: '',
    accountId: 1,
    get account() {
      if (!started) throw new Error('The account is started before the first test.');
      return started;
    },
    givenRow: (over: Partial<Tenant> = {}): Attributes => {
      const { id, login: accountLogin, accountId } = fresh;
      return newTenantRow(
        givenTenant({ accountId, ...over, installationId: InstallationId(id), accountLogin }),
      );
    },
    givenStored: (over: Partial<Tenant> = {}) => fresh.account.put('tenants', fresh.givenRow(over)),
    stored: () => fresh.account.get('tenants', { installation_id: { N: String(fresh.id) } }),
    recordOf: (version: number) => {
      const audit = { client: fresh.account.rows, tableName: `${config.environment}-audit` };
      return auditOfVersion(audit, fresh.id, version);
    },
    tenant: (word: string, ...args: string[]) => fresh.account.run('tenant', word, fresh.login, ...args),
    messages: () => fresh.account.queues.counts(`${config.environment}-small-builds`).visible,
  };
  beforeAll(async () => {
    started = await givenOperatorAccount(config.environment);
  });
  afterAll(() => started?.close());
  beforeEach(() => {
    fresh.id += 1;
    fresh.login = `org-${fresh.id}`;
    fresh.accountId = 1;
  });
  return fresh;
}
