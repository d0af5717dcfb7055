/**
 * How much must be read when one machine of a tenant at its limit ends and the next job in its line gets one: with
 * ten waiting jobs, and with ten thousand. The real use cases and stores, on the stand-in of DynamoDB.
 */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createNoteStore } from '../../lib/adapters/dynamodb/note-store.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { startDynamoAlone } from '../../lib/local/aws/dynamo-front.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { dynamoStores } from '../contracts/support/store-backends.ts';
import { newTenant } from '../contracts/support/stored.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { givenDeployment, givenJob, noon } from '../support/given.ts';
import { judged } from './goals.ts';
import { meteredClient, type UnitMeter } from './metered-client.ts';
import type { Report } from './result.ts';
import type { Size } from './size.ts';

const fewWaiting = 10;

export async function measureFreedSlot({ manyWaiting }: Size): Promise<Report> {
  const engine = await startDynamoAlone();
  const meter: UnitMeter = { read: 0, written: 0, calls: 0 };
  const client = meteredClient(engine.url, meter);
  try {
    // Separate tables for each, because the machines of two worlds have the same names.
    const worldOf = async (name: string) => {
      const tables = await createTables(client, name);
      const notes = createNoteStore({ client, tableName: tables.notes });
      return { ...dynamoStores(client, tables), notes };
    };
    const few = await unitsOfSlot(await worldOf('few'), meter, { tenant: 1, waiting: fewWaiting });
    const many = await unitsOfSlot(await worldOf('many'), meter, { tenant: 2, waiting: manyWaiting });
    return {
      results: [
        judged('read units for a freed slot, 10 waiting', few.read, 'read units'),
        judged('a freed slot with 10,000 waiting, against 10', many.read / few.read, '×'),
        judged('write units for a freed slot, 10,000 waiting, against 10', many.written / few.written, '×'),
      ],
      notes: [
        'A freed slot: from the word that the only machine of a tenant with limit 1 ended, until the next job of its line ' +
          'has a machine, with all that lifecycle and scale-up read and write. Both had a look at the line before.',
      ],
    };
  } finally {
    client.destroy();
    await engine.close();
  }
}

type World = ReturnType<typeof dynamoStores> & { readonly notes: ReturnType<typeof createNoteStore> };

async function unitsOfSlot(
  world: World,
  meter: UnitMeter,
  { tenant, waiting }: { tenant: number; waiting: number },
): Promise<UnitMeter> {
  const clock = createMemoryClock(noon);
  const compute = createMemoryCompute(clock.now);
  const queues = createMemoryQueues();
  const deps = {
    ...world,
    loadRules: createRulesLoader(),
    deployment: givenDeployment(),
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    compute,
    spotPrices: createMemorySpotPrices(),
    queues,
    telemetry: createMemoryTelemetry(),
    clock,
    chance: createMemoryChance(tenant),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock }) }),
  };
  const installationId = InstallationId(tenant);
  await world.tenants.create(newTenant({ installationId, accountId: tenant, maxRunners: 1 }));
  for (let start = 0; start < waiting; start += 500) {
    const count = Math.min(500, waiting - start);
    const jobs = Array.from({ length: count }, (_, n) =>
      givenJob({
        installationId,
        repositoryOwnerId: tenant,
        jobId: JobId(start + n + 1),
        queuedAt: noon - waiting + start + n,
      }),
    );
    await world.jobs.insert(jobs);
  }
  const deliver = async () => {
    for (let round = 0; queues.tiers.length > 0 && round < 20; round += 1) {
      const bodies = queues.tiers.splice(0).map(({ message }) => JSON.stringify(message));
      await acceptJobs(
        deps,
        bodies.map((body, n) => ({ id: `m-${n}`, body })),
      );
    }
  };
  const endOldest = async () => {
    const [machine] = compute.live();
    if (!machine) throw new Error('There is no live machine whose end could free a slot.');
    compute.setState(machine.instanceId, 'terminated');
    const detail = { 'instance-id': machine.instanceId, state: 'terminated' };
    const body = JSON.stringify({ 'detail-type': 'EC2 Instance State-change Notification', detail });
    await followLifecycle(deps, [{ id: 'end', body }]);
    await deliver();
  };
  await queues.sendToTier(deps.deployment.tiers[0]!.name, {
    kind: 'poke',
    installationId,
    tier: deps.deployment.tiers[0]!.name,
  });
  await deliver();
  await endOldest();
  const before = { ...meter };
  await endOldest();
  if (compute.live().length !== 1) throw new Error('The next job got no machine.');
  return {
    read: meter.read - before.read,
    written: meter.written - before.written,
    calls: meter.calls - before.calls,
  };
}
