/**
 * Reads what the machines of some days cost, of all tenants or of one: a day's sums if it has any, otherwise the records
 * of its machines.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sumUp, type UsageSum } from '../../core/usage-sum.ts';
import { text } from './attributes.ts';
import { queryRows } from './read.ts';
import { listUsage, type UsageQuery } from './usage-list.ts';
import { machinesOf } from './usage-row.ts';
import { isProgress, progressKey, progressOfRow, sumsOfRow, sumsPartition } from './usage-sum-row.ts';

interface Table {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

export interface ListedSums {
  readonly sums: readonly UsageSum[];
  /** The days without sums. */
  readonly unsummed: readonly string[];
}

/** More tenants than any deployment has. */
const mostRows = 1_000_000;

/** In no order. @throws OperationalError */
export async function listSums(table: Table, query: UsageQuery): Promise<ListedSums> {
  const { days, ...of } = query;
  const found = await Promise.all(days.map((day) => sumsOfDay(table, day, query)));
  const unsummed = days.filter((_, n) => found[n] === undefined);
  const records = await listUsage(table, { ...of, days: unsummed });
  return { sums: [...found.flatMap((sums) => sums ?? []), ...sumUp(records)], unsummed };
}

/** Undefined: not all of them exist yet. */
async function sumsOfDay(
  { client, tableName }: Table,
  day: string,
  { installationId }: UsageQuery,
): Promise<UsageSum[] | undefined> {
  const read = (machine?: string) =>
    queryRows(
      client,
      {
        TableName: tableName,
        KeyConditionExpression: `#day = :day${machine === undefined ? '' : ' AND #machine = :machine'}`,
        ExpressionAttributeNames: {
          '#day': 'day',
          ...(machine === undefined ? {} : { '#machine': 'machine' }),
        },
        ExpressionAttributeValues: {
          ':day': text(sumsPartition(day)),
          ...(machine === undefined ? {} : { ':machine': text(machine) }),
        },
      },
      mostRows,
    );
  const rows =
    installationId === undefined
      ? await read()
      : (await Promise.all([read(progressKey(day)['machine']?.S), read(machinesOf(installationId))])).flat();
  const progress = rows.find(isProgress);
  if (!progress || progressOfRow(progress).finished === 0) return undefined;
  return rows.filter((row) => !isProgress(row)).flatMap(sumsOfRow);
}
