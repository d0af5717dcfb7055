/** DynamoDB's client in bundles: it sends and reads the same as the SDK's, and fails and retries in the same way. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as own from '../../../lib/adapters/aws-json/dynamodb.ts';
import { pausesOf } from '../../support/pauses.ts';
import { timersUntilFailure } from '../../support/virtual-deadlines.ts';

const bytes = Buffer.from([0, 1, 254, 255]);
const asked: { action: string; body: Record<string, unknown>; headers: IncomingMessage['headers'] }[] = [];
type Answer = (response: ServerResponse) => void;
/** One for each request; the last one repeats. */
let answers: Answer[] = [];
const says =
  (status: number, body: object): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
const fails = (type: string, fields: object = {}) =>
  says(400, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no', ...fields });
const drops: Answer = (response) => void response.socket?.destroy();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']);
    asked.push({ action, body: JSON.parse(Buffer.concat(chunks).toString()), headers: request.headers });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(response);
  });
});
let sdkClient: sdk.DynamoDBClient;
let ownClient: own.DynamoDBClient;
let variables: Readonly<Record<string, string>>;
/** Retries follow at once. */
const freshClient = () => new own.DynamoDBClient({}, { variables, fraction: () => 0 });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'KEY', secretAccessKey: 'secret' };
  sdkClient = new sdk.DynamoDBClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  variables = {
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ACCESS_KEY_ID: 'KEY',
    AWS_SECRET_ACCESS_KEY: 'secret',
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793',
  };
  ownClient = freshClient();
});
beforeEach(() => {
  asked.length = 0;
});
afterAll(() => {
  sdkClient.destroy();
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

const row = {
  id: { N: '1' },
  B: { S: 'an attribute of this name' },
  sums: { B: bytes },
  nested: { M: { list: { L: [{ B: bytes }, { BOOL: true }, { NULL: true }] } } },
  words: { SS: ['"B":"no"', 'é 🐛'] },
};
const sent = { ...row, sums: { B: 'AAH+/w==' } };
const answered = {
  ...sent,
  nested: { M: { list: { L: [{ B: 'AAH+/w==' }, { BOOL: true }, { NULL: true }] } } },
};
const key = { id: { N: '1' } };

const calls = [
  [
    'GetItemCommand',
    sdk.GetItemCommand,
    own.GetItemCommand,
    { TableName: 't', Key: key, ConsistentRead: true },
    { Item: answered },
  ],
  [
    'PutItemCommand',
    sdk.PutItemCommand,
    own.PutItemCommand,
    { TableName: 't', Item: row, ConditionExpression: 'a = b' },
    {},
  ],
  [
    'UpdateItemCommand',
    sdk.UpdateItemCommand,
    own.UpdateItemCommand,
    { TableName: 't', Key: key, ReturnValues: 'ALL_NEW' },
    { Attributes: answered },
  ],
  [
    'QueryCommand',
    sdk.QueryCommand,
    own.QueryCommand,
    { TableName: 't', ExpressionAttributeValues: { ':b': { B: bytes } }, ExclusiveStartKey: undefined },
    { Items: [answered], Count: 1, LastEvaluatedKey: key },
  ],
  [
    'ScanCommand',
    sdk.ScanCommand,
    own.ScanCommand,
    { TableName: 't', Segment: 0, TotalSegments: 2 },
    { Items: [answered, answered] },
  ],
  [
    'BatchGetItemCommand',
    sdk.BatchGetItemCommand,
    own.BatchGetItemCommand,
    { RequestItems: { t: { Keys: [key], ConsistentRead: false } } },
    { Responses: { t: [answered], B: [] }, UnprocessedKeys: { t: { Keys: [key] } } },
  ],
  [
    'BatchExecuteStatementCommand',
    sdk.BatchExecuteStatementCommand,
    own.BatchExecuteStatementCommand,
    { Statements: [{ Statement: 'INSERT', Parameters: [{ B: bytes }] }] },
    { Responses: [{ Item: answered }, { Error: { Code: 'DuplicateItem', Message: 'no', Item: answered } }] },
  ],
  [
    'TransactWriteItemsCommand',
    sdk.TransactWriteItemsCommand,
    own.TransactWriteItemsCommand,
    { TransactItems: [{ Put: { TableName: 't', Item: row } }], ClientRequestToken: 'once' },
    {},
  ],
] as const;

describe("DynamoDB's client in bundles", () => {
  it.each(calls)('sends and reads a %s as the SDK does', async (_name, Sdk, Own, input, output) => {
    answers = [says(200, output)];
    const { $metadata: _, ...expected } = await sdkClient.send(sdkCommand(Sdk, input));
    const found = await ownClient.send(new Own(input));

    expect(plain(found)).toEqual(plain(expected));
    const [bySdk, byOwn] = asked;
    expect(byOwn).toMatchObject({ action: bySdk!.action, body: bySdk!.body });
    expect(byOwn!.headers['x-amzn-trace-id']).toBe('Root=1-5759e988-bd862e3fe1be46a994272793');
    // A proxy may extend it.
    expect(byOwn!.headers['authorization']).not.toContain('x-amzn-trace-id');
  });

  it.each([
    [
      'ConditionalCheckFailedException',
      sdk.ConditionalCheckFailedException,
      own.ConditionalCheckFailedException,
      { Item: answered },
    ],
    [
      'TransactionCanceledException',
      sdk.TransactionCanceledException,
      own.TransactionCanceledException,
      {
        CancellationReasons: [
          { Code: 'ConditionalCheckFailed', Message: 'no', Item: answered },
          { Code: 'None' },
        ],
      },
    ],
  ] as const)('throws a %s with its items, as the SDK does', async (type, Sdk, Own, fields) => {
    answers = [fails(type, fields)];
    const expected = await sdkClient.send(new sdk.UpdateItemCommand({} as never)).catch((error) => error);
    const found = await ownClient.send(new own.UpdateItemCommand({})).catch((error: unknown) => error);

    expect(expected).toBeInstanceOf(Sdk);
    expect(found).toBeInstanceOf(Own);
    const [field] = Object.keys(fields);
    const { name, message, [field!]: rows } = expected;
    expect(found).toMatchObject({ name, message });
    expect(plain((found as Record<string, unknown>)[field!])).toEqual(plain(rows));
    expect(asked).toHaveLength(2);
  });

  it.each(['ValidationException', 'ResourceNotFoundException', 'TransactionConflictException'])(
    'passes a %s to its caller at once',
    async (name) => {
      answers = [fails(name)];
      const found = ownClient.send(new own.GetItemCommand({}));
      await expect(found).rejects.toMatchObject({ name, message: 'no' });
      expect(asked).toHaveLength(1);
    },
  );

  it.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'TransactionInProgressException',
  ])('retries after a %s, three attempts in all', async (name) => {
    answers = [fails(name)];
    await expect(ownClient.send(new own.GetItemCommand({}))).rejects.toMatchObject({ name });
    expect(asked).toHaveLength(3);
  });

  it('sends a transaction whose answer was lost again with the same token', async () => {
    answers = [drops, says(500, {}), says(200, {})];
    await ownClient.send(new own.TransactWriteItemsCommand({ TransactItems: [] }));
    await ownClient.send(new own.TransactWriteItemsCommand({ TransactItems: [] }));

    const [first, second, third, other] = asked.map(({ body }) => body['ClientRequestToken']);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect([second, third]).toEqual([first, first]);
    expect(other).not.toBe(first);
  });

  it('stops retrying while most calls fail, until calls succeed', async () => {
    answers = [says(503, {})];
    const client = freshClient();
    const tries = async () => {
      const before = asked.length;
      await client.send(new own.GetItemCommand({})).catch(() => undefined);
      return asked.length - before;
    };
    for (let call = 0; call < 40; call++) await tries();
    expect(await tries()).toBe(1);
    // 35 retries took 14 of 500 each, and 10 are left: a call that succeeds at once gives one back.
    answers = [says(200, {}), says(200, {}), says(200, {}), says(503, {})];
    for (let call = 0; call < 3; call++) await tries();
    expect(await tries()).toBe(1);
    answers = [says(200, {}), says(503, {})];
    await tries();
    expect(await tries()).toBe(2);
    answers = [says(200, {})];
    for (let call = 0; call < 40; call++) await tries();
    answers = [says(503, {})];
    expect(await tries()).toBe(3);
  });

  it('pauses for up to fifty milliseconds, a second when throttled, and then for twice as long', async () => {
    const client = new own.DynamoDBClient({}, { variables, fraction: () => 1 });
    const pausesAfter = (answer: Answer) => {
      answers = [answer];
      const get = new own.GetItemCommand({ TableName: 't', Key: { id: { S: '1' } } });
      return pausesOf(() => expect(client.send(get)).rejects.toThrow(), 9);
    };
    expect(await pausesAfter(drops)).toEqual([50, 100]);
    expect(await pausesAfter(fails('ThrottlingException'))).toEqual([1_000, 2_000]);
  });

  it('waits five seconds for an answer, three times', async () => {
    answers = [() => undefined];
    const isAsked = (ended: number) => asked.length > ended;
    const read = () => freshClient().send(new own.GetItemCommand({}));
    expect(await timersUntilFailure(read, isAsked)).toEqual([5_000, 5_000, 5_000]);
  });

  it('reads a table page by page', async () => {
    answers = [
      says(200, { Items: [answered], LastEvaluatedKey: key }),
      says(200, { Items: [{ id: { N: '2' } }] }),
    ];
    const pages: unknown[] = [];
    for await (const page of own.paginateScan({ client: ownClient }, { TableName: 't' })) pages.push(page);

    expect(plain(pages)).toEqual(
      plain([{ Items: [row], LastEvaluatedKey: key }, { Items: [{ id: { N: '2' } }] }]),
    );
    expect(asked.map(({ body }) => body)).toEqual([
      { TableName: 't' },
      { TableName: 't', ExclusiveStartKey: key },
    ]);
  });
});

/** The SDK's commands have types of their own. */
function sdkCommand(given: unknown, input: object): sdk.GetItemCommand {
  const Command = given as typeof sdk.GetItemCommand;
  return new Command(input as sdk.GetItemCommandInput);
}

/** Bytes are a Buffer here and a Uint8Array there. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
