/**
 * What taking and freeing a lease costs in DynamoDB's write units, when no leases are held and when very many are:
 * the counts of tenant and cap are set to the given level, and the real stores write to the stand-in, which reports
 * the units of each call.
 */
import { InstallationId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { capRowBounds, capRowKey, type SharedCap } from '../../lib/core/shared-cap.ts';
import { startDynamoAlone } from '../../lib/local/aws/dynamo-front.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { type DynamoStores, dynamoStores } from '../contracts/support/store-backends.ts';
import { givenLaunch, givenRunner, lookAt, newTenant } from '../contracts/support/stored.ts';
import { givenJob, givenTier, noon, small } from '../support/given.ts';
import { judged } from './goals.ts';
import { meteredClient, type UnitMeter } from './metered-client.ts';
import type { Report } from './result.ts';

const tenantHeight = 10_000;
const capHeight = 100_000;
const limit = 1_000_000;
const cap: SharedCap = { name: 'cell', machines: capHeight + 1_000 };

export async function measureLeases(): Promise<Report> {
  const engine = await startDynamoAlone();
  const meter: UnitMeter = { read: 0, written: 0, calls: 0 };
  const client = meteredClient(engine.url, meter);
  try {
    const stores = dynamoStores(client, await createTables(client, 'leases'));
    const lives = { stores, meter };
    const none = await unitsOfLife(lives, { tenant: 1, held: 0 });
    const many = await unitsOfLife(lives, { tenant: 2, held: tenantHeight });
    const emptyCap = await unitsOfLife(lives, { tenant: 3, held: 0, inCap: 0 });
    const fullCap = await unitsOfLife(lives, { tenant: 4, held: 0, inCap: capHeight });
    return {
      results: [
        judged('a lease, tenant with none', none, 'write units'),
        judged('a lease beside 10,000, against none', many / none, '×'),
        judged('a lease under a cap, none held', emptyCap, 'write units'),
        judged('a lease under a cap with 100,000, against none', fullCap / emptyCap, '×'),
      ],
      notes: [
        'A lease: the transaction that takes it with its job and launch, the answer, the machine’s row, the close, and the ' +
          'transaction that ends the machine and frees it, through the real stores.',
      ],
    };
  } finally {
    client.destroy();
    await engine.close();
  }
}

async function unitsOfLife(
  { stores, meter }: { stores: DynamoStores; meter: UnitMeter },
  height: { tenant: number; held: number; inCap?: number },
): Promise<number> {
  const installationId = InstallationId(height.tenant);
  await stores.tenants.create(newTenant({ installationId, accountId: height.tenant, maxRunners: limit }));
  const created = (await stores.tenants.get(installationId))!;
  await stores.tenants.correctLeases(created, {
    tierLeases: new Map([[small, height.held]]),
    held: undefined,
  });
  const job = givenJob({ installationId, jobId: JobId(1) });
  await stores.jobs.insert([job]);
  const capRows = height.inCap === undefined ? [] : [capRowKey(cap.name, 0)];
  if (height.inCap !== undefined) await setCap(stores, height.inCap);
  const launchId = LaunchId(`launch-${height.tenant}`);
  const launch = givenLaunch([job], { installationId, launchId, capRows });
  const runner = givenRunner({
    installationId,
    launchId,
    lease: leaseOf(launchId, 0),
    instanceId: `i-${height.tenant}` as never,
    capRows,
  });
  const tenant = (await stores.tenants.get(installationId))!;
  const tier = givenTier({ maxRunners: limit });
  const caps = capRows.map((row) => ({ row, most: limit }));

  const before = meter.written;
  const { kind } = await stores.launches.take({ tenant, tier, launch, caps });
  if (kind !== 'taken') throw new Error(`The lease was not taken: ${kind}.`);
  await stores.launches.cover(launch);
  const answered = await stores.launches.answer(launch, new Map([[runner.lease, runner.instanceId]]));
  await stores.runners.bind([runner]);
  await stores.launches.close(answered!, lookAt);
  await stores.runners.end([{ runner, reason: 'job-completed', at: noon }]);
  return meter.written - before;
}

/** Spread over the cap's rows, as launches would do. */
async function setCap(stores: DynamoStores, leases: number): Promise<void> {
  const { rows } = await stores.launches.capUseAcrossTenants(cap);
  const each = Math.floor(leases / capRowBounds(cap).size);
  for (const row of rows) await stores.launches.correctCapRow(row, each);
}
