/**
 * Creates the tables that the contract describes, as the stacks would: global indexes project only keys, local ones
 * everything. Tests that follow one another share what none of them has touched.
 */
import {
  type AttributeDefinition,
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { tables } from '../../../lib/contract/tables.ts';

export type TableNames = Readonly<Record<keyof typeof tables, string>>;

interface Key {
  readonly name: string;
  readonly type: 'S' | 'N';
}
interface Keys {
  readonly partitionKey?: Key;
  readonly sortKey?: Key;
}
interface Table extends Keys {
  readonly suffix: string;
  readonly partitionKey: Key;
  readonly indexes: Readonly<Record<string, Keys & { readonly name: string }>>;
}

type TableKey = keyof typeof tables;

const allTables = Object.keys(tables) as TableKey[];

export async function createTables(client: DynamoDBClient, prefix: string): Promise<TableNames> {
  return Object.fromEntries(await createSome(client, prefix, allTables)) as TableNames;
}

async function createSome(client: DynamoDBClient, prefix: string, keys: Iterable<TableKey>) {
  const named: [TableKey, string][] = [];
  for (const key of keys) {
    const name = `${prefix}-${tables[key].suffix}`;
    await client.send(new CreateTableCommand(definition(name, tables[key])));
    named.push([key, name]);
  }
  return named;
}

/**
 * Tables for tests that follow one another. Most tests call two or three of the eight, and creating one costs as much as a
 * call: a new one takes the place of each table that any call has named, read or write.
 * @returns what the next test begins with: nobody has called these tables yet
 */
export function createTablesInTurn(client: DynamoDBClient): () => Promise<TableNames> {
  const names = new Map<TableKey, string>();
  const untouched = new Set<TableKey>();
  const send = client.send as (...given: unknown[]) => Promise<unknown>;
  const watched: typeof send = (...given) => {
    const input = JSON.stringify((given[0] as { readonly input: unknown }).input);
    for (const key of untouched) if (input.includes(names.get(key)!)) untouched.delete(key);
    return send.apply(client, given);
  };
  Object.assign(client, { send: watched });
  let worlds = 0;
  return async () => {
    worlds += 1;
    const wanted = allTables.filter((key) => !untouched.has(key));
    for (const [key, name] of await createSome(client, `world-${worlds}`, wanted)) {
      names.set(key, name);
      untouched.add(key);
    }
    return Object.fromEntries(names) as TableNames;
  };
}

function definition(TableName: string, table: Table): CreateTableCommandInput {
  const indexes = Object.values(table.indexes);
  const global = indexes.filter((index) => index.partitionKey);
  const local = indexes.filter((index) => !index.partitionKey);
  const projected = (index: Keys & { readonly name: string }) => ({
    IndexName: index.name,
    KeySchema: schema({ partitionKey: table.partitionKey, ...index }),
    Projection: { ProjectionType: index.partitionKey ? ('KEYS_ONLY' as const) : ('ALL' as const) },
  });
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schema(table),
    AttributeDefinitions: attributes([table, ...indexes]),
    ...(global.length > 0 ? { GlobalSecondaryIndexes: global.map(projected) } : {}),
    ...(local.length > 0 ? { LocalSecondaryIndexes: local.map(projected) } : {}),
  };
}

function schema({ partitionKey, sortKey }: Keys): KeySchemaElement[] {
  return [
    ...(partitionKey ? [{ AttributeName: partitionKey.name, KeyType: 'HASH' as const }] : []),
    ...(sortKey ? [{ AttributeName: sortKey.name, KeyType: 'RANGE' as const }] : []),
  ];
}

function attributes(keys: readonly Keys[]): AttributeDefinition[] {
  const named = keys
    .flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])
    .filter((key) => key !== undefined);
  const unique = new Map(named.map((key) => [key.name, key.type]));
  return [...unique].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}
