/** What UsageLedger promises: a tenant's records together, its sums as a whole, and progress that never goes back. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenRunner } from './support/stored.ts';

const day = '2026-11-21';
const dayMilliseconds = 86_400_000;

function givenRecord(tenant: number, machine: number, over: Partial<UsageRecord> = {}): UsageRecord {
  const runner = givenRunner({
    installationId: InstallationId(tenant),
    instanceId: InstanceId(`i-${tenant}-${machine}`),
    rates: { list: '2026-07-20', compute: 36_000 },
  });
  return { ...usageOf({ runner, reason: 'job-completed', endedAt: noon + 90_000, job: undefined }), ...over };
}

export function usageLedgerContract(backend: StoreBackend): void {
  describe(`UsageLedger ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());
    const read = async (after?: number) => {
      const found: string[] = [];
      const cursor = after === undefined ? undefined : InstallationId(after);
      for await (const { instanceId } of stores.ledger.recordsByTenant(day, cursor)) found.push(instanceId);
      return found;
    };
    const tenantsOf = (instances: readonly string[]) =>
      instances.map((id) => id.split('-')[1]).filter((id, n, all) => id !== all[n - 1]);

    it("reads a tenant's records of one day together, and continues after a tenant", async () => {
      const tenants = [9, 101, 102, 1010];
      const machines = Array.from({ length: 20 }, (_, n) => n);
      const records = tenants.flatMap((tenant) => machines.map((n) => givenRecord(tenant, n)));
      await stores.usage.record(records);
      await stores.usage.record([givenRecord(7, 1, { launchedAt: noon + dayMilliseconds })]);
      const all = await read();
      expect(all.toSorted()).toEqual(records.map(({ instanceId }) => String(instanceId)).toSorted());
      expect(tenantsOf(all)).toEqual(['101', '1010', '102', '9']);
      expect(tenantsOf(await read(101))).toEqual(['1010', '102', '9']);
      expect(await read(9)).toEqual([]);
    });

    it("reads one tenant's records of that day, in whatever partition", async () => {
      const records = Array.from({ length: 20 }, (_, n) => givenRecord(10, n));
      await stores.usage.record([...records, givenRecord(1, 0), givenRecord(101, 1), givenRecord(9, 2)]);
      await stores.usage.record([givenRecord(10, 99, { launchedAt: noon + dayMilliseconds })]);
      const found: string[] = [];
      for await (const { instanceId } of stores.ledger.recordsOf(day, InstallationId(10)))
        found.push(instanceId);
      expect(found.toSorted()).toEqual(records.map(({ instanceId }) => String(instanceId)).toSorted());
    });

    it("has a day's sums for reports once all are computed, and each write replaces the previous one", async () => {
      const [one, other] = [sumUp([givenRecord(101, 1)]), sumUp([givenRecord(102, 1), givenRecord(102, 2)])];
      await stores.ledger.write(day, InstallationId(101), other);
      await stores.ledger.write(day, InstallationId(101), one);
      await stores.ledger.save(day, undefined, { finished: 0, after: 101 });
      expect(await stores.sumsOfDay()).toEqual({ sums: [], isUnsummed: true });
      await stores.ledger.write(day, InstallationId(102), other);
      expect(await stores.ledger.save(day, { finished: 0, after: 101 }, { finished: 1 })).toBe(true);
      const { sums, isUnsummed } = await stores.sumsOfDay();
      expect([sums.length, isUnsummed]).toEqual([2, false]);
      expect(sums).toEqual(expect.arrayContaining([...one, ...other]));
      expect(await stores.allUsage()).toEqual([]);
    });

    it('has the sums of all tenants except skipped ones, whose records count until they have sums', async () => {
      const records = [givenRecord(101, 1), givenRecord(102, 1)];
      await stores.usage.record(records);
      const [one, other] = records.map((record) => sumUp([record]));
      await stores.ledger.write(day, InstallationId(101), one!);
      // Installation 104 has no records left.
      await stores.ledger.save(day, undefined, { finished: 1, skipped: [102, 104] });
      const all = await stores.sumsOfDay();
      expect([all.sums.length, all.isUnsummed]).toEqual([2, true]);
      expect(all.sums).toEqual(expect.arrayContaining([...one!, ...other!]));
      expect(await stores.sumsOfDay(InstallationId(101))).toEqual({ sums: one, isUnsummed: false });
      expect(await stores.sumsOfDay(InstallationId(102))).toEqual({ sums: other, isUnsummed: true });
      expect(await stores.sumsOfDay(InstallationId(104))).toEqual({ sums: [], isUnsummed: true });
      // The state after a run that died before it saved.
      await stores.ledger.write(day, InstallationId(102), other!);
      expect(await stores.sumsOfDay(InstallationId(102))).toEqual({ sums: other, isUnsummed: false });
      await stores.ledger.save(day, { finished: 1 }, { finished: 1 });
      const whole = await stores.sumsOfDay();
      expect([whole.sums.length, whole.isUnsummed]).toEqual([2, false]);
    });

    it('stores the progress of each day, and refuses a writer that did not see that it was finished', async () => {
      expect(await stores.ledger.progress([day, '2026-11-20'])).toEqual([undefined, undefined]);
      await stores.ledger.save(day, undefined, { finished: 0, after: 7 });
      expect(await stores.ledger.progress(['2026-11-20', day])).toEqual([
        undefined,
        { finished: 0, after: 7 },
      ]);
      for (const reached of [
        { after: 9, skipped: [7, 101] },
        { skipped: [7], triedAt: 1 },
        { skipped: [7] },
        { after: 9 },
      ]) {
        await stores.ledger.save(day, undefined, { finished: 0, ...reached });
        expect(await stores.ledger.progress([day])).toEqual([{ finished: 0, ...reached }]);
      }
      await stores.ledger.save(day, undefined, { finished: 0, after: 9, skipped: [7] });
      expect(await stores.ledger.save(day, undefined, { finished: 1 })).toBe(true);
      expect(await stores.ledger.progress([day])).toEqual([{ finished: 1 }]);
      expect(await stores.ledger.save(day, { finished: 0 }, { finished: 0, after: 9 })).toBe(false);
      expect(await stores.ledger.progress([day])).toEqual([{ finished: 1 }]);
    });

    it('has the result of the last comparison with the bill, separate from the records', async () => {
      expect(await stores.ledger.comparison()).toBeUndefined();
      const state = { comparedAt: noon, lastDay: day, daysApart: 3 };
      await stores.setComparison(state);
      expect(await stores.ledger.comparison()).toEqual(state);
      expect(await stores.allUsage()).toEqual([]);
      expect(await read()).toEqual([]);
    });
  });
}
