/**
 * Replaces `@aws-sdk/client-dynamodb` in bundles: under the same names, what the stores use of it. A call takes a fraction of
 * the processor time, and the bundle half of the time to load. Retries, their pauses and bounds on waiting are the SDK's.
 * Everywhere else the stores use the SDK's own client; their contracts hold with both.
 */
import { randomUUID } from 'node:crypto';
import { type AwsJsonOptions, createAwsJson, type Format } from './caller.ts';
import { createRetryBudget } from './retry-budget.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Command {
  readonly action: string;
  readonly input: Fields;
}

function commandOf(action: string) {
  return class {
    readonly action = action;
    readonly input: Fields;
    constructor(input: Fields) {
      this.input = input;
    }
  };
}

export const BatchExecuteStatementCommand = commandOf('BatchExecuteStatement');
export const BatchGetItemCommand = commandOf('BatchGetItem');
export const GetItemCommand = commandOf('GetItem');
export const PutItemCommand = commandOf('PutItem');
export const QueryCommand = commandOf('Query');
export const ScanCommand = commandOf('Scan');
export const TransactWriteItemsCommand = commandOf('TransactWriteItems');
export const UpdateItemCommand = commandOf('UpdateItem');

export class ConditionalCheckFailedException extends Error {
  override readonly name = 'ConditionalCheckFailedException';
  readonly Item: unknown;
  constructor({ message, fields }: Failure) {
    super(message);
    this.Item = fields?.['Item'];
  }
}

export class TransactionCanceledException extends Error {
  override readonly name = 'TransactionCanceledException';
  readonly CancellationReasons: unknown;
  constructor({ message, fields }: Failure) {
    super(message);
    this.CancellationReasons = fields?.['CancellationReasons'];
  }
}

interface Failure extends Error {
  readonly fields?: Fields;
}

/** As the SDK's standard retries. Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const pauses = { usual: 50, throttled: 1_000 };
const answerMilliseconds = 5_000;

export class DynamoDBClient {
  readonly #aws;

  /** @param _options functions set none of the SDK's */
  constructor(
    _options: Readonly<Record<string, never>> = {},
    surroundings: Pick<AwsJsonOptions, 'variables' | 'fraction'> = {},
  ) {
    const budget = createRetryBudget();
    const own = { answerMilliseconds, pauses, budget, format, isTraced: true };
    this.#aws = createAwsJson({ service: 'dynamodb', ...own, ...surroundings });
  }

  async send({ action, input }: Command): Promise<unknown> {
    // However often the SDK sends a transaction, it is one.
    const once = action === 'TransactWriteItems' ? { ClientRequestToken: randomUUID() } : {};
    try {
      return await this.#aws.call(action, { ...once, ...input });
    } catch (error) {
      throw classified(error as Failure);
    }
  }
}

function classified(error: Failure): Error {
  switch (error.name) {
    case 'ConditionalCheckFailedException':
      return new ConditionalCheckFailedException(error);
    case 'TransactionCanceledException':
      return new TransactionCanceledException(error);
    default:
      return error;
  }
}

/** One page after the other. */
export async function* paginateScan({ client }: { readonly client: DynamoDBClient }, input: Fields) {
  let start: unknown;
  do {
    const page = (await client.send(new ScanCommand({ ...input, ExclusiveStartKey: start }))) as Fields;
    yield page;
    start = page['LastEvaluatedKey'];
  } while (start !== undefined);
}

/** Binary values are `{ B: bytes }` here, and `{ "B": "base64" }` on their way. Sets of them are not used. */
const format: Format = {
  write: (input) =>
    JSON.stringify(input, function (this: { B?: unknown }, key, value) {
      return key === 'B' && this.B instanceof Uint8Array ? Buffer.from(this.B).toString('base64') : value;
    }),
  read: (body) =>
    /"B"\s*:\s*"/.test(body)
      ? JSON.parse(body, (key, value) =>
          key === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value,
        )
      : JSON.parse(body),
};
