/** How much goes into one call to DynamoDB, how many calls run concurrently, and how long rows are kept. */
import {
  type BatchExecuteStatementCommand,
  type BatchGetItemCommand,
  DynamoDBClient,
  type UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, it } from '@jest/globals';
import { createQuestionStore } from '../../../lib/adapters/dynamodb/question-store.ts';
import { readTogether } from '../../../lib/adapters/dynamodb/read-together.ts';
import { insertStatement, runStatements } from '../../../lib/adapters/dynamodb/statements.ts';
import { platformOwner } from '../../../lib/core/controllers/controller.ts';
import { noon } from '../../support/given.ts';
import { givenQuestion } from '../../support/questions.ts';

/** A client that answers with nothing, and records the commands. */
function givenClient() {
  const asked: BatchGetItemCommand['input'][] = [];
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async (command: { readonly input: unknown }) => {
    asked.push(command.input as BatchGetItemCommand['input']);
    return { Responses: {} };
  };
  const isConsistent = (tableName: string) =>
    asked.map(({ RequestItems }) => RequestItems?.[tableName]?.ConsistentRead);
  return { client, isConsistent };
}

const key = (name: string) => ({ name: { S: name } });

it('reads consistently, except for tables where all reads may lag', async () => {
  const { client, isConsistent } = givenClient();
  await Promise.all([
    readTogether(client, 'tenants', key('one')),
    readTogether(client, 'notes', key('one'), { mayLag: true }),
    readTogether(client, 'notes', key('other'), { mayLag: true }),
  ]);
  expect([isConsistent('tenants'), isConsistent('notes')]).toEqual([[true], [false]]);
});

it.each([
  { first: true, second: false },
  { first: false, second: true },
])('reads a row consistently for both readers if one must see the latest', async ({ first, second }) => {
  const { client, isConsistent } = givenClient();
  await Promise.all([
    readTogether(client, 'notes', key('one'), { mayLag: first }),
    readTogether(client, 'notes', key('one'), { mayLag: second }),
  ]);
  expect(isConsistent('notes')).toEqual([true]);
});

it('reads a hundred rows in a call, with four calls at once', async () => {
  const seen = { keys: [] as number[], underWay: 0, atOnce: 0 };
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async ({ input }: { readonly input: unknown }) => {
    const { RequestItems = {} } = input as BatchGetItemCommand['input'];
    seen.keys.push(RequestItems['jobs']?.Keys?.length ?? 0);
    seen.atOnce = Math.max(seen.atOnce, ++seen.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    seen.underWay -= 1;
    return { Responses: {} };
  };
  await Promise.all(Array.from({ length: 950 }, (_, n) => readTogether(client, 'jobs', key(`${n}`))));
  expect(seen.keys).toEqual([...new Array(9).fill(100), 50]);
  expect(seen.atOnce).toBe(4);
});

it('writes twenty-five rows in a call', async () => {
  const statements: number[] = [];
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async ({ input }: { readonly input: unknown }) => {
    const { Statements = [] } = input as BatchExecuteStatementCommand['input'];
    statements.push(Statements.length);
    return { Responses: Statements.map(() => ({})) };
  };
  const inserts = Array.from({ length: 60 }, (_, n) => insertStatement('jobs', key(`${n}`)));
  expect(await runStatements(client, inserts)).toEqual(new Array(60).fill('done'));
  expect(statements).toEqual([25, 25, 10]);
});

it('stores a question for a day, and its counters for an hour', async () => {
  const expiries: number[] = [];
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async ({ input }: { readonly input: unknown }) => {
    const { ExpressionAttributeValues: values, Statements } = input as UpdateItemCommand['input'] &
      BatchExecuteStatementCommand['input'];
    if (values?.[':expiresAt']?.N) expiries.push(Number(values[':expiresAt'].N));
    const [insert] = Statements ?? [];
    const place = [...(insert?.Statement ?? '').matchAll(/'(\w+)': \?/g)].findIndex(
      ([, name]) => name === 'expires_at',
    );
    if (insert) expiries.push(Number(insert.Parameters?.[place]?.N));
    return Statements ? { Responses: [{}] } : {};
  };
  const questions = createQuestionStore({ client, tableName: 'controllers' });
  await questions.ask(givenQuestion({ owner: platformOwner, askedAt: noon }));
  expect(expiries.map((at) => at - noon / 1000)).toEqual([3_600, 24 * 3_600]);
});
