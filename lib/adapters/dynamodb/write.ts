/**
 * The three ways in which the stores write: one conditional update, one transaction, and many independent puts or
 * updates in one call. A condition that does not hold is an answer, never an error; all else is an OperationalError.
 * Expressions spell every attribute `#name`, so that none of them can collide with DynamoDB's 570 reserved words.
 */
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Attributes } from './attributes.ts';
import { codeOf, isConflict, operational, operationalCode, passesSoon } from './errors.ts';
import { countTries } from './retry.ts';

export interface RowUpdate {
  readonly tableName: string;
  readonly key: Attributes;
  readonly update: string;
  readonly condition: string;
  readonly values?: Attributes;
  /** For attributes whose name is computed at run time. All others are taken from the expressions. */
  readonly names?: Readonly<Record<string, string>>;
}

/** `row`: as requested, if the condition held; as found (absent: no such row) if it did not. */
export type Written = { readonly met: boolean; readonly row: Attributes | undefined };

/** Retries while a transaction holds the row. */
export async function updateRow(
  client: DynamoDBClient,
  write: RowUpdate,
  answer: 'ALL_OLD' | 'ALL_NEW' | 'NONE' = 'NONE',
): Promise<Written> {
  const command = new UpdateItemCommand({ ...updateInput(write), ReturnValues: answer });
  const mayTryAgain = countTries();
  for (;;) {
    try {
      const { Attributes: row } = await client.send(command);
      return { met: true, row };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { met: false, row: error.Item };
      const code = codeOf(error);
      if (!isConflict(code) || !(await mayTryAgain(code))) throw operational('UpdateItem', error);
    }
  }
}

/** As an item of a transaction. */
export const updateItem = (write: RowUpdate): TransactWriteItem => ({ Update: updateInput(write) });

function updateInput(write: RowUpdate) {
  return {
    TableName: write.tableName,
    Key: write.key,
    UpdateExpression: write.update,
    ConditionExpression: write.condition,
    ExpressionAttributeNames: { ...namesIn(`${write.update} ${write.condition}`), ...write.names },
    ...(write.values ? { ExpressionAttributeValues: write.values } : {}),
    // Returns the reason for a failed condition without a second read, which might see a newer row.
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function namesIn(expression: string): Record<string, string> {
  return Object.fromEntries(
    [...expression.matchAll(/#(\w+)/g)].map(([alias, name]) => [alias, name as string]),
  );
}

/**
 * Sends one transaction, once; the SDK's own retries carry one idempotency token. Undefined: done. Otherwise the reasons,
 * one for each item, in their order.
 */
export async function tryTransaction(
  client: DynamoDBClient,
  items: TransactWriteItem[],
): Promise<readonly CancellationReason[] | undefined> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    return undefined;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return error.CancellationReasons ?? [];
    if (isConflict(codeOf(error))) return items.map(() => ({ Code: 'TransactionConflict' }));
    throw operational('TransactWriteItems', error);
  }
}

/** True: done. False: a condition does not hold. Retries while another write holds the rows. */
export async function transact(client: DynamoDBClient, items: TransactWriteItem[]): Promise<boolean> {
  const mayTryAgain = countTries();
  for (;;) {
    const reasons = await tryTransaction(client, items);
    if (reasons === undefined) return true;
    if (reasons.some(isUnmet)) return false;
    await untilNextTry('TransactWriteItems', reasons, mayTryAgain);
  }
}

/** @throws OperationalError: what canceled the transaction does not pass, or it was the last try */
export async function untilNextTry(
  action: string,
  reasons: readonly CancellationReason[],
  mayTryAgain: ReturnType<typeof countTries>,
): Promise<void> {
  const cause = reasons.find((reason) => (reason.Code ?? 'None') !== 'None');
  const code = cause?.Code ?? 'TransactionCanceledException';
  if (!passesSoon(code) || !(await mayTryAgain(code))) throw operationalCode(action, code, cause?.Message);
}

export const isUnmet = (reason: CancellationReason) => reason.Code === 'ConditionalCheckFailed';
