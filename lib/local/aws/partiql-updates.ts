/**
 * Adds PartiQL updates of several attributes, which DynamoDB supports and the engine does not: each becomes the
 * UpdateItem that it means. It understands only what the stores write; all else goes to the engine unchanged.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html ; tried on AWS's own
 * DynamoDB Local, RETURNING and the failed condition's item included.
 */
import { readUpdate, type Update } from './partiql-statement.ts';

/** One call to the engine. */
export type EngineCall = (action: string, body: string) => Promise<{ status: number; body: string }>;

interface Statement {
  readonly Statement?: string;
  readonly Parameters?: readonly unknown[];
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

interface Response {
  readonly Error?: Readonly<Record<string, unknown>>;
  readonly Item?: unknown;
  readonly TableName?: string;
}

export interface BatchAnswer {
  readonly Responses: readonly Response[];
  readonly ConsumedCapacity?: readonly unknown[];
}

const keysOfTables = new WeakMap<EngineCall, Map<string, readonly string[]>>();

/** Undefined: the engine understands all of it. */
export async function runUpdates(engine: EngineCall, body: string): Promise<BatchAnswer | undefined> {
  const input = readInput(body);
  // DynamoDB cannot read such a call at all, and runs none of its statements: nor does the engine.
  if (!input) return undefined;
  const updates = (input.Statements ?? []).map(({ Statement: text = '' }) => readUpdate(text));
  if (!updates.some((update) => update !== undefined)) return undefined;
  const capacity = input.ReturnConsumedCapacity;
  const answers = await Promise.all(
    (input.Statements ?? []).map((statement, n) => {
      const update = updates[n];
      return update
        ? runOne(engine, update, { statement, capacity })
        : runElsewhere(engine, statement, capacity);
    }),
  );
  const used = answers.flatMap(({ ConsumedCapacity = [] }) => ConsumedCapacity);
  const Responses = answers.flatMap((answer) => answer.Responses);
  return capacity === undefined ? { Responses } : { Responses, ConsumedCapacity: used };
}

/** Undefined: one of its texts has half a surrogate pair. */
function readInput(body: string) {
  let isWellFormed = true;
  const input = JSON.parse(body, (_name, value: unknown) => {
    isWellFormed &&= typeof value !== 'string' || value.isWellFormed();
    return value;
  }) as { Statements?: Statement[]; ReturnConsumedCapacity?: string };
  return isWellFormed ? input : undefined;
}

async function runElsewhere(
  engine: EngineCall,
  statement: Statement,
  capacity: string | undefined,
): Promise<BatchAnswer> {
  const { body } = await engine(
    'BatchExecuteStatement',
    JSON.stringify({ Statements: [statement], ReturnConsumedCapacity: capacity }),
  );
  return JSON.parse(body) as BatchAnswer;
}

async function runOne(
  engine: EngineCall,
  update: Update,
  { statement, capacity }: { statement: Statement; capacity: string | undefined },
): Promise<BatchAnswer> {
  const { TableName } = update;
  const keyNames = await keysOf(engine, TableName);
  const { status, body } = await engine(
    'UpdateItem',
    JSON.stringify({
      ...update.inputFor(keyNames, statement.Parameters ?? []),
      ReturnConsumedCapacity: capacity,
      ReturnValuesOnConditionCheckFailure: statement.ReturnValuesOnConditionCheckFailure,
    }),
  );
  const answer = JSON.parse(body) as {
    readonly __type?: string;
    readonly message?: string;
    readonly Message?: string;
    readonly Item?: unknown;
    readonly Attributes?: unknown;
    readonly ConsumedCapacity?: unknown;
  };
  if (status === 200) {
    const item = answer.Attributes ? { Item: answer.Attributes } : {};
    const used = answer.ConsumedCapacity ? { ConsumedCapacity: [answer.ConsumedCapacity] } : {};
    return { Responses: [{ TableName, ...item }], ...used };
  }
  const Code = String(answer.__type)
    .replace(/^.*#/, '')
    .replace(/Exception$/, '');
  const item = answer.Item ? { Item: answer.Item } : {};
  const Message = answer.message ?? answer.Message ?? '';
  return { Responses: [{ Error: { Code: codes[Code] ?? Code, Message, ...item }, TableName }] };
}

/** A statement's error code, where it differs from the exception's name. */
const codes: Readonly<Record<string, string>> = { Validation: 'ValidationError' };

async function keysOf(engine: EngineCall, table: string): Promise<readonly string[]> {
  const known = keysOfTables.get(engine) ?? new Map<string, readonly string[]>();
  keysOfTables.set(engine, known);
  const names = known.get(table);
  if (names) return names;
  const { body } = await engine('DescribeTable', JSON.stringify({ TableName: table }));
  const { Table } = JSON.parse(body) as { Table?: { KeySchema: { AttributeName: string }[] } };
  const found = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName);
  if (found.length > 0) known.set(table, found);
  return found;
}
