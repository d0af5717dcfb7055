/**
 * A change of a tenant's policy and its record, in one transaction: either both are written or neither is.
 *
 *   Tenant                                                 Audit
 *   ┌───────────────────────────────────────────────────┐  ┌───────────────────────────────┐
 *   │ 1 version = what was read (absent reads as 0)     │  │ 3 attribute_not_exists        │
 *   │ 2 each attribute of the policy = what was read    │  │   (subject)                   │
 *   └───────────────────────────────────────────────────┘  └───────────────────────────────┘
 *
 * 1: the tenant manager and every command increase it, so that of two concurrent changes one fails, and each change that is
 * written has its record.
 * 2: people with the AWS CLI do not increase it; what they have written since is neither overwritten nor recorded as ours.
 * 3: each version is recorded once.
 */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { type PolicyAttribute, policyAttributes } from '../../contract/tenant-policy.ts';
import { type Attributes, number, text } from './attributes.ts';
import { policyRow, type TenantRecord, tenantAuditItem } from './audit-row.ts';
import { rowDigest } from './policy-digest.ts';
import { updateItem } from './write.ts';

/** By attribute; null removes it. */
export type PolicyEdit = Readonly<Partial<Record<PolicyAttribute, Attributes[string] | null>>>;

interface Change {
  readonly tables: { readonly tenants: string; readonly audit: string };
  /** As read. */
  readonly row: Attributes;
  readonly edit: PolicyEdit;
  readonly record: Omit<TenantRecord, 'version' | 'policy'>;
}

export function policyChange({ tables, row, edit, record }: Change): TransactWriteItem[] {
  const version = Number(row['version']?.N ?? 0);
  const edited = editedRow(row, edit);
  const sets: Attributes = {
    version: number(version + 1),
    [recordedPolicyAttribute]: text(rowDigest(edited)),
    ...(Object.keys(edit).length > 0 ? { updated_at: text(record.at) } : {}),
    ...Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== null)),
  };
  const removes = Object.keys(edit).filter((name) => edit[name as PolicyAttribute] === null);
  const asRead = policyAttributes.map((name) =>
    row[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :read_${name}`,
  );
  const item = updateItem({
    tableName: tables.tenants,
    key: { installation_id: number(record.installationId) },
    update: [
      `SET ${Object.keys(sets)
        .map((name) => `#${name} = :new_${name}`)
        .join(', ')}`,
      ...(removes.length > 0 ? [`REMOVE ${removes.map((name) => `#${name}`).join(', ')}`] : []),
    ].join(' '),
    condition: [
      'attribute_exists(#installation_id)',
      row['version'] === undefined ? 'attribute_not_exists(#version)' : '#version = :read_version',
      ...asRead,
    ].join(' AND '),
    values: {
      ...Object.fromEntries(Object.entries(sets).map(([name, value]) => [`:new_${name}`, value])),
      ...Object.fromEntries(
        [...policyAttributes, 'version'].flatMap((name) => (row[name] ? [[`:read_${name}`, row[name]]] : [])),
      ),
    },
  });
  const written = { ...record, version: version + 1, policy: policyRow(edited) };
  return [item, tenantAuditItem(tables.audit, written)];
}

export function editedRow(row: Attributes, edit: PolicyEdit): Attributes {
  const kept = Object.fromEntries(
    Object.entries(row).filter(([name]) => edit[name as PolicyAttribute] !== null),
  );
  const set = Object.entries(edit).filter(
    (entry): entry is [string, Attributes[string]] => entry[1] !== null,
  );
  return { ...kept, ...Object.fromEntries(set) };
}
