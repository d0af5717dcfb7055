/** What every RequestCounts promises: each request counts once, in its window, however many come at the same time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRequestCounts } from '../../lib/adapters/dynamodb/request-counts.ts';
import type { RequestCounts } from '../../lib/ports/request-counts.ts';
import { createMemoryRequestCounts } from '../fakes/request-counts.ts';
import { noon } from '../support/given.ts';
import { dynamoBackend } from './support/store-backends.ts';

const endsAt = noon + 60_000;
const backend = dynamoBackend();

describe.each(['in memory', 'in DynamoDB'])('RequestCounts %s', (where) => {
  let counts: RequestCounts;
  beforeAll(async () => {
    if (where === 'in memory') {
      counts = createMemoryRequestCounts();
      return;
    }
    await backend.start();
    const { client, tables } = await backend.fresh();
    counts = createRequestCounts({ client, tableName: tables.notes });
  });
  afterAll(() => (where === 'in memory' ? undefined : backend.stop()));

  it('counts each name of a window for itself, from one', async () => {
    const window = { name: 'api-requests/101/1', endsAt };
    expect(await counts.count(window, ['tok_1', 'tenant'])).toEqual([1, 1]);
    expect(await counts.count(window, ['tok_2', 'tenant'])).toEqual([1, 2]);
    expect(await counts.count({ ...window, name: 'api-requests/101/2' }, ['tok_1', 'tenant'])).toEqual([
      1, 1,
    ]);
  });

  it('gives each of many simultaneous requests its own number', async () => {
    const window = { name: 'api-requests/102/1', endsAt };
    const all = await Promise.all(Array.from({ length: 8 }, () => counts.count(window, ['tenant'])));
    expect(all.flat().sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
