/** What a transaction under way does to other writes of its items. */
import { describe, expect, it } from '@jest/globals';
import { Conflicts } from '../../../lib/local/aws/dynamodb-conflicts.ts';
import { tableKeysOf } from '../../../lib/local/aws/dynamodb-keys.ts';
import { type JsonAnswer, json } from '../../../lib/local/aws/dynamodb-throttle.ts';
import type { AwsCall } from '../../../lib/local/aws/service.ts';

const TableName = 'dev-jobs';
const KeySchema = [
  { AttributeName: 'tenant', KeyType: 'HASH' },
  { AttributeName: 'job', KeyType: 'RANGE' },
];
const tables = new Map([[TableName, tableKeysOf({ KeySchema })]]);
const keyOf = (job: string) => ({ tenant: { N: '1' }, job: { S: job } });
const update = (job: string) => ({ TableName, Key: keyOf(job), UpdateExpression: 'REMOVE lease' });
const transaction = (...jobs: string[]) => ({
  TransactItems: jobs.map((job) => ({ Update: update(job) })),
});
const statement = (job: string) => ({
  Statement: `UPDATE "${TableName}" SET "state" = ? WHERE "tenant" = ? AND "job" = ? AND ("state" = ?)`,
  Parameters: [{ S: 'done' }, { N: '1' }, { S: job }, { S: 'covered' }],
});
const insert = (job: string) => ({
  Statement: `INSERT INTO "${TableName}" VALUE {'job': ?, 'tenant': ?}`,
  Parameters: [{ S: job }, { N: '1' }],
});

type Handle = Parameters<Conflicts['handle']>[2];

function givenTables() {
  const conflicts = new Conflicts();
  const call = (action: string, input: object, handle: Handle = async () => json(200, {})) =>
    conflicts.handle({ action, input } as AwsCall, tables, handle);
  return { conflicts, call };
}

/** The transaction writes the job `busy` until it is let go. */
function whileBusy(ClientRequestToken = 'first') {
  const { conflicts, call } = givenTables();
  const { promise, resolve } = Promise.withResolvers<JsonAnswer>();
  const first = call('TransactWriteItems', { ...transaction('busy'), ClientRequestToken }, () => promise);
  const letGo = () => {
    resolve(json(200, {}));
    return first;
  };
  return { conflicts, call, letGo };
}

const outcomeOf = ({ status, body }: JsonAnswer) => ({ status, ...(JSON.parse(body) as object) });
const conflict = {
  status: 400,
  __type: expect.stringMatching(/#TransactionConflictException$/),
};

describe('while a transaction writes an item', () => {
  it.each<[string, object]>([
    ['UpdateItem', update('busy')],
    ['DeleteItem', { TableName, Key: keyOf('busy') }],
    ['PutItem', { TableName, Item: { ...keyOf('busy'), state: { S: 'new' } } }],
  ])('%s of it fails, but of another item it does not', async (action, input) => {
    const { call, conflicts, letGo } = whileBusy();
    expect(outcomeOf(await call(action, input))).toMatchObject(conflict);
    expect(await call(action, JSON.parse(JSON.stringify(input).replace('busy', 'free')))).toEqual(
      json(200, {}),
    );
    expect(conflicts.refused).toBe(1);
    expect(await letGo()).toEqual(json(200, {}));
    expect(await call(action, input)).toEqual(json(200, {}));
  });

  it('a batch of statements fails at that item alone', async () => {
    const { call, letGo } = whileBusy();
    const Statements = [statement('free'), statement('busy'), insert('busy'), insert('new')];
    const answer = await call('BatchExecuteStatement', { Statements }, async (input) =>
      json(200, {
        Responses: (input['Statements'] as typeof Statements).map(({ Parameters: Item }) => ({ Item })),
      }),
    );
    const failed = { Error: { Code: 'TransactionConflict', Message: expect.any(String) } };
    expect(outcomeOf(answer)).toEqual({
      status: 200,
      Responses: [{ Item: statement('free').Parameters }, failed, failed, { Item: insert('new').Parameters }],
    });
    await letGo();
  });

  it('another transaction with it is cancelled, and names the item', async () => {
    const { call, letGo } = whileBusy();
    const second = transaction('free', 'busy');
    expect(outcomeOf(await call('TransactWriteItems', second))).toMatchObject({
      status: 400,
      __type: expect.stringMatching(/#TransactionCanceledException$/),
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
    });
    await letGo();
    expect(await call('TransactWriteItems', second)).toEqual(json(200, {}));
  });

  it('the same transaction, sent again, is in progress', async () => {
    const { call, letGo } = whileBusy('once');
    const again = { ...transaction('busy'), ClientRequestToken: 'once' };
    expect(outcomeOf(await call('TransactWriteItems', again))).toMatchObject({
      status: 400,
      __type: expect.stringMatching(/#TransactionInProgressException$/),
    });
    await letGo();
  });

  it('reads see it as it is', async () => {
    const { call, letGo } = whileBusy();
    expect(await call('GetItem', { TableName, Key: keyOf('busy') })).toEqual(json(200, {}));
    await letGo();
  });
});

it('a transaction that fails lets its items go', async () => {
  const { call } = givenTables();
  const broken = () => Promise.reject(new Error('The engine is gone.'));
  await expect(call('TransactWriteItems', transaction('busy'), broken)).rejects.toThrow(
    'The engine is gone.',
  );
  expect(await call('UpdateItem', update('busy'))).toEqual(json(200, {}));
});
