/**
 * Reads every tenant and every waiting job, in two parallel scans. The cost grows with the rows of tenants and with
 * the waiting jobs, without a separate read for each tenant.
 */
import { type DynamoDBClient, paginateScan, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { waitingRange } from '../../adapters/dynamodb/job-row.ts';
import { carriedAttribute, leasesAttribute, spentAttribute, tables } from '../../contract/tables.ts';
import { monthOf } from '../../core/days.ts';
import { type ReasonCode, storedCode } from '../../core/reason.ts';
import type { CommandCall } from '../command.ts';
import { waitsSinceOf } from '../read-waiting.ts';
import type { Waiting } from '../status-problems.ts';
import { type FoundTenant, found } from './find-tenant.ts';

export interface TenantAndWaiting extends FoundTenant {
  readonly waiting: ReadonlyMap<ReasonCode, Waiting>;
}

/** The attributes that a row must have and that a list shows: less than half of a row. */
const shownAttributes = [
  'installation_id',
  'status',
  'suspended_by',
  'status_before_deletion',
  'tier',
  'max_runners',
  'account_id',
  'account_login',
  'account_type',
  'attention',
  'attention_code',
  'attention_since',
  'created_at',
  leasesAttribute,
  'spend_cap',
  'daily_cap',
  'spend_strict',
] as const;

/** This month's cost. */
const spentNames = (now: number) => [spentAttribute(monthOf(now)), carriedAttribute(monthOf(now))];

const partsAtOnce = 8;

export async function readAll(
  client: DynamoDBClient,
  config: CommandCall['config'],
): Promise<TenantAndWaiting[]> {
  const names = [...shownAttributes, ...spentNames(Date.now())];
  const [rows, jobs] = await Promise.all([
    scanAll(client, {
      TableName: `${config.environment}-${tables.tenants.suffix}`,
      ProjectionExpression: names.map((_, n) => `#name${n}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name, n) => [`#name${n}`, name])),
    }),
    scanAll(client, {
      TableName: `${config.environment}-${tables.jobs.suffix}`,
      IndexName: tables.jobs.indexes.pending.name,
      FilterExpression: 'begins_with(pending, :waiting)',
      ProjectionExpression: 'installation_id, reason, accepted_at, approved_at',
      ExpressionAttributeValues: { ':waiting': { S: waitingRange.start } },
    }),
  ]);
  const waiting = Map.groupBy(jobs, (job) => job['installation_id']?.N);
  return rows.map((row) => ({
    ...found(row),
    waiting: counted(waiting.get(row['installation_id']?.N) ?? []),
  }));
}

async function scanAll(client: DynamoDBClient, input: ScanCommandInput): Promise<Attributes[]> {
  const part = async (Segment: number) => {
    const rows: Attributes[] = [];
    const pages = paginateScan({ client }, { ...input, Segment, TotalSegments: partsAtOnce });
    for await (const { Items = [] } of pages) rows.push(...Items);
    return rows;
  };
  return (await Promise.all(Array.from({ length: partsAtOnce }, (_, n) => part(n)))).flat();
}

function counted(jobs: readonly Attributes[]): Map<ReasonCode, Waiting> {
  const waiting = new Map<ReasonCode, Waiting>();
  for (const job of jobs) {
    const { reason } = job;
    const code = storedCode(reason?.M?.['code']?.S ?? 'queued');
    const accepted = waitsSinceOf(job);
    const known = waiting.get(code);
    waiting.set(code, {
      jobs: (known?.jobs ?? 0) + 1,
      oldestAcceptedAt: Math.min(known?.oldestAcceptedAt ?? accepted, accepted),
      text: known?.text ?? reason?.M?.['text']?.S ?? '',
    });
  }
  return waiting;
}
