/**
 * The tenants in DynamoDB. Only `correctLeases` changes counts of leases here, after all rows were counted. The tenant
 * manager's writes are conditional on what it read, the operator's are not, and neither can undo the other's.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { leasesAttribute, spentAttribute, tables, tierLeasesAttribute } from '../../contract/tables.ts';
import { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { AccountRow, NewTenant, TenantStore } from '../../ports/tenants.ts';
import { accountItem, accountKey, newestIn } from './account-row.ts';
import { type Attributes, number, text } from './attributes.ts';
import { findRows } from './find-rows.ts';
import { getRow, queryRows, scanRows } from './read.ts';
import { readTogether } from './read-together.ts';
import { readableRows } from './readable-rows.ts';
import { carriedSet, heldSet, leasesUnchanged } from './spend-changes.ts';
import { changeExpression, hasPolicyOf, newTenantItem, policyCheck } from './tenant-changes.ts';
import { recordedTenant, recordedUpdate } from './tenant-record.ts';
import { isTenantRow, tenantKey, tenantOfRow } from './tenant-row.ts';
import { transact, updateItem, updateRow } from './write.ts';

/**
 * Installations of one account. GitHub allows one at a time, and the row of each stays: whoever reinstalls the App over
 * and over must not hide its newest row, which has the operator's ban and limits. The index has no order, so all keys
 * are read, some 25,000 in a page, and then the newest rows.
 */
const installationsPerAccount = 100_000;
const newestPerAccount = 10;

export interface TenantStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Absent: this function neither creates nor changes tenants. */
  readonly auditTable?: string;
  /** Has the rows of accounts. Absent: this function creates no tenants. */
  readonly notesTable?: string;
}

/** Unmet: there is no such tenant, and the update would create one. */
const exists = 'attribute_exists(#installation_id)';
const neverCounted = `${exists} AND (attribute_not_exists(#lease_changes) OR #lease_changes = :read)`;

export function createTenantStore(deps: TenantStoreOptions): TenantStore {
  const { client, tableName } = deps;
  return {
    async get(installationId) {
      const row = await readTogether(client, tableName, tenantKey(installationId));
      return tenantIn(row);
    },
    async glance(installationId) {
      const row = await readTogether(client, tableName, tenantKey(installationId), { mayLag: true });
      return tenantIn(row);
    },
    async findByAccount(accountId) {
      const query = {
        TableName: tableName,
        IndexName: tables.tenants.indexes.byAccount.name,
        KeyConditionExpression: 'account_id = :account',
        ExpressionAttributeValues: { ':account': number(accountId) },
      };
      const ids = (await queryRows(client, query, installationsPerAccount)).map(keyOf);
      const newest = ids.toSorted((one, other) => other - one).slice(0, newestPerAccount);
      return (await findRows(client, tableName, newest.map(tenantKey))).map(tenantOfRow);
    },
    async listAcrossTenants({ limit, cursor }) {
      const { rows, next } = await scanRows(client, {
        TableName: tableName,
        ProjectionExpression: 'installation_id',
        Limit: limit,
        ExclusiveStartKey: cursor === undefined ? undefined : { installation_id: { N: cursor } },
      });
      const installationIds = rows.map(keyOf);
      const last = next?.['installation_id']?.N;
      return last === undefined ? { installationIds } : { installationIds, cursor: last };
    },
    newestOfAccount: async (accountId) =>
      newestIn(await readTogether(client, needNotes(deps), accountKey(accountId))),
    create: (tenant, policyOf, account) => putTenant(deps, tenant, { policyOf, account }),
    async update(read, changes) {
      const audit = recordedUpdate(read, changes, needAudit(deps));
      const key = tenantKey(read.installationId);
      const { update, condition, values } = changeExpression(read, changes);
      const write = {
        tableName,
        key,
        update: `${update.replace('SET ', `SET #${recordedPolicyAttribute} = :recorded, `)}`,
        condition,
        values: { ...values, ':recorded': text(audit.digest) },
      };
      return (await transact(client, [updateItem(write), audit.item])) ? 'updated' : 'conflict';
    },
    async clearPredecessor(installationId, { predecessor, left, carried }) {
      const { sets: ofCarried, values, names } = carriedSet(carried);
      const sets = [...ofCarried, ...(left === undefined ? [] : ['#predecessor = :left'])];
      await updateRow(client, {
        tableName,
        key: tenantKey(installationId),
        update: [
          ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
          ...(left === undefined ? ['REMOVE #predecessor'] : []),
        ].join(' '),
        // Unmet: already forgotten, or replaced by another one.
        condition: '#predecessor = :predecessor',
        values: {
          ...values,
          ':predecessor': number(predecessor),
          ...(left === undefined ? {} : { ':left': number(left) }),
        },
        names,
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
      return readableRows(rows, tenantOfRow, { keyName: 'installation_id', skipped: [] });
    },
    async correctLeases(tenant, { tierLeases, held }) {
      const tiers = [...new Set([...tenant.tierLeases.keys(), ...tierLeases.keys()])];
      const counts = tiers.map((tier) => tierLeases.get(tier) ?? 0);
      const ofHeld = heldSet(tenant.held, held);
      const { met } = await updateRow(client, {
        tableName,
        key: tenantKey(tenant.installationId),
        update: `SET #${leasesAttribute} = :all, #lease_changes = :next${[...tiers.map((_, n) => `, #t${n} = :t${n}`), ...ofHeld.sets].join('')}`,
        condition: tenant.leaseChanges === 0 ? neverCounted : '#lease_changes = :read',
        values: {
          ':all': number(counts.reduce((sum, count) => sum + count, 0)),
          ':read': number(tenant.leaseChanges),
          ':next': number(tenant.leaseChanges + 1),
          ...Object.fromEntries(counts.map((count, n) => [`:t${n}`, number(count)])),
          ...ofHeld.values,
        },
        names: {
          ...Object.fromEntries(tiers.map((tier, n) => [`#t${n}`, tierLeasesAttribute(tier)])),
          ...ofHeld.names,
        },
      });
      return met;
    },
    async correctSpent(tenant, { day, to }) {
      const unchanged = leasesUnchanged(tenant);
      const { met } = await updateRow(client, {
        tableName,
        key: tenantKey(tenant.installationId),
        // A copy that planned with the former count plans again.
        update: 'ADD #day :change, #month :change, #lease_changes :one',
        // Whatever changes the count of a day changes #lease_changes, too.
        condition: `${exists} AND ${unchanged.condition}`,
        values: {
          ':change': number(to - (tenant.spent?.get(day) ?? 0)),
          ':one': number(1),
          ...unchanged.values,
        },
        names: { '#day': spentAttribute(day), '#month': spentAttribute(day.slice(0, 7)) },
      });
      return met;
    },
  };
}

/** @param from `policyOf` undefined: nothing is inherited */
async function putTenant(
  deps: TenantStoreOptions,
  tenant: NewTenant,
  { policyOf, account }: { policyOf: Tenant | undefined; account: AccountRow | undefined },
): Promise<'created' | 'exists' | 'conflict'> {
  const { client, tableName } = deps;
  const from = policyOf && (await getRow(client, tableName, tenantKey(policyOf.installationId)));
  if (policyOf && !(from && hasPolicyOf(from, policyOf))) return 'conflict';
  const made = recordedTenant(tenant, policyOf, needAudit(deps));
  const items = [
    newTenantItem(tableName, tenant, made.digest),
    ...(policyOf && from ? [policyCheck(tableName, from, policyOf)] : []),
    ...(account ? [accountItem(needNotes(deps), tenant, account)] : []),
    made.item,
  ];
  if (await transact(client, items)) return 'created';
  const row = await getRow(client, tableName, tenantKey(tenant.installationId));
  return row && isTenantRow(row) ? 'exists' : 'conflict';
}

const keyOf = (row: Attributes) => InstallationId(Number(row['installation_id']?.N));

/** Undefined: no tenant was ever created there, even if an edit left a row. */
const tenantIn = (row: Attributes | undefined): Tenant | undefined =>
  row && isTenantRow(row) ? tenantOfRow(row) : undefined;

function needAudit({ auditTable }: TenantStoreOptions): string {
  if (auditTable === undefined)
    throw new Error('This store was made without an audit, and changes no policy.');
  return auditTable;
}

function needNotes({ notesTable }: TenantStoreOptions): string {
  if (notesTable === undefined)
    throw new Error('This store was made without the table of notes, which has the rows of accounts.');
  return notesTable;
}
