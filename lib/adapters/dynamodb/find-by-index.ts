/**
 * Reads whole rows through a global index that holds only keys: each attribute in an index is paid for again at each
 * write. The rows are then read from the table, consistently, in the index's order; rows that no longer exist are left
 * out.
 */
import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { findRows } from './find-rows.ts';
import { queryRows } from './read.ts';

export interface IndexQuery extends QueryCommandInput {
  readonly TableName: string;
}

/** @param keyNames the table's key attributes */
export async function findByIndex(
  client: DynamoDBClient,
  query: IndexQuery,
  { keyNames, limit }: { keyNames: readonly string[]; limit: number },
): Promise<Attributes[]> {
  const keys = (await queryRows(client, query, limit)).map((row) => keyOf(row, keyNames));
  const rows = await findRows(client, query.TableName, keys);
  const byKey = new Map(rows.map((row) => [JSON.stringify(keyOf(row, keyNames)), row]));
  return keys.map((key) => byKey.get(JSON.stringify(key))).filter((row) => row !== undefined);
}

function keyOf(row: Attributes, keyNames: readonly string[]): Attributes {
  return Object.fromEntries(
    keyNames.map((name) => {
      const value = row[name];
      if (value === undefined)
        throw new Error(`A row of an index has no ${name}; every index holds the keys.`);
      return [name, value];
    }),
  );
}
