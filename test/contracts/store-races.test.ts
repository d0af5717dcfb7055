/**
 * The stores under real concurrency, on DynamoDB's stand-in: many callers at once over as many connections. The
 * invariants are checked on the rows afterwards, whoever won.
 */
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { auditSince } from '../../lib/adapters/dynamodb/audit-list.ts';
import { tenantNoteItem } from '../../lib/adapters/dynamodb/audit-row.ts';
import { pause } from '../../lib/adapters/dynamodb/retry.ts';
import { transact } from '../../lib/adapters/dynamodb/write.ts';
import { receivesBeforeDeadLetter } from '../../lib/contract/redelivery.ts';
import { InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenJob, givenTier, noon, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type DynamoStores, dynamoBackend, type OperatorEdit } from './support/store-backends.ts';
import {
  givenLaunch,
  givenRunner,
  launch1,
  machine,
  newTenant,
  storedTenant,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';
import { takeUncontended } from './support/take-uncontended.ts';

const backend = dynamoBackend();
const tier = givenTier({ maxRunners: 50 });
const other = InstanceId('i-2');
const mostReceives = receivesBeforeDeadLetter('lifecycle');

describe('stores under concurrency', () => {
  let stores: DynamoStores;
  beforeAll(() => backend.start());
  beforeEach(async () => {
    stores = await backend.fresh();
  });
  afterAll(() => backend.stop());

  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

  /** As scale-up does it: it retries while transactions conflict, or if the tenant has changed but still has room. */
  async function takeOne(n: number, tenant: Tenant): Promise<string> {
    const launch = givenLaunch([givenJob({ jobId: JobId(n) })], { launchId: LaunchId(`launch-${n}`) });
    const { kind } = await takeUncontended(stores, { tenant, tier, launch });
    if (kind === 'taken') expect(await stores.launches.cover(launch)).toEqual([]);
    return kind;
  }
  /** The machine of that job's launch starts, and ends. While conflicts last, the message about it is delivered again. */
  async function endMachineOf(n: number): Promise<void> {
    const launchId = LaunchId(`launch-${n}`);
    const instanceId = InstanceId(`i-${n}`);
    const runner = givenRunner({ instanceId, launchId, lease: leaseOf(launchId, 0), plannedJob: JobId(n) });
    await stores.runners.bind([runner]);
    for (let receives = 1; ; receives += 1) {
      try {
        await stores.runners.end([{ runner, reason: 'instance-ended', at: noon }]);
        return;
      } catch (error) {
        const isConflict = error instanceof OperationalError && error.code === 'TransactionConflict';
        if (!isConflict || receives === mostReceives) throw error;
      }
    }
  }
  const taken = (kinds: readonly string[]) => kinds.filter((kind) => kind === 'taken').length;

  it('gives exactly 4 leases to 30 takers if the limit is 4', async () => {
    const tenant = await storedTenant(stores, { maxRunners: 4 });
    await waitingJobs(stores, ...numbers(30));

    const kinds = await Promise.all(numbers(30).map((n) => takeOne(n, tenant)));

    expect(taken(kinds)).toBe(4);
    expect((await theTenant(stores)).leases).toBe(4);
    expect((await theTenant(stores)).tierLeases.get(small)).toBe(4);
    expect(await stores.jobs.listWaiting(acme, small, 50)).toHaveLength(26);
  });

  it('covers a job once, however many take leases for it, and all other leases go back', async () => {
    const tenant = await storedTenant(stores, { maxRunners: 50 });
    const jobs = await waitingJobs(stores, 1, 2);
    const launches = numbers(20).map((n) => givenLaunch(jobs, { launchId: LaunchId(`launch-${n}`) }));

    const kept = await Promise.all(
      launches.map(async (launch) => {
        expect(await takeUncontended(stores, { tenant, tier, launch })).toEqual({ kind: 'taken' });
        const gone = await stores.launches.cover(launch);
        if (gone.length > 0) await stores.launches.shrink(launch, { without: gone, rateBack: 0 });
        return 2 - gone.length;
      }),
    );

    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect((await theTenant(stores)).leases).toBe(2);
    expect(await stores.jobs.listWaiting(acme, small, 9)).toEqual([]);
  });

  it('applies a lowered limit at once, and gives no lease above it', async () => {
    const tenant = await storedTenant(stores, { maxRunners: 20 });
    await waitingJobs(stores, ...numbers(20));
    const early = Promise.all(numbers(10).map((n) => takeOne(n, tenant)));
    await stores.setMaxRunners(acme, 3);
    const before = (await theTenant(stores)).leases;

    const late = await Promise.all(numbers(10).map((n) => takeOne(n + 10, tenant)));

    expect(taken(late)).toBe(0);
    await early;
    expect((await theTenant(stores)).leases).toBe(before);
  });

  it('never exceeds the limit while leases come and go', async () => {
    await storedTenant(stores, { maxRunners: 3 });
    await waitingJobs(stores, ...numbers(24));
    let most = 0;

    const work = async (n: number) => {
      for (let tries = 0; tries < 200; tries += 1) {
        const tenant = await theTenant(stores);
        most = Math.max(most, tenant.leases);
        if ((await takeOne(n, tenant)) === 'taken') return endMachineOf(n);
        // Scale-up, too, leaves a full tenant alone for a while: others want to write its row.
        await pause(1);
      }
      throw new Error(`Job ${n} never got a lease.`);
    };
    await Promise.all(numbers(24).map(work));

    expect(most).toBeLessThanOrEqual(3);
    expect((await theTenant(stores)).leases).toBe(0);
    expect(await stores.jobs.listWaiting(acme, small, 50)).toEqual([]);
  });

  it('binds an instance to one lease, however many bind it', async () => {
    const rows = numbers(10).map((n) => givenRunner({ lease: leaseOf(launch1, n) }));

    await Promise.all(rows.map((runner) => stores.runners.bind([runner])));

    const first = await stores.runners.get(acme, machine);
    await stores.runners.bind(rows);
    expect(rows).toContainEqual(first);
    expect(await stores.runners.get(acme, machine)).toEqual(first);
  });

  it('lets exactly one of many nonces claim a machine', async () => {
    await stores.runners.bind([givenRunner()]);

    const outcomes = await Promise.all(
      numbers(10).map((n) =>
        stores.runners.claim({ instanceId: machine, launchId: launch1, nonce: `nonce-${n}`, at: noon }),
      ),
    );

    const kinds = outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.why : outcome.kind));
    expect(kinds.sort()).toEqual(['claimed', ...new Array(9).fill('other-nonce')]);
  });

  it('gives a waiting job to exactly one of many idle machines', async () => {
    const runners = numbers(8).map((n) =>
      givenRunner({
        instanceId: InstanceId(`i-${n}`),
        lease: leaseOf(launch1, n),
        state: 'claimed',
        nonce: 'aa',
      }),
    );
    await stores.runners.bind(runners);
    const [job = givenJob()] = await waitingJobs(stores, 5);

    const given = await Promise.all(runners.map((runner) => stores.runners.giveJob(runner, job)));

    const winner = runners[given.indexOf(true)];
    expect(given.filter(Boolean)).toHaveLength(1);
    expect(await stores.jobs.get(acme, JobId(5))).toMatchObject({ state: 'covered', lease: winner?.lease });
  });

  /** As lifecycle does it: the planned job waits again, then the machine ends with the plan that was read. */
  async function endMachine(instanceId: InstanceId): Promise<void> {
    const why = reason('runner-ended', 'Its machine ended.');
    for (let tries = 0; tries < 20; tries += 1) {
      const runner = await stores.runners.get(acme, instanceId);
      if (!runner) throw new Error(`${instanceId} is not bound.`);
      await stores.jobs.waitAgain(acme, runner.plannedJob, runner.lease, why);
      const [outcome] = await stores.runners.end([{ runner, reason: 'instance-ended', at: noon }]);
      if (outcome !== 'changed') return;
    }
    throw new Error(`${instanceId} never ended.`);
  }

  it.each(numbers(12))(
    'leaves no job covered by an ended machine that was given one as it ended (%i)',
    async (round) => {
      await takenLaunch(stores, 1, 2);
      const free = givenRunner({
        instanceId: other,
        lease: leaseOf(launch1, 1),
        plannedJob: JobId(2),
        state: 'claimed',
        nonce: 'aa',
      });
      await stores.runners.bind([givenRunner(), free]);
      const leftOver = await stores.jobs.get(acme, JobId(1));
      if (!leftOver) throw new Error('Job 1 is not stored.');
      const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

      // The assignment starts a little later in each round, so that it coincides with each step of the end.
      await Promise.all([
        endMachine(other),
        later(round / 4).then(() => stores.runners.giveJob(free, leftOver)),
      ]);

      const job = await stores.jobs.get(acme, JobId(1));
      const runners = await stores.runners.findAcrossTenants([machine, other]);
      const holder = runners.find(({ lease }) => lease === job?.lease);
      expect(job?.state === 'waiting' || holder?.state === 'booting').toBe(true);
    },
  );

  it.each<[string, OperatorEdit]>([
    ['bans its tenant', { status: 'suspended' }],
    ['limits its tiers', { allowedTiers: [small] }],
  ])('inherits nothing from an installation whose operator %s at that moment', async (_, changes) => {
    const previous = await storedTenant(stores);
    const { client } = stores;
    const { send } = client;
    const after = async (...given: unknown[]) => {
      if (given[0] instanceof TransactWriteItemsCommand) {
        Object.assign(client, { send });
        await stores.edit(acme, changes);
      }
      return (send as (...given: unknown[]) => unknown).apply(client, given);
    };
    Object.assign(client, { send: after });
    const next = newTenant({ installationId: InstallationId(202) });

    expect(await stores.tenants.create(next, previous)).toBe('conflict');
    expect(client.send).toBe(send);
    expect(await stores.tenants.get(next.installationId)).toBeUndefined();
  });

  it('keeps the first of two rows of the audit that have one key', async () => {
    const { client, tables } = stores;
    const by = { at: '2026-11-21T12:00:00.000Z', who: 'someone', action: 'noted', before: {}, after: {} };
    const noting = async (reason: string) => {
      const note = { ...by, reason, installationId: acme, login: 'acme' };
      return transact(client, [tenantNoteItem(tables.audit, note, 'once')]);
    };

    expect([await noting('first'), await noting('second')]).toEqual([true, false]);
    const rows = await auditSince({ client, tableName: tables.audit }, '');
    expect(rows).toMatchObject([{ reason: { S: 'first' } }]);
  });

  it('has one winner if the same launch is taken many times', async () => {
    const tenant = await storedTenant(stores, { maxRunners: 4 });
    const launch = givenLaunch(await waitingJobs(stores, 1, 2));

    const outcomes = await Promise.all(numbers(10).map(() => stores.launches.take({ tenant, tier, launch })));

    expect(nonEmpty(outcomes).every(({ kind }) => kind === 'taken' || kind === 'contended')).toBe(true);
    expect((await theTenant(stores)).leases).toBe(2);
  });
});
