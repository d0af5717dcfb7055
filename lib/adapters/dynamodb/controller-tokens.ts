/** Tokens and signing secrets in DynamoDB. Those of deleted controllers are hidden, whether or not they are still stored. */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { SigningSecret } from '../../core/controllers/secret.ts';
import type { StoredToken } from '../../core/controllers/token.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { SecretWrites, TokenList, TokenWrites } from '../../ports/controllers.ts';
import { number, text } from './attributes.ts';
import { controllerAuditItems } from './controller-audit.ts';
import { type ControllerTables, queryItems } from './controller-policy.ts';
import { controllerKey, items, secretsOfRow, secretsRow, tokenOfRow, tokenRow } from './controller-row.ts';
import { getRow } from './read.ts';
import { readTogether } from './read-together.ts';
import { transact, updateItem, updateRow } from './write.ts';

export async function listTokens(deps: ControllerTables, owner: InstallationId): Promise<TokenList> {
  // The version first: a change of the tokens after this read is noticed when they are written.
  const counted = await getRow(deps.client, deps.tables.controllers, controllerKey(owner, items.tokens));
  const [rows, controllers] = await Promise.all([
    queryItems(deps, owner, items.tokenPrefix),
    queryItems(deps, owner, items.controller('')),
  ]);
  const there = new Set(controllers.map((row) => row['item']?.S));
  const tokens = rows
    .map(tokenOfRow)
    .filter(({ controllerId }) => controllerId === undefined || there.has(items.controller(controllerId)));
  return { owner, version: Number(counted?.['version']?.N ?? 0), tokens };
}

export async function findToken(
  { client, tables }: ControllerTables,
  owner: InstallationId,
  id: string,
): Promise<StoredToken | undefined> {
  const row = await getRow(client, tables.controllers, controllerKey(owner, items.token(id)));
  const token = row && tokenOfRow(row);
  if (token?.controllerId === undefined) return token;
  const itsController = controllerKey(owner, items.controller(token.controllerId));
  return (await readTogether(client, tables.controllers, itsController)) && token;
}

export async function writeTokens(
  { client, tables }: ControllerTables,
  from: TokenList,
  { put, remove, record }: TokenWrites,
): Promise<'saved' | 'changed'> {
  const TableName = tables.controllers;
  const counted = updateItem({
    tableName: TableName,
    key: controllerKey(from.owner, items.tokens),
    update: 'SET #version = :next',
    condition: from.version === 0 ? 'attribute_not_exists(#version)' : '#version = :read',
    values: {
      ':next': number(from.version + 1),
      ...(from.version === 0 ? {} : { ':read': number(from.version) }),
    },
  });
  const puts = put.map((token): TransactWriteItem => ({ Put: { TableName, Item: tokenRow(token) } }));
  const deletes = remove.map(
    (id): TransactWriteItem => ({
      Delete: { TableName, Key: controllerKey(from.owner, items.token(id)) },
    }),
  );
  const audit = controllerAuditItems(tables.audit, from.owner, record);
  return (await transact(client, [counted, ...puts, ...deletes, ...audit])) ? 'saved' : 'changed';
}

export async function noteUse(
  { client, tables }: ControllerTables,
  { owner, id, at }: { readonly owner: InstallationId; readonly id: string; readonly at: string },
): Promise<void> {
  await updateRow(client, {
    tableName: tables.controllers,
    key: controllerKey(owner, items.token(id)),
    update: 'SET #last_used_at = :at',
    condition: 'attribute_exists(#digest)',
    values: { ':at': text(at) },
  });
}

export async function readSecrets(
  { client, tables }: ControllerTables,
  owner: InstallationId,
  controllerId: string,
): Promise<SigningSecret[]> {
  const row = await getRow(client, tables.controllers, controllerKey(owner, items.secret(controllerId)));
  return row ? secretsOfRow(row) : [];
}

export async function writeSecrets(
  { client, tables }: ControllerTables,
  about: { readonly owner: InstallationId; readonly controllerId: string },
  { from, put, record }: SecretWrites,
): Promise<'saved' | 'changed'> {
  const { owner, controllerId } = about;
  const TableName = tables.controllers;
  const newest = from.at(-1)?.id;
  const isSaved = await transact(client, [
    {
      ConditionCheck: {
        TableName,
        Key: controllerKey(owner, items.controller(controllerId)),
        ConditionExpression: 'attribute_exists(installation_id)',
      },
    },
    {
      Put: {
        TableName,
        Item: secretsRow(controllerKey(owner, items.secret(controllerId)), put),
        ...(newest === undefined
          ? { ConditionExpression: 'attribute_not_exists(newest)' }
          : {
              ConditionExpression: 'newest = :newest',
              ExpressionAttributeValues: { ':newest': text(newest) },
            }),
      },
    },
    ...controllerAuditItems(tables.audit, owner, record),
  ]);
  return isSaved ? 'saved' : 'changed';
}
