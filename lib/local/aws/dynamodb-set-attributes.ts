/**
 * The attributes that a write gives a value, for each item, in the order of `itemsOf`. What a condition names, and what is
 * removed, does not count: neither places the item anew in an index.
 */
import type { KeyRegistry } from './dynamodb-keys.ts';
import { readUpdate } from './partiql-statement.ts';
import type { AwsCall } from './service.ts';

type Fields = Readonly<Record<string, unknown>>;

export function attributesSet(
  { action, input }: Pick<AwsCall, 'action' | 'input'>,
  tables: KeyRegistry,
): string[][] {
  if (action === 'TransactWriteItems')
    return (input['TransactItems'] as Fields[]).map((item) => setBy(Object.values(item)[0] as Fields));
  if (action === 'BatchExecuteStatement')
    return (input['Statements'] as Fields[]).map((statement) => setByStatement(statement, tables));
  return [setBy(input)];
}

function setBy({ Item, UpdateExpression, ExpressionAttributeNames = {} }: Fields): string[] {
  if (Item) return Object.keys(Item as Fields);
  const names = ExpressionAttributeNames as Readonly<Record<string, string>>;
  const clauses = String(UpdateExpression ?? '').split(/\b(?=(?:SET|ADD|REMOVE|DELETE)\b)/);
  return clauses.flatMap((clause) => {
    const [, kind = '', rest = ''] = /^(\w+)(.*)$/s.exec(clause) ?? [];
    // `SET #a = :a, #b = …`, `ADD #a :a, #b :b`
    const pattern = { SET: /(#?\w+)\s*=/g, ADD: /(#?\w+)\s+:/g }[kind];
    return pattern ? [...rest.matchAll(pattern)].map(([, name = '']) => names[name] ?? name) : [];
  });
}

/** `INSERT INTO "t" VALUE {'a': ?, …}`, or an update. */
function setByStatement({ Statement, Parameters }: Fields, tables: KeyRegistry): string[] {
  const text = String(Statement);
  const update = readUpdate(text);
  if (!update) return [...text.matchAll(/'([^']+)'\s*:/g)].map(([, name = '']) => name);
  const primary = tables.get(update.TableName)?.primary ?? [];
  return setBy(update.inputFor(primary, (Parameters ?? []) as unknown[]));
}
