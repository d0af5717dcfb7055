/**
 * The jobs in DynamoDB. Each change of state is one conditional write whose condition names the state it comes from, so
 * that late and repeated events change nothing. What waits is read from a local index, consistently: a lease that comes
 * free must see the job that was written before it.
 *
 *   insert → any state    block: waiting, covered → blocked    waitAgain: covered → waiting    requeue: running → waiting
 *   rest, moveTier: waiting → waiting    start: any but done → running    finish: any but done → done    refuseWaiting: waiting → done
 *   reopen: blocked → waiting, and so from done where the platform ended it; there GitHub's start and end count as well
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tables } from '../../contract/tables.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { InsertOutcome, JobStore } from '../../ports/jobs.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { type Attributes, number, text } from './attributes.ts';
import { findRows } from './find-rows.ts';
import * as changes from './job-changes.ts';
import {
  afterTier,
  jobKey,
  jobOfRow,
  jobRow,
  reasonValue,
  tierOfPlace,
  waitingPrefix,
  waitingRange,
} from './job-row.ts';
import { getRow, queryPage, queryRows, scanRows } from './read.ts';
import { readableRows } from './readable-rows.ts';
import { demandAll, runStatements } from './statements.ts';
import { updateRow } from './write.ts';
import { insertTogether, updateTogether } from './write-together.ts';

/** More than a tenant may have waiting; any beyond this are found once those before them are gone. */
const mostWaitingRead = 20_000;

/** Together about one read unit, like a single row; a second query would delay jobs that wait for a machine's end. */
const fewWaiting = 4;

interface WaitingRange {
  readonly from: string;
  readonly to: string;
  /** Reads eventually consistently, at half the price: writes of the last second may be missing. */
  readonly mayLag?: true;
}

export function createJobStore(deps: { client: DynamoDBClient; tableName: string }): JobStore {
  const { client, tableName } = deps;

  const change = (installationId: InstallationId, jobId: JobId, how: changes.JobChange) =>
    updateRow(client, { tableName, key: jobKey(installationId, jobId), ...how }, 'ALL_OLD');

  const changed = async (installationId: InstallationId, jobId: JobId, how: changes.JobChange) =>
    (await change(installationId, jobId, how)).met;

  /** Facts come in batches, so their writes share calls. @returns the job as it was before, whether or not it changed */
  const beforeFact = async (installationId: InstallationId, jobId: JobId, how: changes.JobChange) => {
    const write = { tableName, key: jobKey(installationId, jobId), ...how };
    const { row } = await updateTogether(client, write, 'ALL OLD');
    return row && jobOfRow(row);
  };

  const waitingQuery = (installationId: InstallationId, range: WaitingRange) => ({
    TableName: tableName,
    IndexName: tables.jobs.indexes.pending.name,
    ConsistentRead: !range.mayLag,
    KeyConditionExpression: 'installation_id = :tenant AND pending BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':tenant': number(installationId),
      ':from': text(range.from),
      ':to': text(range.to),
    },
  });
  const waiting = (installationId: InstallationId, range: WaitingRange, limit: number) =>
    queryRows(client, waitingQuery(installationId, range), limit);

  /** Rows that cannot be read do not count towards the limit: to callers, fewer jobs mean that the line ends there. */
  const waitingJobs = async (
    installationId: InstallationId,
    range: WaitingRange,
    { limit, skipped = [] }: { readonly limit: number; readonly skipped?: UnreadableRow[] | undefined },
  ) => {
    for (let wanted = limit; ; ) {
      const rows = await waiting(installationId, range, wanted);
      const unreadable: UnreadableRow[] = [];
      const jobs = readableJobs(rows, unreadable);
      if (rows.length < wanted || jobs.length >= limit) {
        skipped.push(...unreadable);
        return jobs.slice(0, limit);
      }
      wanted += rows.length - jobs.length;
    }
  };

  return {
    insert: (jobs) => insertJobs(client, tableName, jobs),
    async get(installationId, jobId) {
      const row = await getRow(client, tableName, jobKey(installationId, jobId));
      return row && jobOfRow(row);
    },
    async find(installationId, jobIds, skipped) {
      const keys = [...new Set(jobIds)].map((jobId) => jobKey(installationId, jobId));
      return readableRows(await findRows(client, tableName, keys), jobOfRow, { keyName, skipped });
    },
    async listNewest(installationId, limit, skipped) {
      const query = {
        TableName: tableName,
        KeyConditionExpression: 'installation_id = :tenant',
        ExpressionAttributeValues: { ':tenant': number(installationId) },
        ScanIndexForward: false,
      };
      return readableJobs(await queryRows(client, query, limit), skipped);
    },
    async findAcrossTenants(jobId, installationIds) {
      const keys = [...new Set(installationIds)].map((installationId) => jobKey(installationId, jobId));
      const [row] = await findRows(client, tableName, keys);
      return row && jobOfRow(row);
    },
    listWaiting(installationId, tier, limit, skipped) {
      return waitingJobs(installationId, rangeOf(tier), { limit, skipped });
    },
    async pageOfWaiting(installationId, tier, { limit, cursor }) {
      const query = waitingQuery(installationId, rangeOf(tier));
      const page = await queryPage(client, { ...query, Limit: limit, ...startOf(cursor) });
      return pageOf(readableJobs(page.Items ?? []), page.LastEvaluatedKey);
    },
    glanceAtWaiting(installationId, tier, limit) {
      return waitingJobs(installationId, { ...rangeOf(tier), mayLag: true }, { limit });
    },
    async listWaitingBeyond(installationId, count, limit) {
      // The index sorts by tier first, and age counts over all tiers: so read all of them.
      const range = { from: waitingRange.start, to: waitingRange.end };
      const rows = await waiting(installationId, range, mostWaitingRead);
      const jobs = readableJobs(rows);
      jobs.sort((a, b) => a.queuedAt - b.queuedAt || a.jobId - b.jobId);
      // Nobody knows how old a job is whose row cannot be read: it counts among the oldest.
      const first = Math.max(0, count - (rows.length - jobs.length));
      return jobs.slice(first, first + limit);
    },
    async tiersWithWaiting(installationId) {
      const tiers: TierName[] = [];
      let from = waitingRange.start;
      // If few jobs wait, one query shows all of them; otherwise each starts behind the tier that the last one ended
      // with.
      for (;;) {
        const rows = await waiting(installationId, { from, to: waitingRange.end }, fewWaiting);
        const found = [...new Set(rows.map((row) => tierOfPlace(row['pending']?.S ?? '')))];
        tiers.push(...found);
        const last = found.at(-1);
        if (last === undefined || rows.length < fewWaiting) return tiers;
        from = afterTier(last);
      }
    },
    async scanPendingAcrossTenants({ limit, cursor }) {
      const { rows, next } = await scanRows(client, {
        TableName: tableName,
        IndexName: tables.jobs.indexes.pending.name,
        Limit: limit,
        ...startOf(cursor),
      });
      const skipped: UnreadableRow[] = [];
      const jobs = readableJobs(rows, skipped);
      const unreadable = skipped.map(({ error }) => error);
      const page = pageOf(jobs, next);
      return unreadable.length > 0 ? { ...page, unreadable } : page;
    },
    async setWaitReasons(installationId, waits) {
      const statements = waits.map(({ jobId, reason }) => ({
        Statement: `UPDATE "${tableName}" SET "reason" = ? WHERE "installation_id" = ? AND "job_id" = ? AND "state" = 'waiting'`,
        Parameters: [reasonValue(reason), number(installationId), number(jobId)],
      }));
      // Refused: it no longer waits, so there is nothing to explain.
      demandAll(await runStatements(client, statements));
    },
    async setAdmissions(installationId, admissions) {
      const written = await Promise.all(
        admissions.map((decided) => {
          const key = jobKey(installationId, decided.jobId);
          return updateTogether(client, { tableName, key, ...changes.decide(decided) });
        }),
      );
      return admissions.filter((_, n) => written[n]?.met).map(({ jobId }) => jobId);
    },
    async rename(tenant, jobId, repository) {
      const { row } = await change(tenant, jobId, changes.rename(repository));
      return row && jobOfRow(row);
    },
    block: (tenant, jobId, at) => changed(tenant, jobId, changes.block(jobId, at)),
    async reopen(tenant, jobId, again) {
      const { met, row } = await change(tenant, jobId, changes.reopen(again));
      return met && row ? jobOfRow(row) : undefined;
    },
    moveTier: (job, to) => changed(job.installationId, job.jobId, changes.moveTier(job, to)),
    waitAgain: (tenant, jobId, lease, reason, rest) =>
      changed(tenant, jobId, changes.waitAgain(jobId, lease, { reason, ...(rest && { rest }) })),
    async rest(tenant, jobId, reason, rest) {
      await changed(tenant, jobId, changes.rest(jobId, { reason, ...(rest && { rest }) }));
    },
    async doubt(tenant, jobId, doubt) {
      await changed(tenant, jobId, changes.doubt(doubt));
    },
    requeue: (tenant, jobId, runner, reason, rest) =>
      changed(tenant, jobId, changes.requeue(jobId, runner, { reason, ...(rest && { rest }) })),
    noteStartRefusal: (tenant, jobId, why) => changed(tenant, jobId, changes.noteStartRefusal(why)),
    markUnsettled: (tenant, jobId, runner, at) =>
      changed(tenant, jobId, changes.markUnsettled(jobId, runner, at)),
    start: (tenant, jobId, start) => beforeFact(tenant, jobId, changes.start(jobId, start)),
    finish: (tenant, jobId, end) => beforeFact(tenant, jobId, changes.finish(end)),
    refuseBlocked: (tenant, jobId, end) => changed(tenant, jobId, changes.refuseBlocked(end)),
    refuseWaiting: (tenant, jobId, end) => changed(tenant, jobId, changes.refuseWaiting(end)),
  };
}

/** Without those whose rows a manual edit broke: they stop no other job of their tenant. The sweep names them each minute. */
const readableJobs = (rows: readonly Attributes[], skipped: UnreadableRow[] = []) =>
  readableRows(rows, jobOfRow, { keyName, skipped });
const keyName = 'job_id';

/** A call may name a key only once; the second of two equal jobs goes into the next call, and exists by then. */
async function insertJobs(
  client: DynamoDBClient,
  tableName: string,
  jobs: readonly Job[],
): Promise<InsertOutcome[]> {
  return Promise.all(
    jobs.map(async (job) => {
      const key = jobKey(job.installationId, job.jobId);
      try {
        const { met } = await insertTogether(client, { tableName, key, row: jobRow(job) });
        return met ? 'inserted' : 'exists';
      } catch (error) {
        if (error instanceof OperationalError) return error;
        throw error;
      }
    }),
  );
}

const rangeOf = (tier: TierName) => ({ from: waitingPrefix(tier), to: afterTier(tier) });

const pageOf = (jobs: Job[], next: Attributes | undefined) =>
  next === undefined ? { jobs } : { jobs, cursor: cursorOfKey(next) };
const startOf = (cursor: string | undefined) =>
  cursor === undefined ? {} : { ExclusiveStartKey: keyOfCursor(cursor) };
const cursorOfKey = (key: Attributes) => Buffer.from(JSON.stringify(key)).toString('base64url');
const keyOfCursor = (cursor: string) => JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Attributes;
