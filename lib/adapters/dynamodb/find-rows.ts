/** Reads many rows by their keys, consistently. Rows that do not exist are left out; the order is not kept. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { readTogether } from './read-together.ts';

export async function findRows(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Attributes[],
): Promise<Attributes[]> {
  const rows = await Promise.all(keys.map((key) => readTogether(client, tableName, key)));
  return rows.filter((row) => row !== undefined);
}
