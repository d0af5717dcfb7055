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

export interface IndexBounds {
  /** The table's key attributes. */
  readonly keyNames: readonly string[];
  readonly limit: number;
}

export async function findByIndex(
  client: DynamoDBClient,
  query: IndexQuery,
  bounds: IndexBounds,
): Promise<Attributes[]> {
  return (await pageByIndex(client, query, bounds)).rows;
}

/** @returns also the last entry of the index if there are as many as `limit`: further ones may follow it */
export async function pageByIndex(
  client: DynamoDBClient,
  query: IndexQuery,
  { keyNames, limit }: IndexBounds,
): Promise<{ readonly rows: Attributes[]; readonly last: Attributes | undefined }> {
  const entries = await queryRows(client, query, limit);
  const keys = entries.map((row) => keyOf(row, keyNames));
  const found = await findRows(client, query.TableName, keys);
  const byKey = new Map(found.map((row) => [JSON.stringify(keyOf(row, keyNames)), row]));
  const rows = keys.map((key) => byKey.get(JSON.stringify(key))).filter((row) => row !== undefined);
  return { rows, last: entries.length < limit ? undefined : entries.at(-1) };
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
