/** The waiting jobs of one tenant, counted by reason, for `mayfly status` and the tenant commands. */
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../adapters/dynamodb/attributes.ts';
import { waitingRange } from '../adapters/dynamodb/job-row.ts';
import { tables } from '../contract/tables.ts';
import { type ReasonCode, storedCode } from '../core/reason.ts';
import type { Waiting } from './status-problems.ts';

export interface WaitingJob {
  readonly tier: string;
  readonly code: ReasonCode;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly acceptedAt: number;
}

/** Since when a waiting job could get a machine, by its row; see `waitsSince`. */
export const waitsSinceOf = ({ accepted_at: acceptedAt, approved_at: approvedAt }: Attributes): number =>
  Math.max(Number(acceptedAt?.N ?? Number.POSITIVE_INFINITY), Number(approvedAt?.N ?? 0));

/** Every waiting job of the tenant, by tier, oldest first. */
export async function* readWaitingJobs(
  client: DynamoDBClient,
  environment: string,
  installationId: number,
): AsyncGenerator<WaitingJob> {
  const query = {
    TableName: `${environment}-${tables.jobs.suffix}`,
    IndexName: tables.jobs.indexes.pending.name,
    KeyConditionExpression: 'installation_id = :tenant AND begins_with(pending, :waiting)',
    ExpressionAttributeValues: {
      ':tenant': { N: String(installationId) },
      ':waiting': { S: waitingRange.start },
    },
    ConsistentRead: true,
  };
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    for (const row of Items) {
      const { reason, tier } = row;
      yield {
        tier: tier?.S ?? '',
        code: storedCode(reason?.M?.['code']?.S ?? 'queued'),
        text: reason?.M?.['text']?.S ?? '',
        acceptedAt: waitsSinceOf(row),
      };
    }
  }
}

export async function readWaiting(
  client: DynamoDBClient,
  environment: string,
  installationId: number,
): Promise<Map<ReasonCode, Waiting>> {
  const found = new Map<ReasonCode, Waiting>();
  for await (const { code, text, acceptedAt } of readWaitingJobs(client, environment, installationId)) {
    const known = found.get(code) ?? { jobs: 0, oldestAcceptedAt: Number.POSITIVE_INFINITY, text };
    found.set(code, {
      ...known,
      jobs: known.jobs + 1,
      oldestAcceptedAt: Math.min(known.oldestAcceptedAt, acceptedAt),
    });
  }
  return found;
}
