/** Reads many rows by their keys, consistently and in no order. Rows that do not exist are left out. */
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
