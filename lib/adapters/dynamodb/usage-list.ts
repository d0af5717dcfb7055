/** Reads the usage records of the machines launched on some days, of all tenants or of one. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { chunksOf } from '../../core/chunks.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { UsageRecord } from '../../core/usage.ts';
import { text } from './attributes.ts';
import { queryRows } from './read.ts';
import { machinesOf, partsOfDay, usageOfRow } from './usage-row.ts';

export interface UsageQuery {
  /** `2026-11-21`, in UTC. */
  readonly days: readonly string[];
  /** Absent: all tenants. */
  readonly installationId?: InstallationId;
}

const queriesAtOnce = 16;
/** Of one part of one day: sixteen million machines a day. */
const mostRows = 1_000_000;

/** In no order. @throws OperationalError */
export async function listUsage(
  { client, tableName }: { client: DynamoDBClient; tableName: string },
  { days, installationId }: UsageQuery,
): Promise<UsageRecord[]> {
  const parts = days.flatMap(partsOfDay);
  const ofTenant = installationId === undefined ? '' : ' AND begins_with(#machine, :machines)';
  const readPart = async (part: string) => {
    const query = {
      TableName: tableName,
      KeyConditionExpression: `#day = :day${ofTenant}`,
      ExpressionAttributeNames: {
        '#day': 'day',
        ...(installationId === undefined ? {} : { '#machine': 'machine' }),
      },
      ExpressionAttributeValues: {
        ':day': text(part),
        ...(installationId === undefined ? {} : { ':machines': text(machinesOf(installationId)) }),
      },
    };
    return (await queryRows(client, query, mostRows)).map(usageOfRow);
  };
  const found: UsageRecord[] = [];
  for (const some of chunksOf(parts, queriesAtOnce)) {
    const pages = await Promise.all(some.map(readPart));
    for (const page of pages) for (const record of page) found.push(record);
  }
  return found;
}
