import { type BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from '@jest/globals';
import { readTogether } from '../../../lib/adapters/dynamodb/read-together.ts';

/** A client that answers with nothing, and keeps what it was asked for. */
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

it('reads consistently, but for tables of which all that is read may lag', async () => {
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
])('reads a row consistently for both where one must see the latest', async ({ first, second }) => {
  const { client, isConsistent } = givenClient();
  await Promise.all([
    readTogether(client, 'notes', key('one'), { mayLag: first }),
    readTogether(client, 'notes', key('one'), { mayLag: second }),
  ]);
  expect(isConsistent('notes')).toEqual([true]);
});
