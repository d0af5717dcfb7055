/**
 * An owner's controllers in DynamoDB. They take many rows, since one could not hold them all, and a query of many rows
 * may see half of a transaction. So the policy's own row lists each controller's version, and rows that do not agree with
 * it are read again.
 */
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { admissionEpochAttribute } from '../../contract/tables.ts';
import {
  type Controller,
  type ControllerPolicy,
  controllerBounds,
  isInForce,
  platformOwner,
} from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { PolicyWrites } from '../../ports/controllers.ts';
import { OperationalError } from '../../ports/errors.ts';
import { type Attributes, flag, number, text } from './attributes.ts';
import { controllerAuditItems } from './controller-audit.ts';
import { controllerKey, controllerOfRow, controllerRow, items, rowOf, tokenOfRow } from './controller-row.ts';
import { queryRows } from './read.ts';
import { readTogether } from './read-together.ts';
import { maximumTries, pause } from './retry.ts';
import { tenantKey } from './tenant-row.ts';
import { isUnmet, tryTransaction, updateItem } from './write.ts';

export interface ControllerTables {
  readonly client: DynamoDBClient;
  /** Readers, and functions that decide, need no audit. */
  readonly tables: { readonly tenants: string; readonly controllers: string; readonly audit?: string };
}

/** More than `controllersEach` of each kind, and the row that lists their versions. */
const mostRows = 2 * controllerBounds.controllersEach * controllerBounds.tokensEach;

export function queryItems({ client, tables }: ControllerTables, owner: InstallationId, prefix: string) {
  const query = {
    TableName: tables.controllers,
    ConsistentRead: true,
    KeyConditionExpression: 'installation_id = :owner AND begins_with(#item, :prefix)',
    ExpressionAttributeNames: { '#item': 'item' },
    ExpressionAttributeValues: { ':owner': number(owner), ':prefix': text(prefix) },
  };
  return queryRows(client, query, mostRows);
}

export async function readPolicy(deps: ControllerTables, owner: InstallationId): Promise<ControllerPolicy> {
  for (let tries = 1; tries <= maximumTries; tries += 1) {
    const rows = await queryItems(deps, owner, items.policy);
    const head = rows.find((row) => row['item']?.S === items.policy);
    if (!head) return { owner, epoch: 0, controllers: [] };
    const controllers = rows.filter((row) => row !== head).map(controllerOfRow);
    if (agrees(head, controllers)) return { owner, epoch: rowOf(head).number('epoch'), controllers };
    await pause(tries);
  }
  throw new OperationalError(`The controllers of ${owner} changed during each attempt to read them.`, {
    code: 'PolicyInMotion',
    retryable: true,
  });
}

/** Usually read together with the tenant, in the same call. */
export async function readPlatformEpoch({ client, tables }: ControllerTables): Promise<number | undefined> {
  const key = controllerKey(platformOwner, items.policy);
  const head = await readTogether(client, tables.controllers, key);
  const row = head && rowOf(head);
  return row?.optionalFlag('in_force') ? row.number('epoch') : undefined;
}

function agrees(head: Attributes, controllers: readonly Controller[]): boolean {
  const versions = rowOf(head).map('versions');
  return (
    Object.keys(versions.attributes).length === controllers.length &&
    controllers.every(({ id, version }) => versions.optionalNumber(id) === version)
  );
}

/** Retried if another write conflicts. */
export async function savePolicy(
  deps: ControllerTables,
  from: ControllerPolicy,
  { put, remove, record }: PolicyWrites,
): Promise<'saved' | 'changed'> {
  const gone = new Set([...remove, ...put.map(({ id }) => id)]);
  const controllers = [...from.controllers.filter(({ id }) => !gone.has(id)), ...put];
  const next = { ...from, epoch: from.epoch + 1, controllers };
  const policy = policyItem(deps, from, next);
  const transaction = [
    policy,
    ...(from.owner === platformOwner ? [] : [tenantItem(deps, next)]),
    ...put.map((controller) => ({
      Put: { TableName: deps.tables.controllers, Item: controllerRow(controller) },
    })),
    ...(await removals(deps, from.owner, remove)),
    ...controllerAuditItems(deps.tables.audit, from.owner, record),
  ];
  return send(deps, from.owner, transaction);
}

async function send(
  { client }: ControllerTables,
  owner: InstallationId,
  transaction: TransactWriteItem[],
): Promise<'saved' | 'changed'> {
  for (let tries = 1; ; tries += 1) {
    const reasons = await tryTransaction(client, transaction);
    if (reasons === undefined) return 'saved';
    const [ofPolicy, ofTenant] = reasons;
    if (ofPolicy && isUnmet(ofPolicy)) return 'changed';
    if (ofTenant && isUnmet(ofTenant)) {
      const text = `There is no tenant ${owner}, so it can have no controllers.`;
      throw new OperationalError(text, { code: 'NoSuchTenant', retryable: false });
    }
    if (tries === maximumTries) {
      const text = `The controllers of ${owner} could not be written: ${reasons.map(({ Code }) => Code)}`;
      throw new OperationalError(text, { code: 'TransactionCanceledException', retryable: true });
    }
    await pause(tries);
  }
}

function policyItem({ tables }: ControllerTables, from: ControllerPolicy, next: ControllerPolicy) {
  const versions = Object.fromEntries(next.controllers.map(({ id, version }) => [id, number(version)]));
  return updateItem({
    tableName: tables.controllers,
    key: controllerKey(from.owner, items.policy),
    update: 'SET #epoch = :next, #versions = :versions, #in_force = :in_force',
    // Unmet: someone else changed a controller since it was read.
    condition: from.epoch === 0 ? 'attribute_not_exists(#epoch)' : '#epoch = :read',
    values: {
      ':next': number(next.epoch),
      ':versions': { M: versions },
      ':in_force': flag(next.controllers.some(isInForce)),
      ...(from.epoch === 0 ? {} : { ':read': number(from.epoch) }),
    },
  });
}

function tenantItem({ tables }: ControllerTables, next: ControllerPolicy): TransactWriteItem {
  const isInUse = next.controllers.some(isInForce);
  return updateItem({
    tableName: tables.tenants,
    key: tenantKey(next.owner),
    update: isInUse ? `SET #${admissionEpochAttribute} = :epoch` : `REMOVE #${admissionEpochAttribute}`,
    condition: 'attribute_exists(#installation_id)',
    ...(isInUse ? { values: { ':epoch': number(next.epoch) } } : {}),
  });
}

/** Tokens that are being made at this moment stay, but are invalid: their controller's id is never used again. */
async function removals(
  deps: ControllerTables,
  owner: InstallationId,
  remove: readonly string[],
): Promise<TransactWriteItem[]> {
  if (remove.length === 0) return [];
  const tokens = (await queryItems(deps, owner, items.tokenPrefix)).map(tokenOfRow);
  const ofThem = tokens.filter(({ controllerId }) => controllerId && remove.includes(controllerId));
  const names = [
    ...remove.flatMap((id) => [items.controller(id), items.secret(id)]),
    ...ofThem.slice(0, mostTokensRemoved).map(({ id }) => items.token(id)),
  ];
  return names.map((item) => ({
    Delete: { TableName: deps.tables.controllers, Key: controllerKey(owner, item) },
  }));
}

/** A transaction has room for 100 items. */
const mostTokensRemoved = 50;
