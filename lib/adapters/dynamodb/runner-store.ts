/**
 * The machines in DynamoDB. A machine is bound once, claimed by one nonce, and ended once. Where a machine's plan and a
 * job's row must agree, one transaction writes both.
 *
 *   bind → booting    claim → claimed    confirm → listening    end: any → ended
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { chunksOf } from '../../core/chunks.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import type { ClaimOutcome, EndOutcome, RunnerStore } from '../../ports/runners.ts';
import { type Attributes, number } from './attributes.ts';
import { findRows } from './find-rows.ts';
import { give } from './job-changes.ts';
import { jobKey, jobOfRow } from './job-row.ts';
import { writeAndCountOff } from './lease-counts.ts';
import { getRow } from './read.ts';
import { readTogether } from './read-together.ts';
import { readableRows } from './readable-rows.ts';
import * as changes from './runner-changes.ts';
import { runnerKey, runnerOfRow, runnerRow } from './runner-row.ts';
import { spendRaised } from './spend-changes.ts';
import { tenantKey, tenantOfRow } from './tenant-row.ts';
import { transact, updateItem, updateRow } from './write.ts';
import { insertTogether, updateTogether } from './write-together.ts';

/** A transaction takes 100 items; each machine may have a tenant and two rows of caps of its own. */
const endsPerTransaction = 25;

export function createRunnerStore(deps: {
  client: DynamoDBClient;
  tables: Readonly<Record<'runners' | 'jobs' | 'tenants' | 'launches', string>>;
}): RunnerStore {
  const { client } = deps;
  const tableName = deps.tables.runners;

  const write = (instanceId: Runner['instanceId'], change: changes.RunnerChange) => ({
    tableName,
    key: runnerKey(instanceId),
    ...change,
  });

  return {
    async bind(runners) {
      const unique = [
        ...new Map([...runners].reverse().map((runner) => [runner.instanceId, runner])).values(),
      ];
      // Refused: already bound, by its own claim or by an earlier call.
      const puts = unique.map((runner) => {
        const key = runnerKey(runner.instanceId);
        return insertTogether(client, { tableName, key, row: runnerRow(runner) });
      });
      // All settle before any failure is reported: no write is still in progress when the caller goes on.
      const failed = (await Promise.allSettled(puts)).find(({ status }) => status === 'rejected');
      if (failed) throw (failed as PromiseRejectedResult).reason;
    },
    async get(installationId, instanceId) {
      const row = await getRow(client, tableName, runnerKey(instanceId));
      const runner = row && runnerOfRow(row);
      return runner?.installationId === installationId ? runner : undefined;
    },
    async readPlan({ installationId, plannedJob }, how) {
      const { jobs, tenants } = deps.tables;
      const [job, tenant] = await Promise.all([
        readTogether(client, jobs, jobKey(installationId, plannedJob), { mayLag: how?.jobMayLag ?? false }),
        readTogether(client, tenants, tenantKey(installationId)),
      ]);
      return { job: job && jobOfRow(job), tenant: tenant && tenantOfRow(tenant) };
    },
    async readRun(runner) {
      const { installationId, instanceId } = runner;
      const { jobs, tenants } = deps.tables;
      const [row, job, tenant] = await Promise.all([
        readTogether(client, tableName, runnerKey(instanceId)),
        readTogether(client, jobs, jobKey(installationId, jobOf(runner))),
        readTogether(client, tenants, tenantKey(installationId)),
      ]);
      const now = row && runnerOfRow(row);
      return {
        runner: now?.installationId === installationId ? now : undefined,
        job: job && jobOfRow(job),
        tenant: tenant && tenantOfRow(tenant),
      };
    },
    async findAcrossTenants(instanceIds, skipped) {
      const rows = await findRows(client, tableName, [...new Set(instanceIds)].map(runnerKey));
      return readableRows(rows, runnerOfRow, { keyName: 'instance_id', skipped });
    },
    async claim(claiming) {
      const { met, row } = await updateRow(
        client,
        write(claiming.instanceId, changes.claim(claiming)),
        'ALL_NEW',
      );
      if (row === undefined) return { kind: 'unknown' };
      return met ? { kind: 'claimed', runner: runnerOfRow(row) } : refusal(row, claiming.launchId);
    },
    async confirm(confirming) {
      return (await updateRow(client, write(confirming.instanceId, changes.confirm(confirming)))).met;
    },
    async requireGate(runner, at) {
      return (await updateRow(client, write(runner.instanceId, changes.requireGate(runner, at)))).met;
    },
    giveJob: (runner, job) =>
      transact(client, [
        updateItem(write(runner.instanceId, changes.planJob(runner, job))),
        updateItem({
          tableName: deps.tables.jobs,
          key: jobKey(job.installationId, job.jobId),
          ...give(runner, job),
        }),
      ]),
    async recordRan(runs) {
      // A batch may name a machine once; of two jobs of one machine, the later one counts.
      const latest = new Map(runs.map((run) => [run.instanceId, run]));
      const noted = await Promise.all(
        [...latest.values()].map(async (run) => {
          const { met } = await updateTogether(client, write(run.instanceId, changes.ran(run)));
          return met ? [run.instanceId] : [];
        }),
      );
      const done = new Set(noted.flat());
      return runs.map(({ instanceId }) => done.has(instanceId));
    },
    noteUnknownRun: ({ installationId, instanceId }, at) =>
      transact(client, [
        updateItem(write(instanceId, changes.unknownRun(at))),
        updateItem({
          tableName: deps.tables.tenants,
          key: tenantKey(installationId),
          update: 'ADD #unknown_runs :one',
          condition: 'attribute_exists(#installation_id)',
          values: { ':one': number(1) },
        }),
      ]),
    async extend(runner, deadline) {
      const { met, row } = await updateRow(client, write(runner.instanceId, changes.extend(deadline)));
      // Unmet, although not ended: its deadline is already later.
      return met || (row !== undefined && row['state']?.S !== 'ended');
    },
    expectMore: (runner, more) =>
      transact(client, [
        updateItem(write(runner.instanceId, changes.expectMore(runner, more))),
        updateItem({
          tableName: deps.tables.tenants,
          key: tenantKey(runner.installationId),
          ...spendRaised(runner, more),
        }),
      ]),
    async end(ends) {
      const outcomes = new Map<string, EndOutcome>();
      // A transaction names a machine once.
      const unique = [...new Map(ends.map((end) => [end.runner.instanceId, end])).values()];
      for (const together of chunksOf(unique, endsPerTransaction)) {
        await writeAndCountOff(client, deps.tables, {
          changes: together.map((end) => ({
            end,
            freed: [{ ...end.runner, ...(end.spend ? { spend: end.spend } : {}) }],
          })),
          itemOf: ({ end }) => updateItem(write(end.runner.instanceId, changes.end(end))),
          // No row: it ended so long ago that its row has expired.
          unmet({ end }, row) {
            const hasEnded = row === undefined || row['state']?.S === 'ended';
            outcomes.set(end.runner.instanceId, hasEnded ? 'was-ended' : 'changed');
          },
        });
      }
      return ends.map(({ runner }) => outcomes.get(runner.instanceId) ?? 'ended');
    },
  };
}

/** Why a claim's condition failed, by the row that was found. */
function refusal(row: Attributes, launchId: string): ClaimOutcome {
  if (row['launch_id']?.S !== launchId) return { kind: 'refused', why: 'other-launch' };
  if (row['state']?.S === 'ended') return { kind: 'refused', why: 'ended' };
  if (row['state']?.S === 'listening') return { kind: 'refused', why: 'confirmed' };
  return { kind: 'refused', why: 'other-nonce' };
}
