/** The ways in which the stores read. Each throws only OperationalError, and reads no more than requested. */
import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { operational } from './errors.ts';

/** Reads consistently. */
export async function getRow(client: DynamoDBClient, tableName: string, key: Attributes) {
  try {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
    );
    return Item;
  } catch (error) {
    throw operational('GetItem', error);
  }
}

/** At most `limit` rows, across as many 1 MB pages as they fill. */
export async function queryRows(
  client: DynamoDBClient,
  query: QueryCommandInput,
  limit: number,
): Promise<Attributes[]> {
  const rows: Attributes[] = [];
  let start: Attributes | undefined;
  do {
    const page = await queryPage(client, { ...query, Limit: limit - rows.length, ExclusiveStartKey: start });
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined && rows.length < limit);
  return rows;
}

/** One page. */
export async function queryPage(client: DynamoDBClient, query: QueryCommandInput) {
  try {
    return await client.send(new QueryCommand(query));
  } catch (error) {
    throw operational('Query', error);
  }
}

/** One page. */
export async function scanRows(client: DynamoDBClient, scan: ScanCommandInput) {
  try {
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand(scan));
    return { rows: Items, next: LastEvaluatedKey };
  } catch (error) {
    throw operational('Scan', error);
  }
}
