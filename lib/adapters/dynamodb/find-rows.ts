/** Reads many rows by their keys, consistently. Rows that do not exist are left out; the order is not kept. */
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
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
    found.push(...(await findBatch(client, tableName, keys.slice(start, start + keysPerCall))));
  }
  return found;
}

/** DynamoDB may leave keys unread when it is throttled, or where the rows exceed 16 MB. */
async function findBatch(client: DynamoDBClient, tableName: string, keys: Attributes[]) {
  const found: Attributes[] = [];
  let unread = keys;
  for (let tries = 1; ; tries += 1) {
    const answer = await send(client, tableName, unread);
    found.push(...(answer.Responses?.[tableName] ?? []));
    unread = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    if (unread.length === 0) return found;
    if (tries === maximumTries)
      throw operationalCode('BatchGetItem', 'UnprocessedKeys', `${unread.length} left`);
    await pause(tries);
  }
}

async function send(client: DynamoDBClient, tableName: string, Keys: Attributes[]) {
  try {
    return await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys, ConsistentRead: true } } }),
    );
  } catch (error) {
    throw operational('BatchGetItem', error);
  }
}
