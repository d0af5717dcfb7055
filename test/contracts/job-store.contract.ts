/** What every JobStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, givenJobs, medium, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { lease0, machine, nobody, waitingJobs } from './support/stored.ts';

const one = JobId(1);
const full = reason('tenant-limit', 'acme has all of its 2 runners in use.');
const ended = reason('runner-ended', 'Its machine ended.');
const covered = givenJob({ state: 'covered', lease: lease0, attempts: 1 });
const running = givenJob({ state: 'running', runner: machine, startedAt: noon, attempts: 1 });

export function jobStoreContract(backend: StoreBackend): void {
  describe(`JobStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const given = async (...jobs: Job[]) => {
      await stores.jobs.insert(jobs);
    };
    const theJob = (id = 1) => stores.jobs.get(acme, JobId(id));
    const waiting = async (limit = 100) =>
      (await stores.jobs.listWaiting(acme, small, limit)).map((job) => job.jobId);
    const pending = async () => {
      const { jobs } = await stores.jobs.scanPendingAcrossTenants({ limit: 100 });
      return jobs.map((job) => job.jobId).sort();
    };

    describe('insert', () => {
      it('reads back a job with every field', async () => {
        const job = givenJob({
          state: 'done',
          labels: [],
          reason: full,
          runner: machine,
          startedAt: noon + 1,
          doneAt: noon + 2,
          outcome: 'completed',
          conclusion: 'success',
        });
        await given(job);

        expect(await theJob()).toEqual(job);
      });

      it('reads back a job that no tier has the labels of', async () => {
        const { tier: _, ...job } = givenJob({ state: 'done', outcome: 'refused', doneAt: noon });
        await given(job);

        expect(await theJob()).toEqual(job);
      });

      it('puts what is not known yet, and leaves the rest as it is', async () => {
        await given(covered);

        const outcomes = await stores.jobs.insert([givenJob(), givenJob({ jobId: JobId(2) })]);

        expect(outcomes).toEqual(['exists', 'inserted']);
        expect(await theJob()).toEqual(covered);
      });

      it('puts the first of two equal jobs', async () => {
        const outcomes = await stores.jobs.insert([givenJob({ runId: 1 }), givenJob({ runId: 2 })]);

        expect(outcomes).toEqual(['inserted', 'exists']);
        expect(await theJob()).toMatchObject({ runId: 1 });
      });

      it('puts more jobs than one call can hold', async () => {
        const outcomes = await stores.jobs.insert(givenJobs(60));

        expect(outcomes).toEqual(new Array(60).fill('inserted'));
        expect(await waiting()).toHaveLength(60);
      });

      it('puts nothing for nothing', async () => {
        expect(await stores.jobs.insert([])).toEqual([]);
      });
    });

    describe('the line', () => {
      it('shows the oldest first, however they came in, up to the limit', async () => {
        await given(
          givenJob({ jobId: JobId(30), queuedAt: noon + 2 }),
          givenJob({ jobId: JobId(9), queuedAt: noon + 1 }),
          givenJob({ jobId: JobId(10), queuedAt: noon + 1 }),
          givenJob({ jobId: JobId(40), queuedAt: noon - 1 }),
        );

        expect(await waiting()).toEqual([40, 9, 10, 30]);
        expect(await waiting(2)).toEqual([40, 9]);
      });

      it('shows one tier of one tenant, and only what waits', async () => {
        await given(
          givenJob(),
          givenJob({ jobId: JobId(2), tier: medium }),
          givenJob({ jobId: JobId(3), installationId: nobody }),
          { ...covered, jobId: JobId(4) },
          givenJob({ jobId: JobId(5), state: 'blocked' }),
        );

        expect(await waiting()).toEqual([1]);
      });

      it('names the tiers in which something waits', async () => {
        await given(
          ...givenJobs(3),
          givenJob({ jobId: JobId(11), tier: medium }),
          givenJob({ jobId: JobId(12), installationId: nobody }),
          { ...running, jobId: JobId(13) },
        );

        expect((await stores.jobs.tiersWithWaiting(acme)).sort()).toEqual([medium, small]);
        expect(await stores.jobs.tiersWithWaiting(InstallationId(5))).toEqual([]);
      });

      it('stores why jobs wait, and leaves alone what no longer does', async () => {
        await given(givenJob(), { ...covered, jobId: JobId(2) });
        const waits = [1, 2, 3].map((id) => ({ jobId: JobId(id), reason: full }));

        await stores.jobs.setWaitReasons(acme, waits);

        expect(await theJob(1)).toEqual(givenJob({ reason: full }));
        expect(await theJob(2)).toEqual({ ...covered, jobId: 2 });
        expect(await theJob(3)).toBeUndefined();
      });

      it('pages through what is pending across tenants, each once', async () => {
        await given(...givenJobs(5), ...givenJobs(5, { installationId: nobody }), {
          ...covered,
          jobId: JobId(50),
        });
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await stores.jobs.scanPendingAcrossTenants({
            limit: 3,
            ...(cursor ? { cursor } : {}),
          });
          seen.push(...page.jobs.map((job) => `${job.installationId}/${job.jobId}`));
          cursor = page.cursor;
        } while (cursor);

        expect(seen).toHaveLength(10);
        expect(new Set(seen).size).toBe(10);
      });
    });

    describe('back into the line', () => {
      it('lets a blocked job wait, once', async () => {
        await given(givenJob({ state: 'blocked' }));

        expect(await stores.jobs.unblock(acme, one, full)).toBe(true);
        expect(await stores.jobs.unblock(acme, one, ended)).toBe(false);
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it('lets a covered job wait again at its old place', async () => {
        await given(covered, givenJob({ jobId: JobId(2), queuedAt: noon + 1 }));

        expect(await stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(true);

        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1 }));
        expect(await waiting()).toEqual([1, 2]);
      });

      it('does not take a job from the lease that covers it now', async () => {
        await given({ ...covered, lease: leaseOf(LaunchId('launch-2'), 0) });

        expect(await stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(false);
        expect(await theJob()).toMatchObject({ state: 'covered', lease: 'launch-2.0' });
      });

      it('requeues a job from the machine that ran it, and from no other', async () => {
        await given(running);

        expect(await stores.jobs.requeue(acme, one, InstanceId('i-2'), ended)).toBe(false);
        expect(await stores.jobs.requeue(acme, one, machine, ended)).toBe(true);
        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1 }));
        expect(await waiting()).toEqual([1]);
      });

      it('makes no job by changing one that is not known', async () => {
        await stores.jobs.unblock(acme, one, full);
        await stores.jobs.waitAgain(acme, one, lease0, full);
        await stores.jobs.requeue(acme, one, machine, full);
        await stores.jobs.markUnsettled(acme, one, machine, noon);
        await stores.jobs.refuseWaiting(acme, one, { outcome: 'refused', at: noon });

        expect(await theJob()).toBeUndefined();
      });
    });

    describe('start', () => {
      it('lets a job run, forgets its plan, and tells what the plan was', async () => {
        await given(covered);

        expect(await stores.jobs.start(acme, one, { runner: machine, at: noon + 5 })).toEqual(covered);
        expect(await theJob()).toEqual({ ...running, startedAt: noon + 5 });
        expect(await pending()).toEqual([]);
      });

      it('takes a waiting job out of the line, though the machine is none of ours', async () => {
        await waitingJobs(stores, 1);

        await stores.jobs.start(acme, one, { runner: undefined, at: noon });

        expect(await theJob()).toEqual(givenJob({ state: 'running', startedAt: noon }));
        expect(await waiting()).toEqual([]);
      });

      it('comes too late for a job that is done', async () => {
        const done = givenJob({ state: 'done', outcome: 'completed', doneAt: noon });
        await given(done);

        expect(await stores.jobs.start(acme, one, { runner: machine, at: noon })).toEqual(done);
        expect(await theJob()).toEqual(done);
      });

      it('writes nothing for a job that is not known', async () => {
        expect(await stores.jobs.start(acme, one, { runner: machine, at: noon })).toBeUndefined();
        expect(await theJob()).toBeUndefined();
      });

      it('changes nothing when it is told twice, not even what is unsettled', async () => {
        await given(running);
        await stores.jobs.markUnsettled(acme, one, machine, noon + 9);

        await stores.jobs.start(acme, one, { runner: machine, at: noon + 10 });

        expect(await theJob()).toEqual({ ...running, unsettledAt: noon + 9 });
        expect(await pending()).toEqual([1]);
      });

      it('follows GitHub to another machine', async () => {
        await given(running);
        await stores.jobs.markUnsettled(acme, one, machine, noon + 9);

        await stores.jobs.start(acme, one, { runner: InstanceId('i-2'), at: noon + 10 });

        expect(await theJob()).toEqual({ ...running, runner: 'i-2', startedAt: noon + 10 });
        expect(await pending()).toEqual([]);
      });
    });

    describe('the end', () => {
      it('finishes a running job, and tells what it was', async () => {
        await given(running);
        const end = { outcome: 'completed', at: noon + 60, conclusion: 'success' } as const;

        expect(await stores.jobs.finish(acme, one, end)).toEqual(running);
        expect(await theJob()).toEqual({
          ...running,
          state: 'done',
          outcome: 'completed',
          doneAt: noon + 60,
          conclusion: 'success',
        });
      });

      it('finishes a covered job that was cancelled, and forgets its plan', async () => {
        await given(covered);

        await stores.jobs.finish(acme, one, { outcome: 'cancelled', at: noon, conclusion: 'cancelled' });

        expect(await theJob()).not.toHaveProperty('lease');
        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'cancelled' });
      });

      it('keeps the first end of two', async () => {
        await given(running);
        await stores.jobs.finish(acme, one, { outcome: 'completed', at: noon });

        const before = await stores.jobs.finish(acme, one, { outcome: 'cancelled', at: noon + 1 });

        expect(before).toMatchObject({ state: 'done', outcome: 'completed' });
        expect(await theJob()).toMatchObject({ outcome: 'completed', doneAt: noon });
      });

      it('writes nothing for a job that is not known', async () => {
        expect(await stores.jobs.finish(acme, one, { outcome: 'completed', at: noon })).toBeUndefined();
        expect(await theJob()).toBeUndefined();
      });

      it('keeps a job pending whose machine ended first, until it is finished', async () => {
        await given(running, { ...running, jobId: JobId(2), runner: InstanceId('i-2') });
        await stores.jobs.markUnsettled(acme, one, machine, noon + 9);
        await stores.jobs.markUnsettled(acme, JobId(2), machine, noon + 9);

        expect(await pending()).toEqual([1]);
        expect(await waiting()).toEqual([]);

        await stores.jobs.finish(acme, one, { outcome: 'completed', at: noon + 10 });
        expect(await pending()).toEqual([]);
      });

      it('refuses a waiting job with its reason, and no other', async () => {
        await given(givenJob(), { ...covered, jobId: JobId(2) });
        const end = { outcome: 'refused', at: noon, reason: full } as const;

        expect(await stores.jobs.refuseWaiting(acme, one, end)).toBe(true);
        expect(await stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(false);
        expect(await theJob()).toEqual(
          givenJob({ state: 'done', outcome: 'refused', doneAt: noon, reason: full }),
        );
        expect(await pending()).toEqual([]);
      });
    });
  });
}
