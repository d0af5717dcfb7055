/** The audit in DynamoDB. Finds unrecorded changes by the digest that every recorded change leaves in the tenant's row. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import { InstallationId } from '../../core/ids.ts';
import type { Audit } from '../../ports/audit.ts';
import { type Attributes, numberList } from './attributes.ts';
import { auditOfVersion } from './audit-list.ts';
import { policyRow, type TenantRecord, tenantNoteItem } from './audit-row.ts';
import { policyChange } from './policy-change.ts';
import { digestOf, rowDigest } from './policy-digest.ts';
import { readTogether } from './read-together.ts';
import { tenantKey } from './tenant-row.ts';
import { transact } from './write.ts';

export interface AuditTables {
  readonly tenants: string;
  readonly audit: string;
}

export function createAudit(deps: { client: DynamoDBClient; tables: AuditTables }): Audit {
  const { client, tables } = deps;
  return {
    async recordOutsideChange(installationId, at) {
      const row = await readTogether(client, tables.tenants, tenantKey(InstallationId(installationId)));
      const recorded = row?.[recordedPolicyAttribute]?.S;
      if (!row || recorded === rowDigest(row)) return undefined;
      const version = Number(row['version']?.N ?? 0);
      const table = { client, tableName: tables.audit };
      const known = (await auditOfVersion(table, installationId, version))?.['policy']?.M ?? {};
      const { before, after } = difference(known, policyRow(row));
      const action = recorded === undefined ? ('first-recorded' as const) : ('changed-outside' as const);
      const record: Omit<TenantRecord, 'version' | 'policy'> = {
        installationId,
        login: row['account_login']?.S ?? '',
        at,
        who: action === 'changed-outside' ? 'unknown, without mayfly' : 'reconciler',
        action,
        before,
        after,
      };
      const items = policyChange({ tables, row, edit: {}, record });
      if (!(await transact(client, items))) return undefined;
      return { action, version: version + 1, attributes: Object.keys({ ...before, ...after }) };
    },
    async recordGroupChange({ group, before, after, ...about }) {
      const record = {
        ...about,
        who: 'reconciler',
        action: 'group-kept-in-step',
        before: groupRow(group, before),
        after: groupRow(group, after),
      };
      const hour = about.at.slice(0, 'yyyy-mm-ddThh'.length);
      await transact(client, [
        tenantNoteItem(tables.audit, record, `${hour}#${digestOf([group, before, after])}`),
      ]);
    },
  };
}

const groupRow = (group: string, ids: readonly number[]): Attributes => ({
  [`repositories of the group ${group}`]: numberList(ids.toSorted((a, b) => a - b)),
});

/** What differs between two policies. Sets are compared as sets. */
export function difference(one: Attributes, other: Attributes): { before: Attributes; after: Attributes } {
  const changed = policyAttributes.filter((name) => canonical(one[name]) !== canonical(other[name]));
  const part = (of: Attributes): Attributes =>
    Object.fromEntries(changed.flatMap((name) => (of[name] ? [[name, of[name]]] : [])));
  return { before: part(one), after: part(other) };
}

function canonical(value: Attributes[string] | undefined): string {
  const members = value?.SS ?? value?.NS ?? value?.L?.map((entry) => entry.S ?? entry.N ?? '');
  if (members) return JSON.stringify(members.toSorted());
  if (value?.M) return JSON.stringify(Object.entries(value.M).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(value) ?? '';
}
