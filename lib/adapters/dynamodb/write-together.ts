/**
 * Collects conditional updates and new rows that are requested in the same moment into one call: the facts of a batch of
 * messages, the results of several launches. Each succeeds or fails by itself, as if it were a call of its own. One call
 * has at most one write to a row, so a second one waits for the next call.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
 */
import type { BatchStatementRequest, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { answerStatements, insertStatement, type StatementAnswer } from './statements.ts';
import type { RowUpdate, Written } from './write.ts';

type Returned = 'ALL OLD' | 'ALL NEW';

interface Wanted {
  readonly row: string;
  readonly statement: BatchStatementRequest;
  readonly resolve: (answer: StatementAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const collecting = new WeakMap<DynamoDBClient, Wanted[]>();

/** Like `updateRow`. @throws OperationalError */
export async function updateTogether(
  client: DynamoDBClient,
  write: RowUpdate,
  returned?: Returned,
): Promise<Written> {
  return together(client, write, statementOf(write, returned));
}

/** Not met: a row with this key already exists. @throws OperationalError */
export async function insertTogether(
  client: DynamoDBClient,
  put: Pick<RowUpdate, 'tableName' | 'key'> & { readonly row: Attributes },
): Promise<Written> {
  return together(client, put, insertStatement(put.tableName, put.row));
}

async function together(
  client: DynamoDBClient,
  { tableName, key }: Pick<RowUpdate, 'tableName' | 'key'>,
  statement: BatchStatementRequest,
): Promise<Written> {
  const { promise, resolve, reject } = Promise.withResolvers<StatementAnswer>();
  collect(client, [{ row: JSON.stringify([tableName, key]), statement, resolve, reject }]);
  const { outcome, row } = await promise;
  if (typeof outcome === 'object') throw outcome;
  return { met: outcome === 'done', row };
}

function collect(client: DynamoDBClient, more: readonly Wanted[]): void {
  if (more.length > 0) (collecting.get(client) ?? startCollecting(client)).push(...more);
}

function startCollecting(client: DynamoDBClient): Wanted[] {
  const wanted: Wanted[] = [];
  collecting.set(client, wanted);
  setImmediate(() => {
    collecting.delete(client);
    writeAll(client, wanted);
  });
  return wanted;
}

/** Each caller continues as soon as its own answer is known; only then is the next write to the same row sent. */
function writeAll(client: DynamoDBClient, wanted: readonly Wanted[]): void {
  const byRow = [...Map.groupBy(wanted, ({ row }) => row).values()];
  const statements = byRow.map(([first]) => first!.statement);
  for (const [n, answer] of answerStatements(client, statements).entries()) {
    const [first, ...later] = byRow[n]!;
    const goOn = () => collect(client, later);
    void answer.then(first!.resolve, first!.reject).then(goOn);
  }
}

/** The update as PartiQL; parameters are in the order of the question marks. */
function statementOf(write: RowUpdate, returned: Returned | undefined): BatchStatementRequest {
  const Parameters: Attributes[string][] = [];
  const { values = {} } = write;
  const words = (expression: string) =>
    expression
      .replace(/attribute_not_exists\(#(\w+)\)/g, '"$1" IS MISSING')
      .replace(/attribute_exists\(#(\w+)\)/g, '"$1" IS NOT MISSING')
      .replace(/#(\w+)|:\w+/g, (word, name: string | undefined) => {
        if (name !== undefined) return `"${name}"`;
        const value = values[word];
        if (value === undefined) throw new Error(`An update names ${word}, but has no value for it.`);
        Parameters.push(value);
        return '?';
      });
  const [, sets = '', removals = ''] = /^(?:SET (.*?))?(?: ?REMOVE (.*))?$/.exec(write.update) ?? [];
  const list = (clause: string, kind: string) =>
    clause === '' ? [] : clause.split(', ').map((part) => `${kind} ${words(part)}`);
  const clauses = [...list(sets, 'SET'), ...list(removals, 'REMOVE')].join(' ');
  const key = Object.entries(write.key).map(([name, value]) => {
    Parameters.push(value);
    return `"${name}" = ?`;
  });
  const where = `${key.join(' AND ')} AND (${words(write.condition)})`;
  const returning = returned ? ` RETURNING ${returned} *` : '';
  return {
    Statement: `UPDATE "${write.tableName}" ${clauses} WHERE ${where}${returning}`,
    Parameters,
    ...(returned ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const } : {}),
  };
}
