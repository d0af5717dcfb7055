/**
 * If rows of several tenants are read, a row broken by a manual edit hides no others, and is named. Reading such a
 * row alone fails.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { usageOf } from '../../lib/core/usage.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { acme, givenJob, givenTier, medium, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenLaunch,
  givenRunner,
  launch1,
  lookAt,
  machine,
  takenLaunch,
  theTenant,
  waitingJobs,
} from './support/stored.ts';

const other = LaunchId('other');
const otherMachine = InstanceId('i-2');
const globex = InstallationId(202);
const ever = Number.MAX_SAFE_INTEGER;
const idsOf = (jobs: readonly Job[]) => jobs.map(({ jobId }) => Number(jobId));
const unreadable = { code: 'UnreadableRow', retryable: false };

export function unreadableRowsContract(backend: StoreBackend): void {
  describe(`Rows broken by a manual edit ${backend.name}`, () => {
    let stores: Stores;
    let skipped: UnreadableRow[];
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
      skipped = [];
    });
    afterAll(() => backend.stop());

    async function twoLaunches(over = {}) {
      await takenLaunch(stores, 1);
      const launch = givenLaunch(await waitingJobs(stores, 2), { launchId: other, ...over });
      await stores.launches.take({ tenant: await theTenant(stores), tier: givenTier(), launch });
    }

    it('are left out of the open launches, and named', async () => {
      await twoLaunches();
      await stores.corrupt({ table: 'launches', key: launch1 });

      const found = await stores.launches.listOverdueAcrossTenants(ever, 9, skipped);
      expect(found.map(({ launchId }) => launchId)).toEqual([other]);
      expect(skipped).toMatchObject([{ key: launch1, installationId: acme, error: unreadable }]);
      expect(skipped[0]?.error.message).toMatch(/^In the launches row launch-1, tier is missing;/);
      await expect(stores.launches.listOverdueAcrossTenants(ever, 9)).rejects.toMatchObject(unreadable);
      await expect(stores.launches.get(acme, launch1)).rejects.toMatchObject(unreadable);
    });

    it('are left out of the launches whose machines are checked, and named', async () => {
      await twoLaunches({ lookAt });
      await stores.corrupt({ table: 'launches', key: other });

      expect(await stores.launches.listWatchedAcrossTenants(ever, 9, skipped)).toEqual([]);
      expect(skipped).toMatchObject([{ key: other, installationId: acme, error: unreadable }]);
      await expect(stores.launches.listWatchedAcrossTenants(ever, 9)).rejects.toMatchObject(unreadable);
      const page = { from: 0, limit: 1 };
      const found = await stores.launches.pageAcrossTenants(page, skipped);
      expect([found, skipped.length]).toEqual([{ launches: [], next: lookAt }, 2]);
      await expect(stores.launches.pageAcrossTenants(page)).rejects.toMatchObject(unreadable);
    });

    it('are left out of the machines, and named', async () => {
      await stores.runners.bind([
        givenRunner(),
        givenRunner({ instanceId: otherMachine, lease: leaseOf(launch1, 1) }),
      ]);
      await stores.corrupt({ table: 'runners', key: machine });
      const ids = [machine, otherMachine];

      const found = await stores.runners.findAcrossTenants(ids, skipped);
      expect(found.map(({ instanceId }) => instanceId)).toEqual([otherMachine]);
      expect(skipped).toMatchObject([{ key: machine, installationId: acme, error: unreadable }]);
      await expect(stores.runners.findAcrossTenants(ids)).rejects.toMatchObject(unreadable);
      await expect(stores.runners.get(acme, machine)).rejects.toMatchObject(unreadable);
    });

    it('are left out of what waits, and take no place among the jobs that were asked for', async () => {
      await waitingJobs(stores, 1, 2, 3, 4);
      await stores.jobs.insert([givenJob({ jobId: JobId(9), tier: medium })]);
      await stores.corrupt({ table: 'jobs', key: JobId(1) });
      await stores.corrupt({ table: 'jobs', key: JobId(3) });
      const named = () => skipped.splice(0).map(({ error }) => error.message);

      for (const list of [stores.jobs.listWaiting, stores.jobs.glanceAtWaiting]) {
        expect(idsOf(await list(acme, small, 1))).toEqual([2]);
        expect(idsOf(await list(acme, small, 2))).toEqual([2, 4]);
        expect(idsOf(await list(acme, small, 9))).toEqual([2, 4]);
      }
      await stores.jobs.listWaiting(acme, small, 9, skipped);
      expect(named()).toEqual([1, 3].map((job) => expect.stringMatching(`^In the jobs row 101.${job},`)));
      expect(idsOf(await stores.jobs.listNewest(acme, 3, skipped))).toEqual([9, 4]);
      expect(named()).toEqual([expect.stringMatching('^In the jobs row 101.3,')]);
      expect(idsOf(await stores.jobs.find(acme, [2, 3].map(JobId), skipped))).toEqual([2]);
      expect(named()).toEqual([expect.stringMatching('^In the jobs row 101.3,')]);
      const first = await stores.jobs.pageOfWaiting(acme, small, { limit: 3 });
      const rest = await stores.jobs.pageOfWaiting(acme, small, { limit: 3, cursor: first.cursor! });
      expect([first, rest].map(({ jobs }) => idsOf(jobs))).toEqual([[2], [4]]);
      expect((await stores.jobs.tiersWithWaiting(acme)).toSorted()).toEqual([medium, small]);
    });

    it('count among the oldest of what waits', async () => {
      await waitingJobs(stores, 1, 2, 3, 4);
      await stores.corrupt({ table: 'jobs', key: JobId(4) });
      expect(idsOf(await stores.jobs.listWaitingBeyond(acme, 2, 9))).toEqual([2, 3]);
      expect(idsOf(await stores.jobs.listWaitingBeyond(acme, 0, 9))).toEqual([1, 2, 3]);
    });

    it('are named by the sweep, which reads all that waits', async () => {
      await waitingJobs(stores, 1, 2);
      await stores.corrupt({ table: 'jobs', key: JobId(1) });
      const { jobs, unreadable: named } = await stores.jobs.scanPendingAcrossTenants({ limit: 9 });
      expect(idsOf(jobs)).toEqual([2]);
      expect(named).toMatchObject([
        { ...unreadable, message: expect.stringMatching(/^In the jobs row 101.1,/) },
      ]);
      await expect(stores.jobs.get(acme, JobId(1))).rejects.toMatchObject(unreadable);
      await expect(stores.jobs.find(acme, [JobId(1)])).rejects.toMatchObject(unreadable);
    });

    it("are left out of a day's records, and named before the next tenant's come", async () => {
      const records = [acme, globex].flatMap((installationId) =>
        ['a', 'b', 'c'].map((name) => {
          const instanceId = InstanceId(`i-${installationId}${name}`);
          const runner = givenRunner({ installationId, instanceId, rates: { list: '2026-07-20' } });
          return usageOf({ runner, reason: 'job-completed', endedAt: noon + 90_000, job: undefined });
        }),
      );
      await stores.usage.record(records);
      const [first, ...rest] = records;
      await stores.corrupt({ table: 'usage', key: first! });

      const found: string[] = [];
      const known: [number, number][] = [];
      for await (const record of stores.ledger.recordsByTenant('2026-11-21', undefined, skipped)) {
        found.push(record.instanceId);
        known.push([record.installationId, skipped.length]);
      }
      expect(found.toSorted()).toEqual(rest.map(({ instanceId }) => String(instanceId)));
      expect(known.find(([installationId]) => installationId === globex)).toEqual([globex, 1]);
      expect(skipped).toMatchObject([{ key: '101#i-101a', installationId: acme, error: unreadable }]);
      const all = async (tenant: InstallationId) => {
        const machines: string[] = [];
        for await (const { instanceId } of stores.ledger.recordsOf('2026-11-21', tenant))
          machines.push(instanceId);
        return machines.toSorted();
      };
      await expect(all(acme)).rejects.toMatchObject(unreadable);
      expect(await all(globex)).toEqual(['i-202a', 'i-202b', 'i-202c']);
    });
  });
}
