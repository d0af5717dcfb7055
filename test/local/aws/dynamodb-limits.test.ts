/** How much a key takes in a second, and how calls beyond that are answered. */
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { operational } from '../../../lib/adapters/dynamodb/errors.ts';
import type { DynamoService } from '../../../lib/local/aws/dynamodb.ts';
import { KeyLimits } from '../../../lib/local/aws/dynamodb-limits.ts';
import { nonEmpty } from '../../support/non-empty.ts';
import { type DynamoWorld, startDynamoWorld } from './support.ts';

describe('the limits of a key', () => {
  it('allow a second’s worth at once, and then as much as is refilled', () => {
    const limits = new KeyLimits();
    limits.use('row', 'write', { units: 1_000, now: 0 });
    expect(limits.isUsedUp('row', 'write', 0)).toBe(true);
    expect(limits.isUsedUp('other', 'write', 0)).toBe(false);
    expect(limits.isUsedUp('row', 'read', 0)).toBe(false);
    expect(limits.isUsedUp('row', 'write', 1)).toBe(false);
    limits.use('row', 'write', { units: 2_001, now: 1 });
    expect(limits.isUsedUp('row', 'write', 2_000)).toBe(true);
    expect(limits.isUsedUp('row', 'write', 2_002)).toBe(false);
    expect(limits.throttled).toBe(2);
  });

  it("save up at most a second's worth", () => {
    const limits = new KeyLimits();
    limits.use('row', 'read', { units: 1, now: 0 });
    limits.use('row', 'read', { units: 3_000, now: 300_000 });
    expect(limits.isUsedUp('row', 'read', 300_000)).toBe(true);
  });
});

const TableName = 'dev-rows';
const oneUnitAnHour = { writesPerSecond: 1 / 3600, readsPerSecond: 1 / 3600 };

describe('calls to DynamoDB whose key is throttled', () => {
  let world: DynamoWorld;
  let service: DynamoService;
  let client: DynamoDBClient;
  beforeAll(async () => {
    world = await startDynamoWorld();
    ({ service, client } = world);
    await service.createTable({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
  });
  afterAll(() => world.close());
  /** The key `hot` is used up, `cold` is not. */
  beforeEach(async () => {
    service.limitKeys(undefined);
    for (const id of ['hot', 'cold']) {
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
    }
    service.limitKeys(oneUnitAnHour);
    await update('hot');
    await client.send(queryOf('hot'));
  });

  const update = (id: string) =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: { id: { S: id } },
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
  const queryOf = (id: string) =>
    new QueryCommand({
      TableName,
      KeyConditionExpression: '#id = :id',
      ExpressionAttributeNames: { '#id': 'id' },
      ExpressionAttributeValues: { ':id': { S: id } },
      ConsistentRead: true,
    });

  const throttled = expect.stringMatching(/^(Throttling|ProvisionedThroughputExceeded)Exception$/);

  it('are refused by turns with each exception that AWS names, and with its reason', async () => {
    const refusals = await Promise.all(
      [1, 2].map(() =>
        update('hot').then(
          () => new Error('done'),
          (error: Error) => error,
        ),
      ),
    );
    expect(refusals.map(({ name }) => name).sort()).toEqual([
      'ProvisionedThroughputExceededException',
      'ThrottlingException',
    ]);
    const reasons = [{ reason: 'TableWriteKeyRangeThroughputExceeded', resource: expect.any(String) }];
    for (const refusal of nonEmpty(refusals)) {
      const { ThrottlingReasons, throttlingReasons } = refusal as Error & Record<string, unknown>;
      expect(ThrottlingReasons ?? throttlingReasons).toEqual(reasons);
      expect(operational('writing', refusal)).toMatchObject({ retryable: true });
    }
  });

  it('are refused individually, without an effect', async () => {
    await expect(update('hot')).rejects.toMatchObject({ name: throttled });
    await expect(client.send(queryOf('hot'))).rejects.toMatchObject({ name: throttled });
    await update('cold');
    expect(service.throttled()).toBe(2);
    service.limitKeys(undefined);
    expect((await update('hot')).Attributes?.['n']).toEqual({ N: '2' });
  });

  it('cancel a transaction as a whole, and name the item', async () => {
    const Update = (id: string) => ({
      TableName,
      Key: { id: { S: id } },
      UpdateExpression: 'REMOVE n',
    });
    const items = { TransactItems: [{ Update: Update('cold') }, { Update: Update('hot') }] };
    await expect(client.send(new TransactWriteItemsCommand(items))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }],
    });
  });

  it('leave keys of a batch unread, and fail the batch if none is left', async () => {
    const keys = (...ids: string[]) =>
      new BatchGetItemCommand({
        RequestItems: { [TableName]: { Keys: ids.map((id) => ({ id: { S: id } })), ConsistentRead: true } },
      });
    const answer = await client.send(keys('hot', 'cold'));
    expect(answer.Responses?.[TableName]).toEqual([{ id: { S: 'cold' } }]);
    expect(answer.UnprocessedKeys?.[TableName]?.Keys).toEqual([{ id: { S: 'hot' } }]);
    await expect(client.send(keys('hot'))).rejects.toMatchObject({ name: throttled });
  });

  it('fail separately among the statements of a batch', async () => {
    const insert = (id: string) => ({
      Statement: `INSERT INTO "${TableName}" VALUE {'state': ?, 'id': ?}`,
      Parameters: [{ S: 'new' }, { S: id }],
    });
    const change = { Statement: `UPDATE "${TableName}" SET "n" = ? WHERE "id" = ?` };
    const Statements = [
      insert('fresh'),
      { ...change, Parameters: [{ N: '7' }, { S: 'hot' }] },
      { ...change, Parameters: [{ N: '7' }, { S: 'cold' }] },
    ];
    const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
    expect(Responses.map((response) => response.Error?.Code)).toEqual([
      undefined,
      expect.stringMatching(/^(ThrottlingError|ProvisionedThroughputExceeded)$/),
      undefined,
    ]);
  });
});
