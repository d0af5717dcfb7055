/**
 * The partition keys that a call touches, one for each item, statement or key in it, as `table value` or, in a global
 * index, `table/index value`. Undefined: none can be derived from the call.
 */
import type { AwsCall } from './service.ts';

/** From CreateTable: the name of a table's partition key, and that of each of its indexes. */
export interface TableKeys {
  readonly own: string;
  readonly ofIndex: ReadonlyMap<string, string>;
}
export type KeyRegistry = ReadonlyMap<string, TableKeys>;

type Fields = Readonly<Record<string, unknown>>;

interface KeySchema {
  readonly KeySchema?: readonly { readonly AttributeName: string; readonly KeyType: string }[];
}

export function tableKeysOf(input: Fields): TableKeys {
  const own = partitionKey(input as KeySchema);
  const indexes = (name: string) =>
    (input[name] ?? []) as readonly (KeySchema & { readonly IndexName: string })[];
  const all = [...indexes('GlobalSecondaryIndexes'), ...indexes('LocalSecondaryIndexes')];
  return { own, ofIndex: new Map(all.map((index) => [index.IndexName, partitionKey(index)])) };
}

const partitionKey = ({ KeySchema = [] }: KeySchema) =>
  KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';

export function keysOf(
  { action, input }: Pick<AwsCall, 'action' | 'input'>,
  tables: KeyRegistry,
): (string | undefined)[] {
  switch (action) {
    case 'GetItem':
    case 'UpdateItem':
    case 'DeleteItem':
    case 'PutItem':
      return [keyOfItem(input, tables)];
    case 'Query':
      return [keyOfQuery(input, tables)];
    case 'BatchGetItem':
      return batchGetKeys(input).map(({ table, key }) => keyIn(tables, table, key));
    case 'TransactWriteItems':
      return (input['TransactItems'] as Fields[]).map((item) =>
        keyOfItem(Object.values(item)[0] as Fields, tables),
      );
    case 'BatchExecuteStatement':
      return (input['Statements'] as Fields[]).map((statement) => keyOfStatement(statement, tables));
    default:
      return [];
  }
}

/** The keys of a BatchGetItem, in a fixed order. */
export const batchGetKeys = (input: Fields): { table: string; key: Fields }[] =>
  Object.entries(input['RequestItems'] as Record<string, { Keys: Fields[] }>).flatMap(([table, { Keys }]) =>
    Keys.map((key) => ({ table, key })),
  );

const keyOfItem = (item: Fields, tables: KeyRegistry) =>
  keyIn(tables, String(item['TableName']), (item['Key'] ?? item['Item']) as Fields);

function keyIn(tables: KeyRegistry, table: string, attributes: Fields): string | undefined {
  const keys = tables.get(table);
  return keys && `${table} ${JSON.stringify(attributes[keys.own])}`;
}

/** `#id = :id`, among other conditions. */
function keyOfQuery(input: Fields, tables: KeyRegistry): string | undefined {
  const table = String(input['TableName']);
  const index = input['IndexName'] as string | undefined;
  const keys = tables.get(table);
  const name = index === undefined ? keys?.own : keys?.ofIndex.get(index);
  if (!keys || !name) return undefined;
  const names = (input['ExpressionAttributeNames'] ?? {}) as Record<string, string>;
  const values = (input['ExpressionAttributeValues'] ?? {}) as Fields;
  const equals = String(input['KeyConditionExpression']).matchAll(/(#?\w+)\s*=\s*(:\w+)/g);
  const [, , value = ''] = [...equals].find(([, left = '']) => (names[left] ?? left) === name) ?? [];
  // A local index is stored with its table's rows.
  const place = index === undefined || name === keys.own ? table : `${table}/${index}`;
  return `${place} ${JSON.stringify(values[value])}`;
}

/** `INSERT INTO "t" VALUE {'a': ?, …}` and `UPDATE "t" SET … WHERE "a" = ? …`. */
function keyOfStatement({ Statement, Parameters }: Fields, tables: KeyRegistry): string | undefined {
  const text = String(Statement);
  const [, table = ''] = /(?:INTO|UPDATE)\s+"([^"]+)"/i.exec(text) ?? [];
  const name = tables.get(table)?.own;
  if (!name) return undefined;
  const at = text.search(new RegExp(`'${name}'\\s*:\\s*\\?|"${name}"\\s*=\\s*\\?`));
  const before = text.slice(0, at).split('?').length - 1;
  return at < 0 ? undefined : `${table} ${JSON.stringify((Parameters as unknown[])[before])}`;
}
