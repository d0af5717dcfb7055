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
import { chunksOf } from '../../core/chunks.ts';
import type { OperationalError } from '../../ports/errors.ts';
import type { Attributes } from './attributes.ts';
import { isOfTheRequest, operational, operationalCode, passesSoon } from './errors.ts';
import { maximumTries, pause } from './retry.ts';

/** DynamoDB's own limit. */
const statementsPerCall = 25;

/**
 * done: the row was written. refused: it exists already (INSERT), or the WHERE clause does not hold (UPDATE). An error concerns
 * this statement only.
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
  // All settle before any failure is reported: no write is still in progress when the caller goes on.
  const settled = await Promise.allSettled(answerStatements(client, statements));
  return settled.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value.outcome;
  });
}

/**
 * The same, with the rows that the statements ask for. Each answer comes as soon as it is known, so that a throttled partition
 * delays no other one's. Rejects with an OperationalError if the whole call fails.
 */
export function answerStatements(
  client: DynamoDBClient,
  statements: readonly BatchStatementRequest[],
): Promise<StatementAnswer>[] {
  const asked = statements.map((statement) => ({ statement, ...Promise.withResolvers<StatementAnswer>() }));
  for (const batch of chunksOf(asked, statementsPerCall)) void runBatch(client, batch);
  return asked.map(({ promise }) => promise);
}

interface Asked {
  readonly statement: BatchStatementRequest;
  readonly resolve: (answer: StatementAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Never throws: each statement gets its own answer. */
async function runBatch(client: DynamoDBClient, batch: readonly Asked[]): Promise<void> {
  let open = batch;
  for (let tries = 1; open.length > 0; tries += 1) {
    const statements = open.map(({ statement }) => statement);
    const responses = await send(client, statements).catch((error: OperationalError) => error);
    if (responses instanceof Error) return fail(client, open, responses);
    const again: Asked[] = [];
    for (const [n, one] of open.entries()) {
      const { Error: error, Item } = responses[n] ?? {};
      const code = error?.Code ?? 'None';
      if (error === undefined) one.resolve(withRow('done', Item));
      else if (refusals.has(code)) one.resolve(withRow('refused', error.Item));
      else if (passesSoon(code) && tries < maximumTries) again.push(one);
      else one.resolve({ outcome: operationalCode('BatchExecuteStatement', code, error.Message) });
    }
    open = again;
    if (open.length > 0) await pause(tries);
  }
}

/** A statement that DynamoDB cannot even parse fails the whole call: then each is sent by itself. */
function fail(client: DynamoDBClient, open: readonly Asked[], error: OperationalError): void {
  for (const one of open) {
    if (!isOfTheRequest(error.code)) one.reject(error);
    else if (open.length === 1) one.resolve({ outcome: error });
    else void runBatch(client, [one]);
  }
}

const withRow = (outcome: StatementOutcome, row: Attributes | undefined): StatementAnswer =>
  row === undefined ? { outcome } : { outcome, row };

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
