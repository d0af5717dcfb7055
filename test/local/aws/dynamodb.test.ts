import {
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DynamoEngine, startDynamoEngine } from '../../../lib/local/aws/dynamo-engine.ts';
import { createDynamoService, type DynamoService } from '../../../lib/local/aws/dynamodb.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import { allowing, clientConfiguration, givenFunction, place } from './support.ts';

const table = 'dev-jobs';
const tableArn = `arn:aws:dynamodb:us-east-1:123456789012:table/${table}`;

describe('DynamoDB behind the endpoint', () => {
  let engine: DynamoEngine;
  let service: DynamoService;
  let endpoint: AwsEndpoint;
  let operator: DynamoDBClient;
  beforeAll(async () => {
    engine = await startDynamoEngine();
    service = createDynamoService({ engineUrl: engine.url });
    endpoint = await startAwsEndpoint({ ...place, services: [service] });
    operator = new DynamoDBClient(clientConfiguration(endpoint));
    await createJobsTable(service);
  });
  afterAll(async () => {
    await endpoint.close();
    service.close();
    await engine.close();
  });

  const put = (id: string, client = operator) =>
    client.send(
      new PutItemCommand({
        TableName: table,
        Item: { id: { S: id }, state: { S: 'waiting' } },
        ConditionExpression: 'attribute_not_exists(id)',
      }),
    );
  const clientOf = (name: string, action: string | string[], resource: string) =>
    new DynamoDBClient(
      clientConfiguration(endpoint, givenFunction(endpoint, name, allowing(action, resource))),
    );
  const unitsOf = (action: string) => {
    const count = endpoint.calls.counts().find((entry) => entry.action === action);
    return { read: count?.readUnits, write: count?.writeUnits };
  };

  it('obeys a table’s own policy, even for a caller who may do everything', async () => {
    const denied = 'dev-audit';
    await createJobsTable(service, denied);
    const Resource = tableArn.replace(table, denied);
    service.setPolicy(denied, {
      Statement: { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'dynamodb:DeleteItem', Resource },
    });
    const drop = (TableName: string) =>
      operator.send(new DeleteItemCommand({ TableName, Key: { id: { S: 'none' } } }));
    await expect(drop(denied)).rejects.toThrow(/explicit deny in a resource-based policy/);
    await drop(table);
  });

  it('returns what was put', async () => {
    await put('1');
    const { Item, ConsumedCapacity } = await operator.send(
      new GetItemCommand({ TableName: table, Key: { id: { S: '1' } }, ConsistentRead: true }),
    );
    expect(Item).toEqual({ id: { S: '1' }, state: { S: 'waiting' } });
    expect(ConsumedCapacity).toBeUndefined();
  });

  it('passes on the errors of the engine', async () => {
    await put('2');
    await expect(put('2')).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  const read = `SELECT * FROM "${table}" WHERE "id" = 'a'`;
  const write = `UPDATE "${table}" SET "state" = 'x' WHERE "id" = 'a'`;
  it.each<[string, string[], string]>([
    ['no statement', [], 'has 0 members'],
    ['26 statements', new Array<string>(26).fill(read), 'has 26 members'],
    ['a statement of 8,193 characters', [write.padEnd(8_193)], 'has 8193 characters'],
    ['reads beside writes', [write, read], 'Cannot mix reads and writes'],
  ])('refuses a batch with %s as a whole, which the engine does not', async (_, statements, message) => {
    const Statements = statements.map((Statement) => ({ Statement }));
    await expect(operator.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
  });

  it('shows tables as active, with their ARN in the account', async () => {
    const { Table } = await operator.send(new DescribeTableCommand({ TableName: table }));
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', TableArn: tableArn });
  });

  it('checks the permission on the index that is read', async () => {
    const byState = new QueryCommand({
      TableName: table,
      IndexName: 'by-state',
      KeyConditionExpression: '#state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': { S: 'nowhere' } },
    });
    const onTable = clientOf('table-only', 'dynamodb:Query', tableArn);
    const onIndex = clientOf('index-too', 'dynamodb:Query', `${tableArn}/index/by-state`);
    await expect(onTable.send(byState)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect((await onIndex.send(byState)).Items).toEqual([]);
  });

  it('checks the permission for each action of a transaction', async () => {
    const Item = { id: { S: 'transacted' } };
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: table, Item } },
        { Delete: { TableName: table, Key: { id: { S: 'x' } } } },
      ],
    });
    const half = clientOf('half', 'dynamodb:PutItem', tableArn);
    const whole = clientOf('whole', ['dynamodb:PutItem', 'dynamodb:DeleteItem'], tableArn);
    await expect(half.send(transaction)).rejects.toThrow(/dynamodb:DeleteItem/);
    await whole.send(transaction);
    const { Item: found } = await operator.send(
      new GetItemCommand({ TableName: table, Key: { id: { S: 'transacted' } } }),
    );
    expect(found).toEqual(Item);
  });

  it('counts the units that calls cost, including failed conditions and transactions', async () => {
    endpoint.calls.reset();
    await put('3');
    await expect(put('3')).rejects.toThrow();
    await operator.send(new GetItemCommand({ TableName: table, Key: { id: { S: '3' } } }));
    await operator.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "${table}" WHERE id='3'` }));
    const Update = {
      TableName: table,
      Key: { id: { S: '3' } },
      UpdateExpression: 'SET note = :note',
      ExpressionAttributeValues: { ':note': { S: 'x' } },
    };
    await operator.send(new TransactWriteItemsCommand({ TransactItems: [{ Update }] }));
    expect(unitsOf('PutItem').write).toBeGreaterThanOrEqual(2);
    expect(unitsOf('GetItem').read).toBe(0.5);
    expect(unitsOf('ExecuteStatement')).toEqual({ read: 0.5, write: 0 });
    expect(unitsOf('TransactWriteItems').write).toBeGreaterThanOrEqual(2);
  });

  it('returns the capacity to a caller who asks for it', async () => {
    const { ConsumedCapacity } = await operator.send(
      new GetItemCommand({ TableName: table, Key: { id: { S: '1' } }, ReturnConsumedCapacity: 'TOTAL' }),
    );
    expect(ConsumedCapacity).toMatchObject({ TableName: table, CapacityUnits: 0.5 });
  });

  it('says why a table cannot be created', async () => {
    await expect(createJobsTable(service)).rejects.toThrow(/refused CreateTable.*ResourceInUse/);
  });
});

function createJobsTable(service: DynamoService, TableName = table): Promise<void> {
  const input = {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'state', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-state',
        KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  };
  return service.createTable(input, { timeToLiveAttribute: 'expires_at' });
}
