/**
 * Gives the jobs of a launch that is taken their leases, each in a write of its own, many in one call. Whoever finds a job
 * that does not wait learns of it before any machine is asked for. Done twice, it finds the jobs as it left them.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import { number, text } from './attributes.ts';
import { findRows } from './find-rows.ts';
import { jobKey } from './job-row.ts';
import { runStatements } from './statements.ts';

/** @returns those that are not to be had */
export async function coverJobs(
  client: DynamoDBClient,
  tableName: string,
  launch: Launch,
): Promise<PlannedJob[]> {
  const { installationId, plannedJobs } = launch;
  const outcomes = await runStatements(
    client,
    plannedJobs.map(({ jobId, lease }) => ({
      Statement: `UPDATE "${tableName}" SET "state" = 'covered' SET "lease" = ? SET "attempts" = "attempts" + 1 REMOVE "reason" REMOVE "retry_at" REMOVE "pending" WHERE "installation_id" = ? AND "job_id" = ? AND "state" = 'waiting'`,
      Parameters: [text(lease), number(installationId), number(jobId)],
    })),
  );
  const failed = outcomes.find((outcome) => typeof outcome === 'object');
  if (failed) throw failed;
  const refused = plannedJobs.filter((_, n) => outcomes[n] === 'refused');
  if (refused.length === 0) return [];
  const rows = await findRows(
    client,
    tableName,
    refused.map(({ jobId }) => jobKey(installationId, jobId)),
  );
  // Covered by this very lease: it was done before, and its answer lost.
  const own = new Set(rows.flatMap((row) => (row['state']?.S === 'covered' ? [row['lease']?.S] : [])));
  return refused.filter(({ lease }) => !own.has(lease));
}
