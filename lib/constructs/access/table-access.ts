/**
 * What callers other than the platform's functions may do with its tables. Readers may only read. Tenant managers
 * may change what an operator may change, but no lease count: a wrong one would mean one machine too many, or a
 * tenant that gets none.
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { policyAttributes } from '../../contract/tenant-policy.ts';

/** The attributes that an edit of a tenant's row may name. Only the platform records the status before a deletion. */
export const managedAttributes: readonly string[] = [
  'installation_id',
  ...policyAttributes.filter((name) => name !== 'status_before_deletion'),
  'attention',
  'updated_at',
];

interface Access {
  readonly table: Table;
  readonly grantee: IGrantable;
}

/**
 * The rows of the table, by key or all of them, and of these indexes; with permission to use the table's own key, if it
 * has one.
 */
export function readAccess({ table, grantee }: Access, indexes: readonly string[]): Grant {
  const rows = rowAccess({ table, grantee }, indexes);
  const { encryptionKey } = table;
  if (!encryptionKey) return rows;
  const { region } = table.env;
  const use = Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [encryptionKey.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
  });
  return rows.combine(use);
}

function rowAccess({ table, grantee }: Access, indexes: readonly string[]): Grant {
  const rows = Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    resourceArns: [table.tableArn],
  });
  if (indexes.length === 0) return rows;
  const ofIndexes = Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:Query', 'dynamodb:Scan'],
    resourceArns: indexes.map((index) => `${table.tableArn}/index/${index}`),
  });
  return rows.combine(ofIndexes);
}

/**
 * Updates that name only attributes that are the operator's to change.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export const manageAccess = ({ table, grantee }: Access): Grant =>
  Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:UpdateItem'],
    resourceArns: [table.tableArn],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...managedAttributes] } },
  });
