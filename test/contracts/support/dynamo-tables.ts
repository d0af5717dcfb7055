/**
 * Creates the tables that the contract describes, as the stacks would: global indexes project only keys, local ones
 * everything.
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

export async function createTables(client: DynamoDBClient, prefix: string): Promise<TableNames> {
  for (const table of Object.values(tables)) {
    await client.send(new CreateTableCommand(definition(`${prefix}-${table.suffix}`, table)));
  }
  const named = Object.entries(tables).map(([key, table]) => [key, `${prefix}-${table.suffix}`]);
  return Object.fromEntries(named) as TableNames;
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
