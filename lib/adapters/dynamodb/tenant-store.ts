/**
 * The tenants in DynamoDB. Nothing here counts a lease on or off, but `correctLeases` after a look at all rows; the tenant manager's
 * writes are fenced by `version`, the operator's are not, and neither can undo the other's.
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { leasesAttribute, tables, tierLeasesAttribute } from '../../contract/tables.ts';
import { InstallationId } from '../../core/ids.ts';
import type { NewTenant, TenantChanges, TenantStore } from '../../ports/tenants.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import { operational } from './errors.ts';
import { findByIndex } from './find-by-index.ts';
import { findRows } from './find-rows.ts';
import { getRow, scanRows } from './read.ts';
import { newTenantRow, permissionsValue, tenantKey, tenantOfRow } from './tenant-row.ts';
import { updateRow } from './write.ts';

/** Installations of one account: GitHub allows one at a time, so this is how often somebody may reinstall within the tombstones. */
const installationsPerAccount = 1000;

/** Unmet: there is no such tenant, and the update would make one. */
const exists = 'attribute_exists(#installation_id)';
const neverCounted = `${exists} AND (attribute_not_exists(#lease_changes) OR #lease_changes = :read)`;

export function createTenantStore(deps: { client: DynamoDBClient; tableName: string }): TenantStore {
  const { client, tableName } = deps;
  return {
    async get(installationId) {
      const row = await getRow(client, tableName, tenantKey(installationId));
      return row && tenantOfRow(row);
    },
    async findByAccount(accountId) {
      const query = {
        TableName: tableName,
        IndexName: tables.tenants.indexes.byAccount.name,
        KeyConditionExpression: 'account_id = :account',
        ExpressionAttributeValues: { ':account': number(accountId) },
      };
      const limit = installationsPerAccount;
      const rows = await findByIndex(client, query, { keyName: 'installation_id', limit });
      return rows.map(tenantOfRow);
    },
    async listAcrossTenants({ limit, cursor }) {
      const { rows, next } = await scanRows(client, {
        TableName: tableName,
        ProjectionExpression: 'installation_id',
        Limit: limit,
        ExclusiveStartKey: cursor === undefined ? undefined : { installation_id: { N: cursor } },
      });
      const installationIds = rows.map((row) => InstallationId(Number(row['installation_id']?.N)));
      const last = next?.['installation_id']?.N;
      return last === undefined ? { installationIds } : { installationIds, cursor: last };
    },
    create: (tenant) => putIfAbsent(client, tableName, tenant),
    async update(installationId, version, changes) {
      const write = { tableName, key: tenantKey(installationId), ...changeExpression(version, changes) };
      const { met } = await updateRow(client, write);
      return met ? 'updated' : 'conflict';
    },
    async clearPredecessor(installationId, predecessor) {
      await updateRow(client, {
        tableName,
        key: tenantKey(installationId),
        update: 'REMOVE #predecessor',
        // Unmet: it was forgotten already, or another one took its place.
        condition: '#predecessor = :predecessor',
        values: { ':predecessor': number(predecessor) },
      });
    },
    async callAttention(installationId, { code, text: words, since, probeAt }) {
      await updateRow(client, {
        tableName,
        key: tenantKey(installationId),
        update:
          'SET #attention = :attention, #attention_code = :code, #attention_since = if_not_exists(#attention_since, :since), #attention_probe_at = :probe_at',
        condition: exists,
        values: {
          ':attention': text(words),
          ':code': text(code),
          ':since': text(since),
          ':probe_at': number(probeAt),
        },
      });
    },
    async clearAttention(installationId) {
      await updateRow(client, {
        tableName,
        key: tenantKey(installationId),
        update: 'REMOVE #attention, #attention_code, #attention_since, #attention_probe_at',
        condition: '#installation_id = :tenant',
        values: { ':tenant': number(installationId) },
      });
    },
    async takeProbe(installationId, { from, to }) {
      const { met } = await updateRow(client, {
        tableName,
        key: tenantKey(installationId),
        update: 'SET #attention_probe_at = :to',
        condition: 'attribute_exists(#attention) AND #attention_probe_at = :from',
        values: { ':from': number(from), ':to': number(to) },
      });
      return met;
    },
    async findAcrossTenants(installationIds) {
      const rows = await findRows(client, tableName, [...new Set(installationIds)].map(tenantKey));
      return rows.map(tenantOfRow);
    },
    async correctLeases(tenant, tierLeases) {
      const tiers = [...new Set([...tenant.tierLeases.keys(), ...tierLeases.keys()])];
      const counts = tiers.map((tier) => tierLeases.get(tier) ?? 0);
      const { met } = await updateRow(client, {
        tableName,
        key: tenantKey(tenant.installationId),
        update: `SET #${leasesAttribute} = :all, #lease_changes = :next${tiers.map((_, n) => `, #tier${n} = :tier${n}`).join('')}`,
        condition: tenant.leaseChanges === 0 ? neverCounted : '#lease_changes = :read',
        values: {
          ':all': number(counts.reduce((sum, count) => sum + count, 0)),
          ':read': number(tenant.leaseChanges),
          ':next': number(tenant.leaseChanges + 1),
          ...Object.fromEntries(counts.map((count, n) => [`:tier${n}`, number(count)])),
        },
        names: Object.fromEntries(tiers.map((tier, n) => [`#tier${n}`, tierLeasesAttribute(tier)])),
      });
      return met;
    },
  };
}

async function putIfAbsent(client: DynamoDBClient, tableName: string, tenant: NewTenant) {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: newTenantRow(tenant),
        ConditionExpression: 'attribute_not_exists(installation_id)',
      }),
    );
    return 'created';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'exists';
    throw operational('PutItem', error);
  }
}

/**
 * Clauses of the condition:
 * - `attribute_exists(installation_id)`: an update makes no tenant
 * - `version = :version`: nobody changed it since it was read; a row that an operator made by hand has none, which reads as 0
 */
function changeExpression(version: number, changes: TenantChanges) {
  const unchanged =
    version === 0 ? '(#version = :version OR attribute_not_exists(#version))' : '#version = :version';
  const given = compact<Attributes>({
    ':status': optional(changes.status, text),
    ':suspended_by': optional(changes.suspendedBy ?? undefined, text),
    ':status_before_deletion': optional(changes.statusBeforeDeletion, text),
    ':account_login': optional(changes.accountLogin, text),
    ':permissions': optional(changes.permissions, permissionsValue),
    ':updated_at': text(changes.updatedAt),
  });
  const sets = Object.keys(given).map((value) => `#${value.slice(1)} = ${value}`);
  const remove = changes.suspendedBy === null ? ' REMOVE #suspended_by' : '';
  return {
    update: `SET ${sets.join(', ')}, #version = :next${remove}`,
    condition: `${exists} AND ${unchanged}`,
    values: { ...given, ':version': number(version), ':next': number(version + 1) },
  };
}
