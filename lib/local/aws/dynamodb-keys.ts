/**
 * The partition keys that a call touches, one for each item, statement or key in it, as `table value` or, in a global
 * index, `table/index value`. Undefined: none can be derived from the call.
 */
import type { AwsCall } from './service.ts';

/** From CreateTable: the name of a table's partition key, and that of each of its indexes. */
export interface TableKeys {
  readonly own: string;
  /** All attributes of the primary key. */
  readonly primary: readonly string[];
  readonly ofIndex: ReadonlyMap<string, string>;
  /** The key attributes of each global index. */
  readonly globalIndexes: ReadonlyMap<string, readonly string[]>;
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
  const attributes = ({ KeySchema = [] }: KeySchema) => KeySchema.map(({ AttributeName }) => AttributeName);
  const globalOnes = indexes('GlobalSecondaryIndexes').map(
    (one) => [one.IndexName, attributes(one)] as const,
  );
  return {
    own,
    primary: attributes(input as KeySchema),
    ofIndex: new Map(all.map((index) => [index.IndexName, partitionKey(index)])),
    globalIndexes: new Map(globalOnes),
  };
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

/** The items that a call writes, by their whole keys. Undefined, or none: they cannot be derived from the call. */
export function itemsOf(
  { action, input }: Pick<AwsCall, 'action' | 'input'>,
  tables: KeyRegistry,
): (string | undefined)[] {
  const itemIn = (written: Fields) => {
    const table = String(written['TableName']);
    const attributes = (written['Key'] ?? written['Item']) as Fields;
    return wholeKey(
      table,
      tables.get(table)?.primary.map((name) => attributes[name]),
    );
  };
  switch (action) {
    case 'UpdateItem':
    case 'DeleteItem':
    case 'PutItem':
      return [itemIn(input)];
    case 'TransactWriteItems':
      return (input['TransactItems'] as Fields[]).map((item) => itemIn(Object.values(item)[0] as Fields));
    case 'BatchExecuteStatement':
      return (input['Statements'] as Fields[]).map((statement) => {
        const table = tableIn(statement);
        const values = tables.get(table)?.primary.map((name) => parameterOf(statement, name));
        return wholeKey(table, values);
      });
    default:
      return [];
  }
}

export const wholeKey = (table: string, values: readonly unknown[] | undefined) =>
  values?.every((value) => value !== undefined) ? `${table} ${JSON.stringify(values)}` : undefined;

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

function keyOfStatement(statement: Fields, tables: KeyRegistry): string | undefined {
  const table = tableIn(statement);
  const name = tables.get(table)?.own;
  const value = name === undefined ? undefined : parameterOf(statement, name);
  return value === undefined ? undefined : `${table} ${JSON.stringify(value)}`;
}

/** `INSERT INTO "t" VALUE {'a': ?, …}` and `UPDATE "t" SET … WHERE "a" = ? …`. */
const tableIn = ({ Statement }: Fields) => /(?:INTO|UPDATE)\s+"([^"]+)"/i.exec(String(Statement))?.[1] ?? '';

/** What a statement gives as the value of an attribute. */
function parameterOf({ Statement, Parameters }: Fields, name: string): unknown {
  const text = String(Statement);
  const at = text.search(new RegExp(`'${name}'\\s*:\\s*\\?|"${name}"\\s*=\\s*\\?`));
  return at < 0 ? undefined : (Parameters as unknown[])[text.slice(0, at).split('?').length - 1];
}
