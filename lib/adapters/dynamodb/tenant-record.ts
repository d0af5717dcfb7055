/** The audit record of a write by the tenant manager: the tenant as read and as written. */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { NewTenant, TenantChanges } from '../../ports/tenants.ts';
import type { Attributes } from './attributes.ts';
import { policyRow, type TenantRecord, tenantAuditItem } from './audit-row.ts';
import { policyDigest } from './policy-digest.ts';
import { newTenantRow, tenantOfRow } from './tenant-row.ts';

interface Recorded {
  readonly item: TransactWriteItem;
  /** For the tenant's own row. */
  readonly digest: string;
}

const who = 'tenant-manager';
/** What it writes besides the policy; its only source is GitHub. */
const watched = [...policyAttributes, 'account_login', 'permissions'];

export function recordedTenant(
  tenant: NewTenant,
  policyOf: Tenant | undefined,
  auditTable: string,
): Recorded {
  const row = newTenantRow(tenant);
  const after = part(row, watched);
  return recorded(auditTable, {
    ...subject(row),
    at: tenant.createdAt,
    who,
    action: 'installed',
    ...(policyOf ? { reason: `with the policy of installation ${policyOf.installationId}` } : {}),
    before: {},
    after,
    row,
  });
}

export function recordedUpdate(read: Tenant, changes: TenantChanges, auditTable: string): Recorded {
  const { suspendedBy, ...others } = changes;
  const { suspendedBy: by, ...rest } = read;
  const now = suspendedBy === undefined ? by : suspendedBy;
  const changed: Tenant = { ...rest, ...others, ...(now ? { suspendedBy: now } : {}) };
  const [before, after] = [newTenantRow(read), newTenantRow(changed)];
  const names = watched.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return recorded(auditTable, {
    ...subject(after),
    at: changes.updatedAt,
    who,
    action: actionOf(changes),
    before: part(before, names),
    after: part(after, names),
    row: { ...after, version: { N: String(read.version + 1) } },
  });
}

function actionOf({ status, accountLogin }: TenantChanges): string {
  if (status === 'deleted') return 'uninstalled';
  if (status !== undefined) return status === 'suspended' ? 'suspended-by-github' : 'resumed-by-github';
  return accountLogin === undefined ? 'permissions-changed' : 'renamed';
}

const subject = (row: Attributes) => ({
  installationId: Number(row['installation_id']?.N),
  login: row['account_login']?.S ?? '',
});

const part = (row: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(names.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));

function recorded(
  auditTable: string,
  { row, ...record }: Omit<TenantRecord, 'version' | 'policy'> & { readonly row: Attributes },
): Recorded {
  const version = Number(row['version']?.N ?? 0);
  const policy = policyRow(row);
  return {
    item: tenantAuditItem(auditTable, { ...record, version, policy }),
    digest: policyDigest(tenantOfRow(row)),
  };
}
