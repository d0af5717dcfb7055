/** What every JobStore promises about jobs that wait again: blocked, reopened, put back after their machine ended. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { acme, givenJob, medium, noon, small } from '../support/given.ts';
import { covered, ended, full, one, running, useJobRows } from './support/job-rows.ts';
import type { StoreBackend } from './support/store-backends.ts';
import { lease0, machine, nobody } from './support/stored.ts';

export function jobReturnsContract(backend: StoreBackend): void {
  describe(`JobStore ${backend.name}`, () => {
    const { current, given, theJob, waiting } = useJobRows(backend);

    describe('back into the line', () => {
      it('opens a blocked job again, once', async () => {
        const blocked = givenJob({ state: 'blocked' });
        await given(blocked);

        expect(await current.stores.jobs.reopen(acme, one, { reason: full })).toEqual(blocked);
        expect(await current.stores.jobs.reopen(acme, one, { reason: ended })).toBeUndefined();
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it('keeps from when on a job waits after a hold', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }));

        const approved = { reason: full, heardAt: noon + 9, approvedAt: noon + 9 };
        await current.stores.jobs.reopen(acme, one, approved);

        expect(await theJob()).toEqual(givenJob({ reason: full, approvedAt: noon + 9 }));
      });

      it('moves a waiting job to the line of another tier, once, at its place, to be decided again', async () => {
        const admission = { policy: 'p1', state: 'admitted', at: noon } as const;
        const job = givenJob({ reason: full, retryAt: noon + 60_000, admission });
        const later = givenJob({ jobId: JobId(2), tier: medium, queuedAt: noon + 90_000 });
        await given(job, later);
        const { jobs } = current.stores;

        expect(await jobs.moveTier(job, medium)).toBe(true);
        expect(await jobs.moveTier(job, medium)).toBe(false);

        expect(await theJob()).toEqual(givenJob({ tier: medium, reason: full, retryAt: noon + 60_000 }));
        expect(await waiting()).toEqual([]);
        const line = await jobs.listWaiting(acme, medium, 10);
        expect(line.map(({ jobId }) => jobId)).toEqual([1, 2]);
        await jobs.rest(acme, one, full);
        expect(await jobs.tiersWithWaiting(acme)).toEqual([medium]);
      });

      it('neither rests nor decides a job for the tier that it was moved from', async () => {
        const job = givenJob({ reason: full });
        await given(job);
        const { jobs } = current.stores;
        await jobs.moveTier(job, medium);
        const moved = await theJob();
        const admission = { policy: 'p1', state: 'admitted', at: noon } as const;

        await jobs.rest(acme, one, ended, { tier: small, replacements: 3, retryAt: noon + 60_000 });
        expect(await jobs.setAdmissions(acme, [{ jobId: one, admission, tier: small }])).toEqual([]);

        expect(await theJob()).toEqual(moved);
        expect(await jobs.tiersWithWaiting(acme)).toEqual([medium]);
        await jobs.rest(acme, one, ended, { tier: medium, replacements: 3, retryAt: noon + 60_000 });
        expect(await jobs.setAdmissions(acme, [{ jobId: one, admission, tier: medium }])).toEqual([one]);
        expect(await theJob()).toMatchObject({ retryAt: noon + 60_000, admission });
      });

      it('reads a job that an older release put back into its former tier’s line in that tier, and moves it', async () => {
        const job = givenJob({ reason: full });
        await given(job);
        const { jobs } = current.stores;
        await jobs.moveTier(job, medium);
        const rest = { tier: small, replacements: 3, retryAt: noon + 60_000 };
        await current.stores.restInFormerTier(one, rest);

        const stray = givenJob({ reason: full, retryAt: rest.retryAt });
        expect(await theJob()).toEqual(stray);
        expect(await jobs.listWaiting(acme, small, 10)).toEqual([stray]);
        expect(await jobs.moveTier(stray, medium)).toBe(true);
        expect(await theJob()).toEqual({ ...stray, tier: medium });
        expect(await jobs.tiersWithWaiting(acme)).toEqual([medium]);
      });

      it('moves no job that has changed since it was read', async () => {
        const job = givenJob({ reason: full });
        await given({ ...covered, jobId: JobId(2) }, givenJob({ retryAt: noon + 1 }));
        const { jobs } = current.stores;

        expect(await jobs.moveTier(job, medium)).toBe(false);
        expect(await jobs.moveTier({ ...job, jobId: JobId(2) }, medium)).toBe(false);
        expect(await jobs.moveTier({ ...job, jobId: JobId(3) }, medium)).toBe(false);
        expect(await theJob()).toEqual(givenJob({ retryAt: noon + 1 }));
      });

      it('does not open a job that was held after GitHub reported it as queued', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }));

        expect(await current.stores.jobs.reopen(acme, one, { reason: full, heardAt: noon })).toBeUndefined();
        expect(
          await current.stores.jobs.reopen(acme, one, { reason: full, heardAt: noon + 1 }),
        ).toBeDefined();
      });

      it('refuses a blocked job, and none that is no longer blocked', async () => {
        await given(givenJob({ state: 'blocked', unsettledAt: noon }), { ...covered, jobId: JobId(2) });
        const end = { outcome: 'refused', at: noon + 1, reason: full } as const;

        expect(await current.stores.jobs.refuseBlocked(acme, one, end)).toBe(true);
        expect(await current.stores.jobs.refuseBlocked(acme, one, end)).toBe(false);
        expect(await current.stores.jobs.refuseBlocked(acme, JobId(2), end)).toBe(false);

        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'refused', reason: full });
        expect((await current.stores.jobs.scanPendingAcrossTenants({ limit: 10 })).jobs).toEqual([]);
      });

      it('lists the pending jobs of a tenant together, its unsettled ones first', async () => {
        const order = [acme, nobody].flatMap((installationId) => [
          givenJob({ installationId, jobId: JobId(9), state: 'blocked', unsettledAt: noon }),
          givenJob({ installationId, jobId: JobId(8), state: 'blocked', unsettledAt: noon + 1 }),
          givenJob({ installationId, jobId: JobId(1) }),
        ]);
        await given(...order.toReversed());

        const { jobs } = await current.stores.jobs.scanPendingAcrossTenants({ limit: 10 });

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
          [1, 2, 3, 4].map((id) => current.stores.jobs.reopen(acme, JobId(id), { reason: full })),
        );

        expect(opened).toEqual([refused, undefined, undefined, undefined]);
        expect(await theJob()).toEqual(givenJob({ reason: full }));
        expect(await waiting()).toEqual([1]);
      });

      it.each(['waiting', 'covered'] as const)(
        'blocks a job that is %s, and keeps it pending',
        async (state) => {
          await given(state === 'covered' ? covered : givenJob({ attempts: 1, reason: full }));

          expect(await current.stores.jobs.block(acme, one, noon + 5)).toBe(true);
          expect(await current.stores.jobs.block(acme, one, noon + 6)).toBe(false);
          expect(await theJob()).toEqual(givenJob({ state: 'blocked', attempts: 1, unsettledAt: noon + 5 }));
          expect(await waiting()).toEqual([]);
          expect((await current.stores.jobs.scanPendingAcrossTenants({ limit: 9 })).jobs).toHaveLength(1);
        },
      );

      it('does not block a running job', async () => {
        await given(running);
        expect(await current.stores.jobs.block(acme, one, noon)).toBe(false);
        expect(await theJob()).toEqual(running);
      });

      it('puts a pausing job behind all that may start before it, until it is covered or woken', async () => {
        await given(covered, givenJob({ jobId: JobId(2), queuedAt: noon + 1 }));
        const rest = { tier: small, replacements: 3, retryAt: noon + 60_000 };

        await current.stores.jobs.waitAgain(acme, one, lease0, ended, rest);
        expect(await theJob()).toMatchObject({ replacements: 3, retryAt: noon + 60_000 });
        expect(await waiting()).toEqual([2, 1]);
        await current.stores.jobs.rest(acme, one, full);
        const counted = { attempts: 1, replacements: 3, formerLease: lease0 };
        expect(await theJob()).toEqual(givenJob({ reason: full, ...counted }));
        expect(await waiting()).toEqual([1, 2]);
        await current.stores.jobs.rest(acme, one, full, rest);
        expect(await waiting()).toEqual([2, 1]);
      });

      it('records for unfinished jobs that GitHub denies or shows them', async () => {
        await given(
          running,
          givenJob({ jobId: JobId(2), state: 'done', outcome: 'completed', doneAt: noon }),
        );

        await current.stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 9 });
        expect(await theJob()).toEqual({ ...running, goneAt: noon + 7, goneSaidAt: noon + 9 });
        await current.stores.jobs.doubt(acme, one, undefined);
        expect(await theJob()).toEqual(running);
        await current.stores.jobs.doubt(acme, JobId(2), { since: noon, saidAt: noon });
        expect(await theJob(2)).not.toHaveProperty('goneAt');
      });

      it('records no doubt, and closes nothing, if another look has changed the doubt meanwhile', async () => {
        await given(running, givenJob({ jobId: JobId(2), state: 'waiting' }));
        await current.stores.jobs.doubt(acme, one, { since: noon + 9, saidAt: noon + 9, known: noon });
        expect(await theJob()).toEqual(running);
        await current.stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 9 });
        await current.stores.jobs.doubt(acme, one, { since: noon + 8, saidAt: noon + 10 });
        expect(await theJob()).toMatchObject({ goneAt: noon + 7, goneSaidAt: noon + 9 });
        await current.stores.jobs.doubt(acme, one, { since: noon + 7, saidAt: noon + 20, known: noon + 7 });
        expect(await theJob()).toMatchObject({ goneAt: noon + 7, goneSaidAt: noon + 20 });
        const end = { outcome: 'cancelled', at: noon + 30, reason: full, doubtedSince: noon + 6 } as const;
        expect(await current.stores.jobs.finish(acme, one, end)).toMatchObject({ goneAt: noon + 7 });
        expect(await current.stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(false);
        expect([(await theJob())?.state, (await theJob(2))?.state]).toEqual(['running', 'waiting']);
        await current.stores.jobs.finish(acme, one, { ...end, doubtedSince: noon + 7 });
        await current.stores.jobs.doubt(acme, JobId(2), { since: noon + 6, saidAt: noon + 6 });
        expect(await current.stores.jobs.refuseWaiting(acme, JobId(2), end)).toBe(true);
        expect(await theJob()).toMatchObject({ state: 'done', outcome: 'cancelled' });
        expect(await theJob()).not.toHaveProperty('doubtedSince');
      });

      it('lets a covered job wait again at its old place', async () => {
        await given(covered, givenJob({ jobId: JobId(2), queuedAt: noon + 1 }));

        expect(await current.stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(true);

        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1, formerLease: lease0 }));
        expect(await waiting()).toEqual([1, 2]);
      });

      it('reads the newest jobs of a tenant, whatever their state, newest first', async () => {
        const stranger = givenJob({ jobId: JobId(9), installationId: InstallationId(999) });
        await given(running, givenJob({ jobId: JobId(3) }), givenJob({ jobId: JobId(2) }), stranger);

        expect((await current.stores.jobs.listNewest(acme, 2)).map(({ jobId }) => jobId)).toEqual([3, 2]);
      });

      it('finds the tenant of a job among many', async () => {
        await given(givenJob());
        const others = Array.from({ length: 150 }, (_, n) => InstallationId(1000 + n));

        expect(await current.stores.jobs.findAcrossTenants(one, [...others, acme])).toEqual(givenJob());
        expect(await current.stores.jobs.findAcrossTenants(one, others)).toBeUndefined();
      });

      it('does not take a job from its current lease', async () => {
        await given({ ...covered, lease: leaseOf(LaunchId('launch-2'), 0) });

        expect(await current.stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(false);
        expect(await theJob()).toMatchObject({ state: 'covered', lease: 'launch-2.0' });
      });

      it('leaves a job that began to run elsewhere, although its lease is still recorded', async () => {
        await given(covered);
        await current.stores.jobs.start(acme, one, { runner: InstanceId('i-2'), at: noon });
        const started = await theJob();

        expect(await current.stores.jobs.waitAgain(acme, one, lease0, ended)).toBe(false);
        await current.stores.jobs.rest(acme, one, full);
        const later = { tier: small, replacements: 1, retryAt: noon + 60_000 };
        await current.stores.jobs.rest(acme, one, full, later);
        expect(await theJob()).toEqual(started);
      });

      it('requeues and unsettles no job that is over, although its machine is still recorded', async () => {
        await given(running);
        await current.stores.jobs.finish(acme, one, { outcome: 'completed', at: noon, runner: machine });
        const done = await theJob();

        expect(await current.stores.jobs.requeue(acme, one, machine, ended)).toBe(false);
        expect(await current.stores.jobs.markUnsettled(acme, one, machine, noon)).toBe(false);
        expect(await theJob()).toEqual(done);
      });

      it('requeues only a running job if no machine of ours ran it, and none without a place in a line', async () => {
        const { tier: _, ...placeless } = givenJob({ state: 'running', jobId: JobId(2), startedAt: noon });
        await given(covered, placeless);

        expect(await current.stores.jobs.requeue(acme, one, undefined, full)).toBe(false);
        expect(await current.stores.jobs.requeue(acme, JobId(2), undefined, full)).toBe(false);
        expect(await theJob()).toEqual(covered);
        expect(await theJob(2)).toEqual(placeless);
      });

      it('requeues a job from the machine that ran it, and from no other', async () => {
        await given(running);

        expect(await current.stores.jobs.requeue(acme, one, InstanceId('i-2'), ended)).toBe(false);
        const rest = { tier: small, replacements: 1 };
        expect(await current.stores.jobs.requeue(acme, one, machine, ended, rest)).toBe(true);
        expect(await theJob()).toEqual(givenJob({ reason: ended, attempts: 1, replacements: 1 }));
        expect(await waiting()).toEqual([1]);
      });

      it('counts machines that ended without running the job', async () => {
        await given({ ...covered, replacements: 2 }, { ...covered, jobId: JobId(2), replacements: 2 });

        await current.stores.jobs.waitAgain(acme, one, lease0, reason('capacity', 'None.'));
        await current.stores.jobs.waitAgain(acme, JobId(2), lease0, ended, { tier: small, replacements: 3 });

        expect(await theJob()).toMatchObject({ state: 'waiting', replacements: 2 });
        expect(await theJob(2)).toMatchObject({ state: 'waiting', replacements: 3 });
      });

      it('creates no job by changing an unknown one', async () => {
        await current.stores.jobs.reopen(acme, one, { reason: full });
        await current.stores.jobs.block(acme, one, noon);
        await current.stores.jobs.rest(acme, one, full);
        await current.stores.jobs.doubt(acme, one, { since: noon, saidAt: noon });
        await current.stores.jobs.doubt(acme, one, undefined);
        await current.stores.jobs.waitAgain(acme, one, lease0, full);
        await current.stores.jobs.requeue(acme, one, machine, full);
        await current.stores.jobs.markUnsettled(acme, one, machine, noon);
        await current.stores.jobs.refuseWaiting(acme, one, { outcome: 'refused', at: noon });

        expect(await theJob()).toBeUndefined();
      });
    });
  });
}
