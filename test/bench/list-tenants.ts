/**
 * What `mayfly tenants` costs with ten thousand tenants, of which each tenth has a waiting job: the time of the whole
 * command, its processor time, and its calls. The stand-in of DynamoDB is a separate process.
 */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../lib/adapters/dynamodb/attributes.ts';
import { jobRow } from '../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { readAll } from '../../lib/cli/tenants/read-all.ts';
import { tenants } from '../../lib/cli/tenants/tenants.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { startDynamoEngine } from '../../lib/local/aws/dynamo-engine.ts';
import config from '../../mayfly.config.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { givenJob, givenTenant } from '../support/given.ts';
import { judged } from './goals.ts';
import { meteredClient, type UnitMeter } from './metered-client.ts';
import { median, type Report } from './result.ts';
import type { Size } from './size.ts';

const waitEach = 10;

export async function measureListTenants({ manyTenants, listings }: Size): Promise<Report> {
  const engine = await startDynamoEngine();
  const meter: UnitMeter = { read: 0, written: 0, calls: 0 };
  const client = meteredClient(engine.url, meter);
  let calls = 0;
  client.middlewareStack.add(
    (next) => (call) => {
      calls += 1;
      return next(call);
    },
    { step: 'finalizeRequest', name: 'count' },
  );
  try {
    const tables = await createTables(client, config.environment);
    await fill(client, tables, manyTenants);
    calls = 0;
    await readAll(client, config);
    const times: { wall: number; processor: number }[] = [];
    for (let n = 0; n < listings; n += 1) times.push(await timed(engine.url));
    return {
      results: [
        judged('listing 10,000 tenants', median(times.map(({ wall }) => wall)), 's'),
        judged(
          'listing 10,000 tenants, processor time',
          median(times.map(({ processor }) => processor)),
          's',
        ),
        judged('calls for listing 10,000 tenants', calls, 'calls'),
      ],
      notes: [
        `Listing: mayfly tenants, of ${manyTenants} tenants, a ${waitEach}th of which have a job that waits.`,
      ],
    };
  } finally {
    client.destroy();
    await engine.close();
  }
}

async function timed(endpoint: string) {
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const io = { out: () => undefined, error: () => undefined };
  await runCommand([tenants], ['tenants'], { config, io, environment });
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - begun) / 1000, processor: (user + system) / 1_000_000 };
}

async function fill(client: DynamoDBClient, tables: { tenants: string; jobs: string }, count: number) {
  const ids = Array.from({ length: count }, (_, n) => InstallationId(n + 1));
  const rows = ids.map((installationId) =>
    newTenantRow(givenTenant({ installationId, accountLogin: `org-${installationId}` })),
  );
  const waiting = ids
    .filter((id) => id % waitEach === 0)
    .map((installationId) =>
      jobRow(givenJob({ installationId, jobId: JobId(installationId), state: 'waiting' })),
    );
  await putAll(client, tables.tenants, rows);
  await putAll(client, tables.jobs, waiting);
}

async function putAll(client: DynamoDBClient, table: string, rows: readonly Attributes[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 25) {
    const puts = rows.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
  }
}
