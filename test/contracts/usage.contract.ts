/**
 * What every UsageStore promises: one record for each machine, whose end stays as first reported, and to which its
 * job is added.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { type RanJob, type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenRunner } from './support/stored.ts';

const own = { from: '2026-11-01', minute: 10_000, roundSeconds: 60 };
const rates = { list: '2026-07-20', compute: 41_600, surplus: 0, disk: 2_400_000, own };
const built: RanJob = {
  jobId: JobId(7),
  runId: 70,
  repository: 'acme/app',
  workflow: 'build',
  conclusion: 'success',
};
const begun: RanJob = { jobId: JobId(7), runId: 70, repository: 'acme/app' };

const givenRecord = (over: Partial<UsageRecord> = {}): UsageRecord => ({
  ...usageOf({
    runner: givenRunner({ rates }),
    reason: 'job-completed',
    endedAt: noon + 90_000,
    job: undefined,
  }),
  ...over,
});

export function usageContract(backend: StoreBackend): void {
  describe(`UsageStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());
    const record = (...records: UsageRecord[]) => stores.usage.record(records);
    const all = () => stores.allUsage();

    it('keeps all that is known about a machine, even without a price or a job', async () => {
      const idle = givenRecord();
      const taken = { spot: true, zone: 'us-east-1a', takenBack: true };
      const busy = givenRecord({ instanceId: InstanceId('i-2'), job: built, ...taken });
      await record(idle, busy);
      expect(await all()).toEqual(expect.arrayContaining([idle, busy]));
      expect(idle.unpriced).toEqual(['address']);
    });

    it('keeps the first report of an end, whoever repeats it', async () => {
      await record(givenRecord());
      await record(givenRecord({ endedAt: noon + 999_000, seconds: 999, endReason: 'instance-ended' }));
      expect(await all()).toEqual([givenRecord()]);
    });

    it('adds the job that a machine ran, and how it ended, once', async () => {
      await record(givenRecord());
      await record(givenRecord({ job: begun, endedAt: noon + 999_000 }));
      expect(await all()).toEqual([givenRecord({ job: begun })]);
      await stores.usage.addJob(givenRecord(), built);
      await stores.usage.addJob(givenRecord(), begun);
      await record(givenRecord({ job: begun }), givenRecord());
      expect(await all()).toEqual([givenRecord({ job: built })]);
    });

    it('creates no record from a job alone', async () => {
      await stores.usage.addJob(givenRecord(), built);
      expect(await all()).toEqual([]);
    });

    it('distinguishes machines of the same moment, of one tenant and of several', async () => {
      const one = givenRecord();
      const others = [
        givenRecord({ instanceId: InstanceId('i-2') }),
        givenRecord({ instanceId: InstanceId('i-3'), installationId: InstallationId(1010) }),
      ];
      await record(one, ...others, one);
      expect(await all()).toHaveLength(3);
    });
  });
}
