/**
 * Refuses a write to an item that a transaction is writing, as DynamoDB does, instead of letting it wait: a plain write
 * fails, of a batch of statements only the one concerned, and another transaction is cancelled. A transaction holds its
 * items from its arrival until its answer. Reads are never refused; nobody here uses TransactGetItems or BatchWriteItem.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
 */
import { itemsOf, type KeyRegistry } from './dynamodb-keys.ts';
import { cancelledFor, handleStatements, type JsonAnswer, json } from './dynamodb-throttle.ts';
import type { AwsCall } from './service.ts';

type Input = AwsCall['input'];
type Handle = (input: Input) => Promise<JsonAnswer>;

const conflictMessage = 'Transaction is ongoing for the item';

export class Conflicts {
  /** The token of the transaction that holds each item. */
  readonly #held = new Map<string, unknown>();
  /** How many calls, or statements of a batch, were refused. */
  refused = 0;
  /** How long a transaction takes at least. */
  transactionMilliseconds = 0;

  async handle(call: AwsCall, tables: KeyRegistry, handle: Handle): Promise<JsonAnswer> {
    const isTransaction = call.action === 'TransactWriteItems';
    if (this.#held.size === 0 && !isTransaction) return handle(call.input);
    const items = itemsOf(call, tables);
    const conflicts = items.map((item) => item !== undefined && this.#held.has(item));
    if (isTransaction) return this.#transact(call.input, { items, conflicts }, handle);
    if (!conflicts.includes(true)) return handle(call.input);
    this.refused += 1;
    return call.action === 'BatchExecuteStatement'
      ? handleStatements({ input: call.input, refused: conflicts, refusal: conflictingStatement }, handle)
      : json(400, {
          __type: 'com.amazonaws.dynamodb.v20120810#TransactionConflictException',
          message: conflictMessage,
        });
  }

  async #transact(
    input: Input,
    { items, conflicts }: { items: readonly (string | undefined)[]; conflicts: readonly boolean[] },
    handle: Handle,
  ): Promise<JsonAnswer> {
    const token = input['ClientRequestToken'];
    if (conflicts.includes(true)) {
      this.refused += 1;
      const isItself = token !== undefined && items.some((item) => this.#held.get(item ?? '') === token);
      return isItself ? inProgress() : cancelledFor(conflicts, conflict);
    }
    const mine = items.filter((item) => item !== undefined);
    for (const item of mine) this.#held.set(item, token);
    try {
      if (this.transactionMilliseconds > 0) await pause(this.transactionMilliseconds);
      return await handle(input);
    } finally {
      for (const item of mine) this.#held.delete(item);
    }
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const conflict = { Code: 'TransactionConflict', Message: conflictMessage };
const conflictingStatement = () => ({ Error: conflict });

/** The same transaction was sent again while it runs. */
const inProgress = () =>
  json(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionInProgressException',
    Message: 'The transaction with the given request token is already in progress.',
  });
