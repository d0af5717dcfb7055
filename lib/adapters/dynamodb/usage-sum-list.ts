/**
 * Reads what the machines of some days cost, of all tenants or of one: a day's sums if they have been computed, otherwise
 * the records of its machines. The same applies to each tenant that was skipped when the sums were computed.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { InstallationId } from '../../core/ids.ts';
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
  /** The days on which sums are missing: all of them, or those of a tenant that was asked for. */
  readonly unsummed: readonly string[];
}

/** More tenants than any deployment has. */
const mostRows = 1_000_000;

/** In no order. @throws OperationalError */
export async function listSums(table: Table, query: UsageQuery): Promise<ListedSums> {
  const { days, ...of } = query;
  const found = await Promise.all(days.map((day) => sumsOfDay(table, day, query)));
  const records = await listUsage(table, { ...of, days: days.filter((_, n) => found[n] === undefined) });
  const sums = [...found.flatMap((day) => day?.sums ?? []), ...sumUp(records)];
  for (const [n, day] of days.entries())
    for (const installationId of found[n]?.missing ?? [])
      sums.push(...sumUp(await listUsage(table, { days: [day], installationId })));
  return { sums, unsummed: days.filter((_, n) => found[n]?.missing.length !== 0) };
}

interface SumsOfDay {
  readonly sums: readonly UsageSum[];
  /** Skipped tenants without sums of an earlier pass. */
  readonly missing: readonly InstallationId[];
}

/** Undefined: they are not computed yet. */
async function sumsOfDay(
  { client, tableName }: Table,
  day: string,
  { installationId }: UsageQuery,
): Promise<SumsOfDay | undefined> {
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
        // A finished day has all sums, but an older copy of the table may lack some.
        ConsistentRead: true,
      },
      mostRows,
    );
  const rows = await read(installationId === undefined ? undefined : progressKey(day)['machine']?.S);
  const progress = rows.find(isProgress);
  if (!progress) return undefined;
  const { finished, skipped = [] } = progressOfRow(progress);
  if (finished === 0) return undefined;
  // Read after the progress, because the day may be finished in between.
  if (installationId !== undefined) rows.push(...(await read(machinesOf(installationId))));
  const has = new Set(rows.map((row) => row['machine']?.S));
  const asked = (skipped as InstallationId[]).filter(
    (id) => installationId === undefined || id === installationId,
  );
  return {
    sums: rows.filter((row) => !isProgress(row)).flatMap(sumsOfRow),
    missing: asked.filter((id) => !has.has(machinesOf(id))),
  };
}
