/**
 * The usage of past days in DynamoDB. It reads the sixteen partitions of a day side by side and merges them, a page of
 * each at a time: each has the tenants in the same order, so that all records of one tenant come together, in bounded
 * memory.
 */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InstallationId } from '../../core/ids.ts';
import type { RollUpProgress } from '../../core/roll-up-plan.ts';
import type { UsageRecord } from '../../core/usage.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { UsageLedger } from '../../ports/usage-ledger.ts';
import { type Attributes, compact, number, numberList, optional, text } from './attributes.ts';
import { comparisonStateKey, comparisonStateOf } from './comparison-state-row.ts';
import { operational } from './errors.ts';
import { queryPage } from './read.ts';
import { readTogether } from './read-together.ts';
import { readableRows } from './readable-rows.ts';
import { machinesOf, partsOfDay, usageOfRow } from './usage-row.ts';
import { progressKey, progressOfRow, sumsExpireAt, sumsRow } from './usage-sum-row.ts';
import { updateRow } from './write.ts';

interface Table {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

export function createUsageLedger(table: Table): UsageLedger {
  const { client, tableName } = table;
  return {
    progress: (days) => readProgress(table, days),
    recordsByTenant: (day, after, skipped) =>
      merged(partsOfDay(day).map((part) => partOf(table, part, { after }, skipped))),
    recordsOf: (day, only) => oneByOne(partsOfDay(day).map((part) => partOf(table, part, { only }))),
    async write(day, installationId, sums) {
      const Item = sumsRow(day, installationId, sums);
      try {
        await client.send(new PutItemCommand({ TableName: tableName, Item }));
      } catch (error) {
        throw operational('PutItem', error);
      }
    },
    save: (day, known, now) => saveProgress(table, day, { known, now }),
    async comparison() {
      const row = await readTogether(client, tableName, comparisonStateKey);
      return row && comparisonStateOf(row);
    },
  };
}

/** In one call. */
async function readProgress({ client, tableName }: Table, days: readonly string[]) {
  const rows = await Promise.all(days.map((day) => readTogether(client, tableName, progressKey(day))));
  return rows.map((row) => row && progressOfRow(row));
}

interface Step {
  readonly known: RollUpProgress | undefined;
  readonly now: RollUpProgress;
}

async function saveProgress({ client, tableName }: Table, day: string, { known, now }: Step) {
  const { finished } = now;
  const given = compact<Attributes>({
    after: optional(now.after, number),
    left: optional(now.skipped, numberList),
    tried_at: optional(now.triedAt, number),
  });
  const names = ['after', 'left', 'tried_at'];
  const sets = names.filter((name) => name in given).map((name) => `, #${name} = :${name}`);
  const gone = names.filter((name) => !(name in given)).map((name) => `#${name}`);
  const { met } = await updateRow(client, {
    tableName,
    key: progressKey(day),
    update: `SET #finished = :finished, #expires_at = :expires_at${sets.join('')}${
      gone.length === 0 ? '' : ` REMOVE ${gone.join(', ')}`
    }`,
    // The first save creates the row.
    condition: 'attribute_not_exists(#finished) OR #finished = :known',
    values: {
      ':finished': number(finished),
      ':expires_at': sumsExpireAt(day),
      ':known': number(known?.finished ?? 0),
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`:${name}`, value])),
    },
  });
  return met;
}

/** All tenants, those after one, or only one. */
interface Tenants {
  readonly after?: InstallationId | undefined;
  readonly only?: InstallationId;
}

/** A page at a time, in the order of the sort key. */
async function* partOf(
  { client, tableName }: Table,
  part: string,
  of: Tenants,
  skipped?: UnreadableRow[],
): AsyncGenerator<UsageRecord> {
  const { condition, values } = rangeOf(of);
  const query = {
    TableName: tableName,
    KeyConditionExpression: `#day = :day${condition}`,
    ExpressionAttributeNames: { '#day': 'day', ...(condition === '' ? {} : { '#machine': 'machine' }) },
    ExpressionAttributeValues: { ':day': text(part), ...values },
    Limit: rowsPerPage,
    // A correction of spending relies on reading as many records as leases that went back.
    ConsistentRead: true,
  };
  let start: Attributes | undefined;
  do {
    const page = await queryPage(client, { ...query, ExclusiveStartKey: start });
    const found: UnreadableRow[] = [];
    const how = { keyName: 'machine', skipped: skipped && found };
    const records = readableRows(page.Items ?? [], usageOfRow, how);
    // No edit changes a key.
    for (const unreadable of found) skipped?.push({ ...unreadable, installationId: ownerOf(unreadable) });
    yield* records;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function rangeOf({ after, only }: Tenants): { condition: string; values: Attributes } {
  if (only !== undefined)
    return {
      condition: ' AND begins_with(#machine, :machines)',
      values: { ':machines': text(machinesOf(only)) },
    };
  if (after === undefined) return { condition: '', values: {} };
  // After all of that tenant's machines, and before those of any later tenant.
  return { condition: ' AND #machine > :after', values: { ':after': text(`${machinesOf(after)}~`) } };
}

const ownerOf = ({ key }: UnreadableRow) => InstallationId(Number(key.split('#')[0]));

async function* oneByOne(lists: readonly AsyncGenerator<UsageRecord>[]): AsyncGenerator<UsageRecord> {
  for (const list of lists) yield* list;
}

/** A page is at most 1 MB anyway; sixteen of them are in memory. */
const rowsPerPage = 1_000;

/** All records of several lists that are each in order, in that order. */
async function* merged(lists: readonly AsyncGenerator<UsageRecord>[]): AsyncGenerator<UsageRecord> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, head: await list.next() })));
  for (;;) {
    const open = heads.filter(({ head }) => !head.done);
    const [first] = open;
    if (!first) return;
    const next = open.reduce((one, other) => (tenantKey(other.head) < tenantKey(one.head) ? other : one));
    const tenant = tenantKey(next.head);
    // The rest of this list's records of the tenant, then those of the other lists.
    while (!next.head.done && tenantKey(next.head) === tenant) {
      yield next.head.value as UsageRecord;
      next.head = await next.list.next();
    }
  }
}

/** As the sort key begins. */
const tenantKey = ({ value }: IteratorResult<UsageRecord>): string =>
  machinesOf((value as UsageRecord).installationId);
