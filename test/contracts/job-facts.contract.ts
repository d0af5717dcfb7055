/** What every JobStore promises about what GitHub reports: a job starts, and a job ends. */
import { describe, expect, it } from '@jest/globals';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, noon } from '../support/given.ts';
import { covered, full, one, running, useJobRows } from './support/job-rows.ts';
import type { StoreBackend } from './support/store-backends.ts';
import { lease0, machine, waitingJobs } from './support/stored.ts';

const refused = givenJob({ state: 'done', outcome: 'refused', doneAt: noon, reason: full });

export function jobFactsContract(backend: StoreBackend): void {
  describe(`JobStore, facts, ${backend.name}`, () => {
    const { current, given, theJob, waiting } = useJobRows(backend);
    const pending = async () => {
      const { jobs } = await current.stores.jobs.scanPendingAcrossTenants({ limit: 100 });
      return jobs.map((job) => job.jobId).sort();
    };

    describe('rename', () => {
      it("updates the repository's name in any state, and creates no job", async () => {
        await given(givenJob({ repositoryId: 7 }), givenJob({ ...running, jobId: JobId(2) }));

        for (const id of [1, 2, 3]) await current.stores.jobs.rename(acme, JobId(id), 'acme-inc/web');

        expect(await theJob()).toEqual(givenJob({ repositoryId: 7, repository: 'acme-inc/web' }));
        expect(await theJob(2)).toEqual({ ...running, jobId: JobId(2), repository: 'acme-inc/web' });
        expect(await theJob(3)).toBeUndefined();
        expect(await waiting()).toEqual([1]);
      });
    });

    describe('noteStartRefusal', () => {
      it('is kept once, whatever GitHub reports, and creates no job', async () => {
        await given(running);

        expect(await current.stores.jobs.noteStartRefusal(acme, one, full)).toBe(true);
        expect(await current.stores.jobs.noteStartRefusal(acme, one, reason('quota', 'later'))).toBe(false);
        expect(await current.stores.jobs.noteStartRefusal(acme, JobId(2), full)).toBe(false);

        await current.stores.jobs.finish(acme, one, {
          outcome: 'completed',
          at: noon + 9,
          conclusion: 'failure',
        });
        expect(await theJob()).toMatchObject({ state: 'done', conclusion: 'failure', startRefusal: full });
        expect(await theJob(2)).toBeUndefined();
      });
    });

    describe('start', () => {
      it('marks a job as running, takes it out of the line, and returns its plan', async () => {
        await given(covered);

        expect(await current.stores.jobs.start(acme, one, { runner: machine, at: noon + 5 })).toEqual(
          covered,
        );
        expect(await theJob()).toEqual({ ...running, startedAt: noon + 5, lease: lease0 });
        expect(await pending()).toEqual([]);
      });

      it('takes a waiting job out of the line even if the machine is not ours, and keeps it pending', async () => {
        await waitingJobs(current.stores, 1);

        await current.stores.jobs.start(acme, one, { runner: undefined, at: noon });

        expect(await theJob()).toEqual(givenJob({ state: 'running', startedAt: noon, unsettledAt: noon }));
        expect(await waiting()).toEqual([]);
        expect(await pending()).toEqual([1]);
      });

      it('lets a job that ran on no machine of ours wait again, and no other', async () => {
        await given(givenJob(), givenJob({ ...running, jobId: JobId(2) }));
        await current.stores.jobs.start(acme, one, { runner: undefined, at: noon });

        expect(await current.stores.jobs.requeue(acme, one, undefined, full)).toBe(true);
        expect(await current.stores.jobs.requeue(acme, JobId(2), undefined, full)).toBe(false);
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it('keeps a job pending that is marked as unsettled, until it is opened again', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }));
        expect(await pending()).toEqual([1]);

        expect(await current.stores.jobs.reopen(acme, one, { reason: full })).toMatchObject({
          state: 'blocked',
        });
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it('comes too late for a job that is done', async () => {
        const done = givenJob({ state: 'done', outcome: 'completed', doneAt: noon });
        await given(done);

        expect(await current.stores.jobs.start(acme, one, { runner: machine, at: noon })).toEqual(done);
        expect(await theJob()).toEqual(done);
      });

      it('marks a refused job as running, because GitHub decides', async () => {
        await given(refused);

        expect(await current.stores.jobs.start(acme, one, { runner: machine, at: noon })).toEqual(refused);
        expect(await theJob()).toEqual({ ...running, attempts: 0 });
      });

      it('leaves a job refused that no tier has the labels of', async () => {
        const { tier: _tier, ...none } = refused;
        await given(none);

        expect(await current.stores.jobs.start(acme, one, { runner: undefined, at: noon })).toEqual(none);
        expect(await theJob()).toEqual(none);
      });

      it('writes nothing for a job that is not known', async () => {
        expect(await current.stores.jobs.start(acme, one, { runner: machine, at: noon })).toBeUndefined();
        expect(await theJob()).toBeUndefined();
      });

      it('changes nothing when reported twice, not even what is unsettled', async () => {
        await given(running);
        await current.stores.jobs.markUnsettled(acme, one, machine, noon + 9);

        await current.stores.jobs.start(acme, one, { runner: machine, at: noon + 10 });

        expect(await theJob()).toEqual({ ...running, unsettledAt: noon + 9 });
        expect(await pending()).toEqual([1]);
      });

      it('does not unsettle a running job when a start on no machine of ours is reported late', async () => {
        await given(running);

        await current.stores.jobs.start(acme, one, { runner: undefined, at: noon + 1 });

        expect(await theJob()).toEqual(running);
        expect(await pending()).toEqual([]);
      });

      it('follows GitHub to another machine', async () => {
        await given(running);
        await current.stores.jobs.markUnsettled(acme, one, machine, noon + 9);

        await current.stores.jobs.start(acme, one, { runner: InstanceId('i-2'), at: noon + 10 });

        expect(await theJob()).toEqual({ ...running, runner: 'i-2', startedAt: noon + 10 });
        expect(await pending()).toEqual([]);
      });
    });

    describe('the end', () => {
      it('finishes a running job, and returns its former state', async () => {
        await given(running);
        const end = { outcome: 'completed', at: noon + 60, conclusion: 'success' } as const;

        expect(await current.stores.jobs.finish(acme, one, end)).toEqual(running);
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

        await current.stores.jobs.finish(acme, one, {
          outcome: 'cancelled',
          at: noon,
          conclusion: 'cancelled',
        });

        expect(await theJob()).not.toHaveProperty('lease');
        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'cancelled' });
      });

      it("replaces the platform's end with GitHub's, and never the other way round", async () => {
        const end = { outcome: 'completed', at: noon + 1, conclusion: 'success' } as const;
        await given(refused);

        expect(await current.stores.jobs.finish(acme, one, end)).toEqual(refused);
        await current.stores.jobs.finish(acme, one, { outcome: 'refused', at: noon + 2, reason: full });

        const { outcome, conclusion, at: doneAt } = end;
        expect(await theJob()).toEqual(givenJob({ state: 'done', outcome, conclusion, doneAt }));
      });

      it('keeps the first end of two', async () => {
        await given(running);
        await current.stores.jobs.finish(acme, one, { outcome: 'completed', at: noon });

        const before = await current.stores.jobs.finish(acme, one, { outcome: 'cancelled', at: noon + 1 });

        expect(before).toMatchObject({ state: 'done', outcome: 'completed' });
        expect(await theJob()).toMatchObject({ outcome: 'completed', doneAt: noon });
      });

      it('writes nothing for a job that is not known', async () => {
        expect(
          await current.stores.jobs.finish(acme, one, { outcome: 'completed', at: noon }),
        ).toBeUndefined();
        expect(await theJob()).toBeUndefined();
      });

      it('keeps a job pending whose machine ended first, until it is finished', async () => {
        await given(running, { ...running, jobId: JobId(2), runner: InstanceId('i-2') });
        await current.stores.jobs.markUnsettled(acme, one, machine, noon + 9);
        await current.stores.jobs.markUnsettled(acme, JobId(2), machine, noon + 9);

        expect(await pending()).toEqual([1]);
        expect(await waiting()).toEqual([]);

        await current.stores.jobs.finish(acme, one, { outcome: 'completed', at: noon + 10 });
        expect(await pending()).toEqual([]);
      });

      it('refuses a waiting job with its reason, and no other', async () => {
        await given(givenJob(), { ...covered, jobId: JobId(2) });
        const end = { outcome: 'refused', at: noon, reason: full } as const;

        expect(await current.stores.jobs.refuseWaiting(acme, one, end)).toBe(true);
        expect(await current.stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(false);
        expect(await theJob()).toEqual(
          givenJob({ state: 'done', outcome: 'refused', doneAt: noon, reason: full }),
        );
        expect(await pending()).toEqual([]);
      });
    });
  });
}
