/**
 * Collects reads of single rows that are requested in the same moment into one call, across tables: several tenants of a
 * batch, or a tenant and its notes. Each is read consistently, unless it may lag, and answered as soon as its row is there.
 */
import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { chunksOf } from '../../core/chunks.ts';
import { forEachConcurrently } from '../../core/for-each-concurrently.ts';
import type { OperationalError } from '../../ports/errors.ts';
import type { Attributes } from './attributes.ts';
import { operational, operationalCode } from './errors.ts';
import { maximumTries, pause } from './retry.ts';

/** DynamoDB's own limit. */
const keysPerCall = 100;
/** If there are more keys than one call takes, this many calls run at once. */
const callsAtOnce = 4;

interface Wanted {
  readonly tableName: string;
  readonly key: Attributes;
  readonly mayLag: boolean;
  readonly found: Promise<Attributes | undefined>;
  readonly resolve: (row: Attributes | undefined) => void;
  readonly reject: (error: OperationalError) => void;
}

const collecting = new WeakMap<DynamoDBClient, Map<string, Wanted>>();

/**
 * Undefined: there is no such row.
 * @param how.mayLag eventually consistent, at half the price: writes of the last second may be missing
 * @throws OperationalError
 */
export function readTogether(
  client: DynamoDBClient,
  tableName: string,
  key: Attributes,
  { mayLag = false }: { readonly mayLag?: boolean } = {},
): Promise<Attributes | undefined> {
  const wanted = collecting.get(client) ?? startCollecting(client);
  // One call reads a row once, in one way.
  const name = nameOf(tableName, key);
  const known = wanted.get(name);
  if (known?.mayLag && !mayLag) wanted.set(name, { ...known, mayLag });
  if (known) return known.found;
  const { promise: found, resolve, reject } = Promise.withResolvers<Attributes | undefined>();
  wanted.set(name, { tableName, key, mayLag, found, resolve, reject });
  return found;
}

function startCollecting(client: DynamoDBClient): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  collecting.set(client, wanted);
  setImmediate(() => {
    collecting.delete(client);
    void readAll(client, [...wanted.values()]);
  });
  return wanted;
}

async function readAll(client: DynamoDBClient, wanted: readonly Wanted[]): Promise<void> {
  await forEachConcurrently(chunksOf(wanted, keysPerCall), callsAtOnce, (batch) => readBatch(client, batch));
}

/**
 * DynamoDB may leave keys unread when it throttles, or if rows exceed 16 MB. Never throws: each caller gets its own
 * error.
 */
async function readBatch(client: DynamoDBClient, batch: readonly Wanted[]): Promise<void> {
  let open = new Map(batch.map((one) => [nameOf(one.tableName, one.key), one]));
  for (let tries = 1; open.size > 0; tries += 1) {
    try {
      const { Responses = {}, UnprocessedKeys = {} } = await client.send(
        new BatchGetItemCommand({ RequestItems: requestOf([...open.values()]) }),
      );
      const unread = new Map<string, Wanted>();
      for (const [tableName, { Keys = [] }] of Object.entries(UnprocessedKeys)) {
        for (const key of Keys) {
          const name = nameOf(tableName, key);
          const one = open.get(name);
          if (one) unread.set(name, one);
        }
      }
      const rows = byName(Responses, [...open.values()]);
      for (const [name, one] of open) if (!unread.has(name)) one.resolve(rows.get(name));
      open = unread;
      if (open.size === 0) return;
      if (tries === maximumTries) {
        throw operationalCode('BatchGetItem', 'UnprocessedKeys', `${open.size} left`);
      }
    } catch (error) {
      const failure = operational('BatchGetItem', error);
      for (const one of open.values()) one.reject(failure);
      return;
    }
    await pause(tries);
  }
}

function requestOf(wanted: readonly Wanted[]): Record<string, KeysAndAttributes> {
  const byTable = Map.groupBy(wanted, ({ tableName }) => tableName);
  return Object.fromEntries(
    [...byTable].map(([tableName, some]) => [
      tableName,
      // A call reads a table in one way. AWS says that a consistent read costs twice as much as one that may lag:
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
      { Keys: some.map(({ key }) => key), ConsistentRead: !some.every(({ mayLag }) => mayLag) },
    ]),
  );
}

const nameOf = (tableName: string, key: Attributes) =>
  JSON.stringify([tableName, ...Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1))]);

/** Rows come in no order; all keys of a table have the same attributes. */
function byName(
  responses: Readonly<Record<string, Attributes[]>>,
  wanted: readonly Wanted[],
): Map<string, Attributes> {
  const attributes = new Map(wanted.map(({ tableName, key }) => [tableName, Object.keys(key)]));
  const rows = Object.entries(responses).flatMap(([tableName, some]) =>
    some.map((row): [string, Attributes] => {
      const key = (attributes.get(tableName) ?? []).map((name) => [name, row[name]] as const);
      return [nameOf(tableName, Object.fromEntries(key) as Attributes), row];
    }),
  );
  return new Map(rows);
}
