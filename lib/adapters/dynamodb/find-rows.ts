/** Reads many rows by their keys, consistently. Rows that do not exist are left out; the order is not kept. */
import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { operational, operationalCode } from './errors.ts';
import { maximumTries, pause } from './retry.ts';

/** DynamoDB's own bound. */
const keysPerCall = 100;

/** No key may be given twice. */
export async function findRows(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Attributes[],
): Promise<Attributes[]> {
  const found: Attributes[] = [];
  for (let start = 0; start < keys.length; start += keysPerCall) {
    const batch = { [tableName]: keys.slice(start, start + keysPerCall) };
    found.push(...((await findBatch(client, batch)).get(tableName) ?? []));
  }
  return found;
}

/** One row of each table, by table name. */
export async function findInTables(
  client: DynamoDBClient,
  keys: Readonly<Record<string, Attributes>>,
): Promise<Map<string, Attributes | undefined>> {
  const batch = Object.fromEntries(Object.entries(keys).map(([tableName, key]) => [tableName, [key]]));
  const found = await findBatch(client, batch);
  return new Map([...found].map(([tableName, [row]]) => [tableName, row]));
}

/** DynamoDB may leave keys unread when it is throttled, or where the rows exceed 16 MB. */
async function findBatch(client: DynamoDBClient, keys: Readonly<Record<string, Attributes[]>>) {
  const found = new Map<string, Attributes[]>();
  let unread: Record<string, KeysAndAttributes> = Object.fromEntries(
    Object.entries(keys).map(([tableName, Keys]) => [tableName, { Keys, ConsistentRead: true }]),
  );
  for (let tries = 1; ; tries += 1) {
    const answer = await send(client, unread);
    for (const [tableName, rows] of Object.entries(answer.Responses ?? {})) {
      found.set(tableName, [...(found.get(tableName) ?? []), ...rows]);
    }
    unread = answer.UnprocessedKeys ?? {};
    const left = Object.values(unread).reduce((sum, { Keys = [] }) => sum + Keys.length, 0);
    if (left === 0) return found;
    if (tries === maximumTries) throw operationalCode('BatchGetItem', 'UnprocessedKeys', `${left} left`);
    await pause(tries);
  }
}

async function send(client: DynamoDBClient, RequestItems: Record<string, KeysAndAttributes>) {
  try {
    return await client.send(new BatchGetItemCommand({ RequestItems }));
  } catch (error) {
    throw operational('BatchGetItem', error);
  }
}
