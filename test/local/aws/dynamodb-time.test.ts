/** What DynamoDB does late: showing writes in a global index, and deleting what has expired. */
import {
  BatchExecuteStatementCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DynamoService } from '../../../lib/local/aws/dynamodb.ts';
import { type DynamoWorld, startDynamoWorld } from './support.ts';

const hour = 3_600_000;

describe('a table with a global index and a time to live', () => {
  let world: DynamoWorld;
  let service: DynamoService;
  let client: DynamoDBClient;
  let TableName: string;
  let tables = 0;
  beforeAll(async () => {
    world = await startDynamoWorld();
    ({ service, client } = world);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    service.lagIndexes(0);
    tables += 1;
    TableName = `dev-launches-${tables}`;
    const attribute = (AttributeName: string, AttributeType: string) => ({ AttributeName, AttributeType });
    const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });
    await service.createTable(
      {
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [attribute('id', 'S'), attribute('open', 'S'), attribute('deadline', 'N')],
        KeySchema: [key('id', 'HASH')],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'overdue',
            KeySchema: [key('open', 'HASH'), key('deadline', 'RANGE')],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
      { timeToLiveAttribute: 'expires_at' },
    );
  });

  const rowOf = (id: string) => ({ id: { S: id }, open: { S: 'open' }, deadline: { N: '1' } });
  const put = (id: string) => client.send(new PutItemCommand({ TableName, Item: rowOf(id) }));
  const change = (id: string, name: string) => ({
    TableName,
    Key: { id: { S: id } },
    UpdateExpression: 'SET #name = :two',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':two': { N: '2' } },
  });
  async function listed() {
    const { Items = [], Count } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'overdue',
        KeyConditionExpression: '#open = :open',
        ExpressionAttributeNames: { '#open': 'open' },
        ExpressionAttributeValues: { ':open': { S: 'open' } },
      }),
    );
    expect(Count).toBe(Items.length);
    return Items.map(({ id }) => id?.S).toSorted();
  }

  it('shows a new row in the index at once, unless told to lag', async () => {
    await put('early');
    service.lagIndexes(hour);
    await put('late');
    expect(await listed()).toEqual(['early']);
    service.lagIndexes(0);
    expect(await listed()).toEqual(['early', 'late']);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['an update', (id) => client.send(new UpdateItemCommand(change(id, 'deadline')))],
    [
      'a transaction',
      (id) =>
        client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: change(id, 'deadline') }] })),
    ],
    [
      'a statement',
      (id) => {
        const Statement = `UPDATE "${TableName}" SET "deadline" = ? WHERE "id" = ? AND ("open" = ?)`;
        const Parameters = [{ N: '2' }, { S: id }, { S: 'open' }];
        return client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }));
      },
    ],
  ])('lacks a row for a while whose place in the index %s has changed', async (_, write) => {
    await put('moved');
    service.lagIndexes(hour);
    await write('moved');
    expect(await listed()).toEqual([]);
  });

  it('goes on showing a row whose other attributes change, and whose change failed', async () => {
    await put('same');
    service.lagIndexes(hour);
    await client.send(new UpdateItemCommand(change('same', 'machines')));
    const failing = { ...change('same', 'deadline'), ConditionExpression: 'attribute_not_exists(id)' };
    await expect(client.send(new UpdateItemCommand(failing))).rejects.toThrow();
    expect(await listed()).toEqual(['same']);
  });

  it('goes on showing a row if only a condition, a value or a removal names an attribute of the index', async () => {
    await put('same');
    service.lagIndexes(hour);
    const only = 'attribute_exists(deadline) AND attribute_not_exists(deadline_of_another)';
    await client.send(
      new UpdateItemCommand({ ...change('same', 'deadline_of_another'), ConditionExpression: only }),
    );
    const value = { Key: { id: { S: 'same' } }, ExpressionAttributeValues: { ':text': { S: 'deadline' } } };
    const UpdateExpression = 'SET machines = :text REMOVE deadline_of_another';
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [{ Update: { TableName, ...value, UpdateExpression } }],
      }),
    );
    const Statement = `UPDATE "${TableName}" SET "machines" = ? WHERE "id" = ? AND ("deadline" = ?)`;
    const Parameters = [{ S: 'open' }, { S: 'same' }, { N: '1' }];
    await client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }));
    expect(await listed()).toEqual(['same']);
  });

  it('goes on showing a row if another with its key is refused', async () => {
    await put('same');
    service.lagIndexes(hour);
    const Statement = `INSERT INTO "${TableName}" VALUE {'id': ?, 'open': ?, 'deadline': ?}`;
    const insert = (id: string) => ({ Statement, Parameters: [{ S: id }, { S: 'open' }, { N: '1' }] });
    const Statements = [insert('same'), insert('new')];
    const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements }));
    expect(Responses?.map(({ Error: error }) => error?.Code)).toEqual(['DuplicateItem', undefined]);
    expect(await listed()).toEqual(['same']);
    service.lagIndexes(0);
    expect(await listed()).toEqual(['new', 'same']);
  });

  it('shows a row once the time is over', async () => {
    service.lagIndexes(1);
    await put('soon');
    let found = await listed();
    while (found.length === 0) found = await listed();
    expect(found).toEqual(['soon']);
  });

  it('deletes what has expired when asked to, and nothing else', async () => {
    const at = (milliseconds: number) => ({ N: String(Math.floor((Date.now() + milliseconds) / 1000)) });
    const rows = { over: { expires_at: at(-hour) }, valid: { expires_at: at(hour) }, lasting: {} };
    for (const [id, row] of Object.entries(rows))
      await client.send(new PutItemCommand({ TableName, Item: { ...rowOf(id), ...row } }));
    expect(await service.deleteExpired()).toBe(1);
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    expect(Items.map(({ id }) => id?.S).toSorted()).toEqual(['lasting', 'valid']);
    expect(await service.deleteExpired()).toBe(0);
  });

  it('deletes what has expired beyond the first megabyte of a table, too', async () => {
    const large = { expires_at: { N: '1' }, text: { S: 'x'.repeat(390_000) } };
    for (const id of ['one', 'two', 'three', 'four'])
      await client.send(new PutItemCommand({ TableName, Item: { ...rowOf(id), ...large } }));
    expect(await service.deleteExpired()).toBe(4);
  });
});
