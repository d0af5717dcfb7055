/**
 * The platform's tables as an operator sees and edits them: with the operator's keys, the plain SDK, and no code of the
 * platform's stores, so that what a test reads is what people read.
 */
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { operatorDynamo } from '../../../lib/local/demo/job-rows.ts';
import { pastConflicts } from '../../../lib/local/demo/past-conflicts.ts';
import type { Laptop } from '../../../lib/local/laptop.ts';

/** A row in plain values. */
export type PlainRow = Readonly<Record<string, unknown>>;
type Table = keyof Laptop['tables'];
type Key = Readonly<Record<string, string | number>>;

export interface Operator {
  readonly dynamo: DynamoDBClient;
  row(table: Table, key: Key): Promise<PlainRow | undefined>;
  rows(table: Table): Promise<PlainRow[]>;
  /** One `update-item` that sets attributes, as in docs/OPERATIONS.md. */
  edit(table: Table, key: Key, changes: Key): Promise<void>;
  close(): void;
}

export function createOperator(laptop: Laptop): Operator {
  const dynamo = operatorDynamo(laptop);
  const look = keptUntilWritten(laptop);
  return {
    dynamo,
    async row(table, key) {
      const [row] = await look(`${table} ${JSON.stringify(key)}`, async () => {
        const TableName = laptop.tables[table];
        const { Item } = await dynamo.send(
          new GetItemCommand({ TableName, Key: attributes(key), ConsistentRead: true }),
        );
        return Item ? [plainRow(Item)] : [];
      });
      return row;
    },
    rows: async (table) => [...(await look(table, () => scan(dynamo, laptop.tables[table])))],
    async edit(table, key, changes) {
      const names = Object.keys(changes);
      const command = new UpdateItemCommand({
        TableName: laptop.tables[table],
        Key: attributes(key),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(attributes(changes)).map(([name, value]) => [`:${name}`, value]),
        ),
      });
      await pastConflicts(() => dynamo.send(command));
    },
    close: () => dynamo.destroy(),
  };
}

const reads = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems'];

/**
 * Waits look many times a second, mostly while nothing is written: then a look finds what it found before. The endpoint
 * reports a write when it has been made, so that a look that began before is not kept for later.
 */
function keptUntilWritten({ endpoint }: Pick<Laptop, 'endpoint'>) {
  let kept = new Map<string, readonly PlainRow[]>();
  endpoint.onCall(({ service, action }) => {
    if (service === 'dynamodb' && !reads.includes(action)) kept = new Map();
  });
  return async (name: string, read: () => Promise<readonly PlainRow[]>): Promise<readonly PlainRow[]> => {
    const since = kept;
    const found = since.get(name) ?? (await read());
    since.set(name, found);
    return found;
  };
}

async function scan(dynamo: DynamoDBClient, TableName: string): Promise<PlainRow[]> {
  const found: PlainRow[] = [];
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await dynamo.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      }),
    );
    found.push(...(page.Items ?? []).map(plainRow));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}

function attributes(values: Key): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ]),
  );
}

function plainRow(item: Record<string, AttributeValue>): PlainRow {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  if (value.N !== undefined) return Number(value.N);
  if (value.M !== undefined) return plainRow(value.M);
  if (value.L !== undefined) return value.L.map(plain);
  return value.S ?? value.SS ?? value.BOOL;
}
