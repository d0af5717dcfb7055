/**
 * Many independent writes in one call: PartiQL statements in a batch. BatchWriteItem cannot do this, because its puts
 * overwrite; a transaction cannot, because one row that exists would undo all the others.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
 */
import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { OperationalError } from '../../ports/errors.ts';
import type { Attributes } from './attributes.ts';
import { isOfTheRequest, operational, operationalCode, passesSoon } from './errors.ts';
import { maximumTries, pause } from './retry.ts';

/** DynamoDB's own limit. */
const statementsPerCall = 25;

/**
 * done: the row was written. refused: it exists already (INSERT), or the WHERE clause does not hold (UPDATE). An error: of this
 * statement alone, and the others are as they say.
 */
export type StatementOutcome = 'done' | 'refused' | OperationalError;

/** `row`: what the statement asked to have returned; for a refused one, the row as found, if requested. */
export interface StatementAnswer {
  readonly outcome: StatementOutcome;
  readonly row?: Attributes;
}

const refusals = new Set(['DuplicateItem', 'ConditionalCheckFailed']);

/** An INSERT creates a row only if none has its key. */
export function insertStatement(tableName: string, attributes: Attributes): BatchStatementRequest {
  const fields = Object.keys(attributes).map((name) => `'${name}': ?`);
  return {
    Statement: `INSERT INTO "${tableName}" VALUE {${fields.join(', ')}}`,
    Parameters: Object.values(attributes),
  };
}

/**
 * Runs each statement, and repeats those that were throttled. Outcomes come in the order of the statements, no two of
 * which may name the same key: DynamoDB refuses such a batch as a whole.
 */
export async function runStatements(
  client: DynamoDBClient,
  statements: readonly BatchStatementRequest[],
): Promise<StatementOutcome[]> {
  return (await answerStatements(client, statements)).map(({ outcome }) => outcome);
}

/** The same, with the rows that the statements ask for. */
export async function answerStatements(
  client: DynamoDBClient,
  statements: readonly BatchStatementRequest[],
): Promise<StatementAnswer[]> {
  const batches: Promise<StatementAnswer[]>[] = [];
  for (let start = 0; start < statements.length; start += statementsPerCall) {
    batches.push(runBatch(client, statements.slice(start, start + statementsPerCall)));
  }
  // All settle before any failure is reported: no write is still in progress when the caller goes on.
  const settled = await Promise.allSettled(batches);
  return settled.flatMap((batch) => {
    if (batch.status === 'rejected') throw batch.reason;
    return batch.value;
  });
}

async function runBatch(
  client: DynamoDBClient,
  statements: BatchStatementRequest[],
): Promise<StatementAnswer[]> {
  const answers = new Array<StatementAnswer | undefined>(statements.length);
  let open = statements.map((_, n) => n);
  for (let tries = 1; ; tries += 1) {
    const responses = await send(
      client,
      open.map((n) => statements[n] as BatchStatementRequest),
    ).catch((error: OperationalError) => error);
    if (responses instanceof Error) {
      // A statement that DynamoDB cannot even parse spoils the call for all the others: then each is sent by itself.
      if (!isOfTheRequest(responses.code)) throw responses;
      return statements.length === 1 ? [{ outcome: responses }] : sendOneByOne(client, statements, answers);
    }
    const again: number[] = [];
    for (const [position, n] of open.entries()) {
      const { Error: error, Item } = responses[position] ?? {};
      const code = error?.Code ?? 'None';
      if (error === undefined) answers[n] = withRow('done', Item);
      else if (refusals.has(code)) answers[n] = withRow('refused', error.Item);
      else if (passesSoon(code) && tries < maximumTries) again.push(n);
      else answers[n] = { outcome: operationalCode('BatchExecuteStatement', code, error.Message) };
    }
    if (again.length === 0) return answers as StatementAnswer[];
    open = again;
    await pause(tries);
  }
}

const withRow = (outcome: StatementOutcome, row: Attributes | undefined): StatementAnswer =>
  row === undefined ? { outcome } : { outcome, row };

/** @param answers those already known */
async function sendOneByOne(
  client: DynamoDBClient,
  statements: BatchStatementRequest[],
  answers: readonly (StatementAnswer | undefined)[],
): Promise<StatementAnswer[]> {
  return Promise.all(
    statements.map(
      async (statement, n) => answers[n] ?? ((await runBatch(client, [statement]))[0] as StatementAnswer),
    ),
  );
}

/** For rows of the platform's own making, each of which must be written. @throws OperationalError */
export function demandAll(outcomes: readonly StatementOutcome[]): void {
  const failed = outcomes.find((outcome) => typeof outcome === 'object');
  if (failed) throw failed;
}

async function send(client: DynamoDBClient, Statements: BatchStatementRequest[]) {
  try {
    const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
    return Responses;
  } catch (error) {
    throw operational('BatchExecuteStatement', error);
  }
}
