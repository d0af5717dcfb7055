/**
 * The tenant manager's writes as DynamoDB expressions. Operators edit rows with the AWS CLI and ignore versions. So a status
 * is written only over the one that was read, and a new installation's row only if the policy that it inherits is unchanged.
 */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import type { Tenant } from '../../core/tenant.ts';
import { hasSamePolicy } from '../../core/tenant-policy.ts';
import type { NewTenant, TenantChanges } from '../../ports/tenants.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import {
  newTenantRow,
  noTenantYet,
  permissionsValue,
  statusValue,
  tenantKey,
  tenantOfRow,
} from './tenant-row.ts';

/**
 * Clauses of the condition:
 * - `attribute_exists(installation_id)`: an update creates no tenant
 * - `version = :version`: nobody changed it since it was read; a row that an operator created by hand has none, which
 *   reads as 0
 * - the status as it was read, where it is written: the operator has not changed it since
 */
export function changeExpression(read: Tenant, changes: TenantChanges) {
  const { version } = read;
  const isUnversioned = version === 0 ? ' OR attribute_not_exists(#version)' : '';
  const fence = changes.status === undefined ? undefined : statusFence(read);
  const suspendedBy = changes.suspendedBy === undefined ? read.suspendedBy : changes.suspendedBy;
  const given = compact<Attributes>({
    ':status': optional(changes.status, (status) => statusValue(status, suspendedBy)),
    ':status_before_deletion': optional(changes.statusBeforeDeletion, (before) =>
      statusValue(before, suspendedBy),
    ),
    ':account_login': optional(changes.accountLogin, text),
    ':permissions': optional(changes.permissions, permissionsValue),
    ':updated_at': text(changes.updatedAt),
  });
  const sets = Object.keys(given).map((value) => `#${value.slice(1)} = ${value}`);
  const remove = changes.suspendedBy === null ? ' REMOVE #suspended_by' : '';
  return {
    update: `SET ${sets.join(', ')}, #version = :next${remove}`,
    condition: [
      'attribute_exists(#installation_id)',
      `(#version = :version${isUnversioned})`,
      ...(fence ? [fence.condition] : []),
    ].join(' AND '),
    values: { ...given, ...fence?.values, ':version': number(version), ':next': number(version + 1) },
  };
}

/** Earlier versions wrote `suspended` for GitHub's suspensions, and `github` into `suspended_by`. */
function statusFence({ status, suspendedBy }: Tenant): { condition: string; values: Attributes } {
  const asRead = { ':read_status': statusValue(status, suspendedBy) };
  if (status !== 'suspended' || suspendedBy !== 'github') {
    return { condition: '#status = :read_status', values: asRead };
  }
  return {
    condition: '(#status = :read_status OR (#status = :suspended AND #suspended_by = :github))',
    values: { ...asRead, ':suspended': text('suspended'), ':github': text('github') },
  };
}

export const newTenantItem = (tableName: string, tenant: NewTenant, digest: string): TransactWriteItem => ({
  Put: {
    TableName: tableName,
    Item: { ...newTenantRow(tenant), [recordedPolicyAttribute]: text(digest) },
    ConditionExpression: noTenantYet,
    ExpressionAttributeNames: { '#status': 'status', '#account_id': 'account_id' },
  },
});

/** Checks that the policy attributes of the tenant's row are exactly as in `row`, as the operator wrote them. */
export function policyCheck(tableName: string, row: Attributes, tenant: Tenant): TransactWriteItem {
  const clauses = policyAttributes.map((name) =>
    row[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
  );
  const read = policyAttributes.flatMap((name) => (row[name] ? [[`:${name}`, row[name]] as const] : []));
  return {
    ConditionCheck: {
      TableName: tableName,
      Key: tenantKey(tenant.installationId),
      ConditionExpression: clauses.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(policyAttributes.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(read),
    },
  };
}

/** Whether the row still has the policy that was read. */
export const hasPolicyOf = (row: Attributes, read: Tenant): boolean => hasSamePolicy(tenantOfRow(row), read);
