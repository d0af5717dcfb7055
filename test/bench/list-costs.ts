/**
 * What `mayfly costs --by repository` costs for a month of 100,000 jobs, of 100 tenants with three repositories each:
 * days with sums, and the last two days' machines, which have none yet. The stand-in of DynamoDB is a separate
 * process.
 */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../lib/adapters/dynamodb/attributes.ts';
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { progressKey, sumsRow } from '../../lib/adapters/dynamodb/usage-sum-row.ts';
import { costs } from '../../lib/cli/costs/costs.ts';
import { monthOf } from '../../lib/cli/costs/month.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { startDynamoEngine } from '../../lib/local/aws/dynamo-engine.ts';
import config from '../../mayfly.config.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { judged } from './goals.ts';
import { meteredClient } from './metered-client.ts';
import { median, type Report } from './result.ts';
import type { Size } from './size.ts';

const rates = { list: '2026-07-20', compute: 41_600, surplus: 40_000, disk: 2_400_000, address: 5_000 };
const unsummedDays = 2;
const tenants = 100;

export async function measureCosts({ reportedJobs, listings }: Size): Promise<Report> {
  const engine = await startDynamoEngine();
  const client = meteredClient(engine.url, { read: 0, written: 0, calls: 0 });
  try {
    const tables = await createTables(client, config.environment);
    const lastMonth = lastMonthOf(Date.now());
    await fill(client, tables.usage, { month: lastMonth, jobs: reportedJobs });
    const times: number[] = [];
    for (let n = 0; n < listings; n += 1) times.push(await timed(engine.url, lastMonth, reportedJobs));
    return {
      results: [judged('costs by repository of 100,000 jobs', median(times), 's')],
      notes: [
        `Costs: mayfly costs --by repository, of a month with ${reportedJobs} jobs; its last ${unsummedDays} days are not summed up.`,
      ],
    };
  } finally {
    client.destroy();
    await engine.close();
  }
}

function lastMonthOf(now: number): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 0)).toISOString().slice(0, 7);
}

async function fill(
  client: DynamoDBClient,
  table: string,
  { month, jobs }: { month: string; jobs: number },
): Promise<void> {
  const { days } = monthOf(month, Date.now(), 'sums');
  const rows: Attributes[] = [];
  for (const [n, day] of days.entries()) {
    const records = recordsOf(day, {
      from: Math.floor((jobs * n) / days.length),
      to: Math.floor((jobs * (n + 1)) / days.length),
    });
    if (n >= days.length - unsummedDays) {
      rows.push(...records.map(usageRow));
      continue;
    }
    const byTenant = Map.groupBy(records, ({ installationId }) => installationId);
    for (const [tenant, of] of byTenant) rows.push(sumsRow(day, tenant, sumUp(of)));
    rows.push({ ...progressKey(day), finished: { N: '1' } });
  }
  for (let from = 0; from < rows.length; from += 25) {
    const puts = rows.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
  }
}

const recordsOf = (day: string, { from, to }: { from: number; to: number }): UsageRecord[] =>
  Array.from({ length: to - from }, (_, n) => {
    const launchedAt = Date.parse(day) + n;
    const tenant = 1 + ((from + n) % tenants);
    const runner = givenRunner({
      installationId: InstallationId(tenant),
      instanceId: InstanceId(`i-${(from + n).toString(16).padStart(17, '0')}`),
      ...{ launchedAt, startedAt: launchedAt, rates },
    });
    const repository = `org-${tenant}/app-${n % 3}`;
    const job = {
      jobId: JobId(from + n + 1),
      runId: n,
      repository,
      workflow: 'build',
      conclusion: 'success',
    };
    return usageOf({ runner, reason: 'job-completed', endedAt: launchedAt + 600_000, job });
  });

async function timed(endpoint: string, month: string, jobs: number): Promise<number> {
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const out: string[] = [];
  const io = { out: (text: string) => void out.push(text), error: () => undefined };
  const begun = performance.now();
  const args = ['costs', '--month', month, '--by', 'repository', '--format', 'json'];
  await runCommand([costs], args, { config, io, environment });
  const seconds = (performance.now() - begun) / 1000;
  const found = (JSON.parse(out.join('')) as { total: { jobs: number } }).total.jobs;
  if (found !== jobs) throw new Error(`The report has ${found} jobs, and there were ${jobs}.`);
  return seconds;
}
