/** What every JobStore promises about the line of waiting jobs. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, givenJobs, medium, noon, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { lease0, machine, nobody } from './support/stored.ts';

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

    describe('find', () => {
      it('reads the known ones of the jobs, once each, and no other tenant’s', async () => {
        const mine = [givenJob(), givenJob({ jobId: JobId(2) })];
        await given(...mine, givenJob({ jobId: JobId(3), installationId: InstallationId(999) }));

        const found = await stores.jobs.find(acme, [2, 1, 1, 3, 4].map(JobId));

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

        const outcomes = await stores.jobs.insert([givenJob(), givenJob({ jobId: JobId(2) })]);

        expect(outcomes).toEqual(['exists', 'inserted']);
        expect(await theJob()).toEqual(covered);
      });

      it('inserts the first of two equal jobs', async () => {
        const outcomes = await stores.jobs.insert([
          givenJob({ runId: 1, runAttempt: 3 }),
          givenJob({ runId: 2 }),
        ]);

        expect(outcomes).toEqual(['inserted', 'exists']);
        expect(await theJob()).toMatchObject({ runId: 1, runAttempt: 3 });
      });

      it('inserts more jobs than one call can hold', async () => {
        const outcomes = await stores.jobs.insert(givenJobs(60));

        expect(outcomes).toEqual(new Array(60).fill('inserted'));
        expect(await waiting()).toHaveLength(60);
      });

      it.each([
        { case: 'is larger than a row may be', over: { labels: new Array(75_001).fill('label-x') } },
        { case: 'holds half a character', over: { repository: 'acme/app\ud800' } },
      ])('says of a job alone that it $case', async ({ over }) => {
        const jobs = givenJobs(3).map((job) => (job.jobId === 2 ? { ...job, ...over } : job));

        const outcomes = await stores.jobs.insert(jobs);

        expect(outcomes[1]).toMatchObject({ name: 'OperationalError' });
        expect([outcomes[0], outcomes[2]]).toEqual(['inserted', 'inserted']);
        expect(await waiting()).toEqual([1, 3]);
      });

      it('inserts nothing for an empty list', async () => {
        expect(await stores.jobs.insert([])).toEqual([]);
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
          const page = await stores.jobs.pageOfWaiting(acme, small, {
            limit: 3,
            ...(cursor ? { cursor } : {}),
          });
          pages.push(page.jobs.map(({ jobId }) => jobId));
          const end = { outcome: 'refused', at: noon, reason: full } as const;
          await Promise.all(
            page.jobs.slice(1).map(({ jobId }) => stores.jobs.refuseWaiting(acme, jobId, end)),
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
          (await stores.jobs.listWaitingBeyond(acme, count, limit)).map((job) => job.jobId);
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

        expect((await stores.jobs.tiersWithWaiting(acme)).sort()).toEqual([medium, small]);
        expect(await stores.jobs.tiersWithWaiting(InstallationId(5))).toEqual([]);
      });

      it('stores why jobs wait, and does not change jobs that no longer wait', async () => {
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
      it('opens a blocked job again, once', async () => {
        const blocked = givenJob({ state: 'blocked' });
        await given(blocked);

        expect(await stores.jobs.reopen(acme, one, { reason: full })).toEqual(blocked);
        expect(await stores.jobs.reopen(acme, one, { reason: ended })).toBeUndefined();
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it('does not open a job that was held after GitHub reported it as queued', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }));

        expect(await stores.jobs.reopen(acme, one, { reason: full, heardAt: noon })).toBeUndefined();
        expect(await stores.jobs.reopen(acme, one, { reason: full, heardAt: noon + 1 })).toBeDefined();
      });

      it('refuses a blocked job, and none that is no longer blocked', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }), { ...covered, jobId: JobId(2) });
        const end = { outcome: 'refused', at: noon + 1, reason: full } as const;

        expect(await stores.jobs.refuseBlocked(acme, one, end)).toBe(true);
        expect(await stores.jobs.refuseBlocked(acme, one, end)).toBe(false);
        expect(await stores.jobs.refuseBlocked(acme, JobId(2), end)).toBe(false);

        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'refused', reason: full });
        expect((await stores.jobs.scanPendingAcrossTenants({ limit: 10 })).jobs).toEqual([]);
      });

      it('lists the pending jobs of a tenant together, its unsettled ones first', async () => {
        const order = [acme, nobody].flatMap((installationId) => [
          givenJob({ installationId, jobId: JobId(9), state: 'blocked', unsettledAt: noon }),
          givenJob({ installationId, jobId: JobId(8), state: 'blocked', unsettledAt: noon + 1 }),
          givenJob({ installationId, jobId: JobId(1) }),
        ]);
        await given(...order.toReversed());

        const { jobs } = await stores.jobs.scanPendingAcrossTenants({ limit: 10 });

        expect(jobs.map(({ installationId }) => installationId === jobs[0]?.installationId)).toEqual([
          true,
          true,
          true,
          false,
          false,
          false,
        ]);
        expect(jobs.map(({ jobId }) => jobId)).toEqual([9, 8, 1, 9, 8, 1]);
      });

      it('reopens jobs that the platform itself ended, except expired ones', async () => {
        const refused = givenJob({ state: 'done', outcome: 'refused', doneAt: noon, reason: ended });
        const { tier: _tier, ...none } = { ...refused, jobId: JobId(4) };
        const expired = givenJob({ ...refused, jobId: JobId(2), outcome: 'expired' });
        const { reason: _reason, ...over } = { ...refused, jobId: JobId(3), outcome: 'cancelled' as const };
        await given(refused, expired, over, none);

        const opened = await Promise.all(
          [1, 2, 3, 4].map((id) => stores.jobs.reopen(acme, JobId(id), { reason: full })),
        );

        expect(opened).toEqual([refused, undefined, undefined, undefined]);
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it.each(['waiting', 'covered'] as const)(
        'blocks a job that is %s, and keeps it pending',
        async (state) => {
          await given(state === 'covered' ? covered : givenJob({ attempts: 1, reason: full }));

          expect(await stores.jobs.block(acme, one, noon + 5)).toBe(true);
          expect(await stores.jobs.block(acme, one, noon + 6)).toBe(false);
          expect(await theJob()).toEqual(givenJob({ state: 'blocked', attempts: 1, unsettledAt: noon + 5 }));
          expect(await waiting()).toEqual([]);
          expect((await stores.jobs.scanPendingAcrossTenants({ limit: 9 })).jobs).toHaveLength(1);
        },
      );

      it('does not block a running job', async () => {
        await given(running);
        expect(await stores.jobs.block(acme, one, noon)).toBe(false);
        expect(await theJob()).toEqual(running);
      });

      it('puts a pausing job behind all that may start before it, until it is covered or woken', async () => {
        await given(covered, givenJob({ jobId: JobId(2), queuedAt: noon + 1 }));
        const rest = { tier: small, replacements: 3, retryAt: noon + 60_000 };

        await stores.jobs.waitAgain(acme, one, lease0, ended, rest);
        expect(await theJob()).toMatchObject({ replacements: 3, retryAt: noon + 60_000 });
        expect(await waiting()).toEqual([2, 1]);
        await stores.jobs.rest(acme, one, full);
        const counted = { attempts: 1, replacements: 3, formerLease: lease0 };
        expect(await theJob()).toEqual(givenJob({ reason: full, ...counted }));
        expect(await waiting()).toEqual([1, 2]);
        await stores.jobs.rest(acme, one, full, rest);
        expect(await waiting()).toEqual([2, 1]);
      });

      it('records for unfinished jobs that GitHub denies or shows them', async () => {
        await given(
          running,
          givenJob({ jobId: JobId(2), state: 'done', outcome: 'completed', doneAt: noon }),
        );

        await stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 9 });
        expect(await theJob()).toEqual({ ...running, goneAt: noon + 7, goneSaidAt: noon + 9 });
        await stores.jobs.doubt(acme, one, undefined);
        expect(await theJob()).toEqual(running);
        await stores.jobs.doubt(acme, JobId(2), { since: noon, saidAt: noon });
        expect(await theJob(2)).not.toHaveProperty('goneAt');
      });

      it('records no doubt, and closes nothing, if another look has changed the doubt meanwhile', async () => {
        await given(running, givenJob({ jobId: JobId(2), state: 'waiting' }));
        await stores.jobs.doubt(acme, one, { since: noon + 9, saidAt: noon + 9, known: noon });
        expect(await theJob()).toEqual(running);
        await stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 9 });
        await stores.jobs.doubt(acme, one, { since: noon + 8, saidAt: noon + 10 });
        expect(await theJob()).toMatchObject({ goneAt: noon + 7, goneSaidAt: noon + 9 });
        await stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 20, known: noon + 7 });
        expect(await theJob()).toMatchObject({ goneAt: noon + 7, goneSaidAt: noon + 20 });
        const end = { outcome: 'cancelled', at: noon + 30, reason: full, doubtedSince: noon + 6 } as const;
        expect(await stores.jobs.finish(acme, one, end)).toMatchObject({ goneAt: noon + 7 });
        expect(await stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(false);
        expect([(await theJob())?.state, (await theJob(2))?.state]).toEqual(['running', 'waiting']);
        await stores.jobs.finish(acme, one, { ...end, doubtedSince: noon + 7 });
        await stores.jobs.doubt(acme, JobId(2), { since: noon + 6, saidAt: noon + 6 });
        expect(await stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(true);
        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'cancelled' });
        expect(await theJob()).not.toHaveProperty('doubtedSince');
      });

      it('lets a covered job wait again at its old place', async () => {
        await given(covered, givenJob({ jobId: JobId(2), queuedAt: noon + 1 }));

        expect(await stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(true);

        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1, formerLease: lease0 }));
        expect(await waiting()).toEqual([1, 2]);
      });

      it('reads the newest jobs of a tenant, whatever their state, newest first', async () => {
        const stranger = givenJob({ jobId: JobId(9), installationId: InstallationId(999) });
        await given(running, givenJob({ jobId: JobId(3) }), givenJob({ jobId: JobId(2) }), stranger);

        expect((await stores.jobs.listNewest(acme, 2)).map(({ jobId }) => jobId)).toEqual([3, 2]);
      });

      it('finds the tenant of a job among many', async () => {
        await given(givenJob());
        const others = Array.from({ length: 150 }, (_, n) => InstallationId(1000 + n));

        expect(await stores.jobs.findAcrossTenants(one, [...others, acme])).toEqual(givenJob());
        expect(await stores.jobs.findAcrossTenants(one, others)).toBeUndefined();
      });

      it('does not take a job from its current lease', async () => {
        await given({ ...covered, lease: leaseOf(LaunchId('launch-2'), 0) });

        expect(await stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(false);
        expect(await theJob()).toMatchObject({ state: 'covered', lease: 'launch-2.0' });
      });

      it('requeues a job from the machine that ran it, and from no other', async () => {
        await given(running);

        expect(await stores.jobs.requeue(acme, one, InstanceId('i-2'), ended)).toBe(false);
        const rest = { tier: small, replacements: 1 };
        expect(await stores.jobs.requeue(acme, one, machine, ended, rest)).toBe(true);
        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1, replacements: 1 }));
        expect(await waiting()).toEqual([1]);
      });

      it('counts machines that ended without running the job', async () => {
        await given({ ...covered, replacements: 2 }, { ...covered, jobId: JobId(2), replacements: 2 });

        await stores.jobs.waitAgain(acme, one, lease0, reason('capacity', 'None.'));
        await stores.jobs.waitAgain(acme, JobId(2), lease0, ended, { tier: small, replacements: 3 });

        expect(await theJob()).toMatchObject({ state: 'waiting', replacements: 2 });
        expect(await theJob(2)).toMatchObject({ state: 'waiting', replacements: 3 });
      });

      it('creates no job by changing an unknown one', async () => {
        await stores.jobs.reopen(acme, one, { reason: full });
        await stores.jobs.block(acme, one, noon);
        await stores.jobs.rest(acme, one, full);
        await stores.jobs.doubt(acme, one, { since: noon, saidAt: noon });
        await stores.jobs.doubt(acme, one, undefined);
        await stores.jobs.waitAgain(acme, one, lease0, full);
        await stores.jobs.requeue(acme, one, machine, full);
        await stores.jobs.markUnsettled(acme, one, machine, noon);
        await stores.jobs.refuseWaiting(acme, one, { outcome: 'refused', at: noon });

        expect(await theJob()).toBeUndefined();
      });
    });
  });
}
