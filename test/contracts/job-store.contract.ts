/** What every JobStore promises about rows of jobs, and the line of those that wait. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, givenJob, givenJobs, medium, noon, small } from '../support/given.ts';
import { covered, full, running, useJobRows } from './support/job-rows.ts';
import type { StoreBackend } from './support/store-backends.ts';
import { machine, nobody } from './support/stored.ts';

export function jobStoreContract(backend: StoreBackend): void {
  describe(`JobStore ${backend.name}`, () => {
    const { current, given, theJob, waiting } = useJobRows(backend);

    describe('find', () => {
      it('reads the known ones of the jobs, once each, and no other tenant’s', async () => {
        const mine = [givenJob(), givenJob({ jobId: JobId(2) })];
        await given(...mine, givenJob({ jobId: JobId(3), installationId: InstallationId(999) }));

        const found = await current.stores.jobs.find(acme, [2, 1, 1, 3, 4].map(JobId));

        expect(found.toSorted((a, b) => a.jobId - b.jobId)).toEqual(mine);
      });
    });

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

      it('inserts unknown jobs, and leaves the rest unchanged', async () => {
        await given(covered);

        const outcomes = await current.stores.jobs.insert([givenJob(), givenJob({ jobId: JobId(2) })]);

        expect(outcomes).toEqual(['exists', 'inserted']);
        expect(await theJob()).toEqual(covered);
      });

      it('inserts the first of two equal jobs', async () => {
        const outcomes = await current.stores.jobs.insert([
          givenJob({ runId: 1, runAttempt: 3 }),
          givenJob({ runId: 2 }),
        ]);

        expect(outcomes).toEqual(['inserted', 'exists']);
        expect(await theJob()).toMatchObject({ runId: 1, runAttempt: 3 });
      });

      it('inserts more jobs than one call can hold', async () => {
        const outcomes = await current.stores.jobs.insert(givenJobs(60));

        expect(outcomes).toEqual(new Array(60).fill('inserted'));
        expect(await waiting()).toHaveLength(60);
      });

      it.each([
        { case: 'is larger than a row may be', over: { labels: new Array(75_001).fill('label-x') } },
        { case: 'holds half a character', over: { repository: 'acme/app\ud800' } },
      ])('says of a job alone that it $case', async ({ over }) => {
        const jobs = givenJobs(3).map((job) => (job.jobId === 2 ? { ...job, ...over } : job));

        const outcomes = await current.stores.jobs.insert(jobs);

        expect(outcomes[1]).toMatchObject({ name: 'OperationalError' });
        expect([outcomes[0], outcomes[2]]).toEqual(['inserted', 'inserted']);
        expect(await waiting()).toEqual([1, 3]);
      });

      it('records the end of one job beside another that holds half a character', async () => {
        const [job, other] = givenJobs(2);
        await given(job!);

        const unfit = { ...other!, repository: 'acme/app\ud800' };
        const [before, outcomes] = await Promise.all([
          current.stores.jobs.finish(acme, job!.jobId, { outcome: 'completed', at: noon }),
          current.stores.jobs.insert([unfit]),
        ]);

        expect(before).toMatchObject({ state: 'waiting' });
        expect(outcomes).toMatchObject([{ name: 'OperationalError' }]);
      });

      it('inserts nothing for an empty list', async () => {
        expect(await current.stores.jobs.insert([])).toEqual([]);
      });
    });

    describe('the line', () => {
      it('lists the oldest first, in any order of insertion, up to the limit', async () => {
        await given(
          givenJob({ jobId: JobId(30), queuedAt: noon + 2 }),
          givenJob({ jobId: JobId(9), queuedAt: noon + 1 }),
          givenJob({ jobId: JobId(10), queuedAt: noon + 1 }),
          givenJob({ jobId: JobId(40), queuedAt: noon - 1 }),
        );

        expect(await waiting()).toEqual([40, 9, 10, 30]);
        expect(await waiting(2)).toEqual([40, 9]);
      });

      it('lists one tier of one tenant, and only waiting jobs', async () => {
        await given(
          givenJob(),
          givenJob({ jobId: JobId(2), tier: medium }),
          givenJob({ jobId: JobId(3), installationId: nobody }),
          { ...covered, jobId: JobId(4) },
          givenJob({ jobId: JobId(5), state: 'blocked' }),
        );

        expect(await waiting()).toEqual([1]);
      });

      it('lists each waiting job once, page by page, even if listed ones leave the line', async () => {
        await given(
          ...givenJobs(7).map((job) => ({ ...job, queuedAt: noon - job.jobId })),
          givenJob({ jobId: JobId(8), tier: medium }),
          givenJob({ jobId: JobId(9), installationId: nobody }),
        );

        const pages: number[][] = [];
        let cursor: string | undefined;
        do {
          const page = await current.stores.jobs.pageOfWaiting(acme, small, {
            limit: 3,
            ...(cursor ? { cursor } : {}),
          });
          pages.push(page.jobs.map(({ jobId }) => jobId));
          const end = { outcome: 'refused', at: noon, reason: full } as const;
          await Promise.all(
            page.jobs.slice(1).map(({ jobId }) => current.stores.jobs.refuseWaiting(acme, jobId, end)),
          );
          cursor = page.cursor;
        } while (cursor);

        expect(pages).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
        expect(await waiting()).toEqual([7, 4, 1]);
      });

      it('lists the jobs after the oldest of all tiers, the youngest last', async () => {
        await given(
          givenJob({ jobId: JobId(1), queuedAt: noon + 3 }),
          givenJob({ jobId: JobId(2), queuedAt: noon + 1, tier: medium }),
          givenJob({ jobId: JobId(3), queuedAt: noon + 2 }),
          givenJob({ jobId: JobId(4), queuedAt: noon + 4, tier: medium }),
          givenJob({ jobId: JobId(5), installationId: nobody }),
        );

        const beyond = async (count: number, limit = 10) =>
          (await current.stores.jobs.listWaitingBeyond(acme, count, limit)).map((job) => job.jobId);
        expect(await beyond(2)).toEqual([1, 4]);
        expect(await beyond(2, 1)).toEqual([1]);
        expect(await beyond(4)).toEqual([]);
      });

      it('names the tiers with waiting jobs', async () => {
        await given(
          ...givenJobs(9, { tier: medium }),
          givenJob({ jobId: JobId(11) }),
          givenJob({ jobId: JobId(12), installationId: nobody }),
          { ...running, jobId: JobId(13) },
        );

        expect((await current.stores.jobs.tiersWithWaiting(acme)).sort()).toEqual([medium, small]);
        expect(await current.stores.jobs.tiersWithWaiting(InstallationId(5))).toEqual([]);
      });

      it('stores why jobs wait, and does not change jobs that no longer wait', async () => {
        await given(givenJob(), { ...covered, jobId: JobId(2) });
        const waits = [1, 2, 3].map((id) => ({ jobId: JobId(id), reason: full }));

        await current.stores.jobs.setWaitReasons(acme, waits);

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
          const page = await current.stores.jobs.scanPendingAcrossTenants({
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
  });
}
