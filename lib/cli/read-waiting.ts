/** The waiting jobs of one tenant, counted by their reasons: what `mayfly status` and the tenant commands show. */
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { waitingRange } from '../adapters/dynamodb/job-row.ts';
import { tables } from '../contract/tables.ts';
import type { ReasonCode } from '../core/reason.ts';
import type { Waiting } from './status-problems.ts';

export async function readWaiting(
  client: DynamoDBClient,
  environment: string,
  installationId: number,
): Promise<Map<ReasonCode, Waiting>> {
  const found = new Map<ReasonCode, Waiting>();
  const query = {
    TableName: `${environment}-${tables.jobs.suffix}`,
    IndexName: tables.jobs.indexes.pending.name,
    KeyConditionExpression: 'installation_id = :tenant AND begins_with(pending, :waiting)',
    ExpressionAttributeValues: {
      ':tenant': { N: String(installationId) },
      ':waiting': { S: waitingRange.start },
    },
  };
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    for (const { reason, accepted_at: acceptedAt } of Items) {
      const code = (reason?.M?.['code']?.S ?? 'queued') as ReasonCode;
      const { jobs, oldestAcceptedAt, text } = found.get(code) ?? {
        jobs: 0,
        oldestAcceptedAt: Number.POSITIVE_INFINITY,
        text: reason?.M?.['text']?.S ?? '',
      };
      const acceptedMilliseconds = Number(acceptedAt?.N ?? Number.POSITIVE_INFINITY);
      found.set(code, {
        jobs: jobs + 1,
        oldestAcceptedAt: Math.min(oldestAcceptedAt, acceptedMilliseconds),
        text,
      });
    }
  }
  return found;
}
