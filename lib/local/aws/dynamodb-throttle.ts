/**
 * Throttles calls whose key is used up for this second, as on-demand tables do: it refuses a call, of a batch only the
 * items concerned, and a transaction as a whole. Refused work was not done.
 *
 * Key ranges are bounded in both modes of a table, and AWS does not say which exception an on-demand table then returns:
 * for a throttled write in a transaction it documents ThrottlingError for on-demand tables, and elsewhere lists
 * ProvisionedThroughputExceededException, RequestLimitExceeded and ThrottlingException. So here the first and the last
 * take turns, with the reason that both have.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing-workflow.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-key-range-limit-exceeded-mitigation.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
import { batchGetKeys, type KeyRegistry, keysOf } from './dynamodb-keys.ts';
import type { KeyLimits, UnitKind } from './dynamodb-limits.ts';
import type { AwsAnswer, AwsCall } from './service.ts';

type Fields = Readonly<Record<string, unknown>>;
type Input = AwsCall['input'];

export const throttleMessage =
  'Throughput exceeds the current throughput limit for your table or index. DynamoDB is automatically scaling your table ' +
  'or index so please try again shortly. If exceptions persist, check if you have a hot key: ' +
  'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.';

const provisionedMessage =
  'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level ' +
  'with the UpdateTable API.';

/** Both exceptions in turn. */
let refusals = 0;
const isProvisionedNext = () => ++refusals % 2 === 0;

function throttlingException(kind: UnitKind): JsonAnswer {
  const isProvisioned = isProvisionedNext();
  const reason = `Table${kind === 'read' ? 'Read' : 'Write'}KeyRangeThroughputExceeded`;
  const Reasons = [{ reason, resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/any' }];
  // The members' names differ, as in the SDK's model.
  return json(
    400,
    isProvisioned
      ? {
          __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
          message: provisionedMessage,
          ThrottlingReasons: Reasons,
        }
      : {
          __type: 'com.amazon.coral.availability#ThrottlingException',
          message: throttleMessage,
          throttlingReasons: Reasons,
        },
  );
}

/** For one statement of a batch. */
const throttledStatement = () =>
  isProvisionedNext()
    ? { Error: { Code: 'ProvisionedThroughputExceeded', Message: provisionedMessage } }
    : { Error: { Code: 'ThrottlingError', Message: throttleMessage } };

export interface JsonAnswer extends AwsAnswer {
  readonly body: string;
}

/** @param handle processes the part of the call that was not throttled */
export async function underLimits(
  { call, kind, limits, tables }: { call: AwsCall; kind: UnitKind; limits: KeyLimits; tables: KeyRegistry },
  handle: (input: Input) => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const now = performance.now();
  const keys = keysOf(call, tables);
  const refused = keys.map((key) => key !== undefined && limits.isUsedUp(key, kind, now));
  const answer = refused.includes(true)
    ? await answerRest({ call, kind, refused }, handle)
    : await handle(call.input);
  const done = keys.filter((_, n) => !refused[n]);
  const units = (answer.writeUnits ?? answer.readUnits ?? 0) / Math.max(1, done.length);
  for (const key of done) if (key !== undefined) limits.use(key, kind, { units, now: performance.now() });
  return answer;
}

async function answerRest(
  { call, kind, refused }: { call: AwsCall; kind: UnitKind; refused: readonly boolean[] },
  handle: (input: Input) => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const { action, input } = call;
  if (action === 'TransactWriteItems')
    return cancelledFor(refused, { Code: 'ThrottlingError', Message: throttleMessage });
  const isWhole = refused.every(Boolean);
  if (action === 'BatchExecuteStatement')
    return handleStatements({ input, refused, refusal: throttledStatement }, handle);
  if (action === 'BatchGetItem' && !isWhole) return keysLeft(input, refused, handle);
  return throttlingException(kind);
}

export const json = (status: number, body: object): JsonAnswer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
});

/** A transaction that was cancelled because of the refused items. */
export function cancelledFor(
  refused: readonly boolean[],
  reason: { readonly Code: string; readonly Message: string },
): JsonAnswer {
  const reasons = refused.map((is) => (is ? reason : { Code: 'None' }));
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return json(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    Message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    CancellationReasons: reasons,
  });
}

/** Passes on the statements that are not refused. */
export async function handleStatements(
  { input, refused, refusal }: { input: Input; refused: readonly boolean[]; refusal: () => object },
  handle: (input: Input) => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const all = input['Statements'] as Fields[];
  const left = all.filter((_, n) => !refused[n]);
  const answer =
    left.length === 0 ? json(200, { Responses: [] }) : await handle({ ...input, Statements: left });
  if (answer.status !== 200) return answer;
  const { Responses, ...rest } = JSON.parse(answer.body) as { Responses: unknown[] };
  const merged = refused.map((is) => (is ? refusal() : Responses.shift()));
  return { ...answer, body: JSON.stringify({ ...rest, Responses: merged }) };
}

async function keysLeft(
  input: Input,
  refused: readonly boolean[],
  handle: (input: Input) => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const items = input['RequestItems'] as Record<string, Fields>;
  const keys = batchGetKeys(input);
  const requestOf = (wanted: boolean) => {
    const byTable = Map.groupBy(
      keys.filter((_, n) => refused[n] === wanted),
      ({ table }) => table,
    );
    return Object.fromEntries(
      [...byTable].map(([table, group]) => [table, { ...items[table], Keys: group.map(({ key }) => key) }]),
    );
  };
  const answer = await handle({ ...input, RequestItems: requestOf(false) });
  if (answer.status !== 200) return answer;
  return {
    ...answer,
    body: JSON.stringify({ ...JSON.parse(answer.body), UnprocessedKeys: requestOf(true) }),
  };
}
