/** What every RunnerStore promises about writes that change a machine's plan and a job's row together. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, leaseOf, TierName } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { acme, givenJob, noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import {
  givenRunner,
  launch1,
  lease0,
  machine,
  storedTenant,
  takenLaunch,
  waitingJobs,
} from './support/stored.ts';

const claiming = { instanceId: machine, launchId: launch1, nonce: 'aa', at: noon + 1 };
const ending = { reason: 'stood-down', at: noon + 9 } as const;
const other = InstanceId('i-2');
const lease1 = leaseOf(launch1, 1);

export function runnerPlansContract(backend: StoreBackend): void {
  describe(`RunnerStore, plans, ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const theRunner = (id = machine) => stores.runners.get(acme, id);
    const bound = async (over: Partial<Runner> = {}) => {
      await stores.runners.bind([givenRunner(over)]);
      return givenRunner(over);
    };
    const claimed = async () => {
      const outcome = await bound().then(() => stores.runners.claim(claiming));
      if (outcome.kind !== 'claimed') throw new Error(`The claim was answered with ${outcome.kind}.`);
      return outcome.runner;
    };

    describe('readPlan', () => {
      it('reads the job that the runner is planned for, and its tenant', async () => {
        const tenant = await storedTenant(stores);
        const [job] = await waitingJobs(stores, 1);

        const runner = await bound();
        expect(await stores.runners.readPlan(runner)).toEqual({ job, tenant });
        expect(await stores.runners.readPlan(runner, { jobMayLag: true })).toEqual({ job, tenant });
      });

      it('returns nothing if there is nothing', async () => {
        expect(await stores.runners.readPlan(givenRunner())).toEqual({ job: undefined, tenant: undefined });
      });
    });

    describe('readRun', () => {
      it('reads the runner as it is now, the job that it was assumed to run, and the tenant', async () => {
        const tenant = await storedTenant(stores);
        const [job] = await waitingJobs(stores, 1);
        const runner = await bound();
        await stores.runners.recordRan([{ instanceId: machine, jobId: JobId(9) }]);
        const ran = { ...runner, ran: JobId(9) };

        expect(await stores.runners.readRun(runner)).toEqual({ runner: ran, job, tenant });
        expect(await stores.runners.readRun(ran)).toEqual({ runner: ran, job: undefined, tenant });
      });

      it('reads no runner of another tenant', async () => {
        const runner = await bound();
        const read = await stores.runners.readRun({ ...runner, installationId: InstallationId(404) });

        expect(read).toEqual({ runner: undefined, job: undefined, tenant: undefined });
      });
    });

    describe('giveJob', () => {
      it('covers the waiting job by the runner’s lease and makes it the planned job', async () => {
        const runner = await claimed();
        const job = givenJob({ jobId: JobId(5), repository: 'acme/site', attempts: 1 });
        await stores.jobs.insert([job]);

        expect(await stores.runners.giveJob(runner, job)).toBe(true);

        expect(await theRunner()).toEqual({ ...runner, plannedJob: 5, repository: 'acme/site' });
        expect(await stores.jobs.get(acme, JobId(5))).toEqual({ ...job, state: 'covered', lease: lease0 });
      });

      it('gives a job that another lease covers to a booting runner', async () => {
        const booting = await bound();
        const job = givenJob({ jobId: JobId(5), state: 'covered', lease: lease1 });
        await stores.jobs.insert([job]);

        expect(await stores.runners.giveJob(booting, { ...job, lease: lease0 })).toBe(false);
        expect(await stores.runners.giveJob(booting, job)).toBe(true);

        expect(await theRunner()).toMatchObject({ state: 'booting', plannedJob: 5 });
        expect(await stores.jobs.get(acme, JobId(5))).toMatchObject({ state: 'covered', lease: lease0 });
      });

      it('does not give a job that was moved to another tier', async () => {
        const runner = await claimed();
        const [job = givenJob()] = await waitingJobs(stores, 5);
        await stores.jobs.moveTier(job, TierName('medium'));

        expect(await stores.runners.giveJob(runner, job)).toBe(false);
        expect(await theRunner()).toEqual(runner);
      });

      it('does not give a job that no longer waits', async () => {
        const runner = await claimed();
        const [job = givenJob()] = await waitingJobs(stores, 5);
        await stores.jobs.finish(acme, job.jobId, { outcome: 'cancelled', at: noon });

        expect(await stores.runners.giveJob(runner, job)).toBe(false);
        expect(await theRunner()).toEqual(runner);
      });

      it('gives nothing to a runner that is in another state, has ended, or has another planned job by now', async () => {
        const [job = givenJob()] = await waitingJobs(stores, 5);
        const booting = await bound();
        expect(await stores.runners.giveJob({ ...booting, state: 'claimed' }, job)).toBe(false);

        expect(await stores.runners.giveJob({ ...booting, plannedJob: JobId(9) }, job)).toBe(false);
        const outcome = await stores.runners.claim(claiming);
        expect(outcome.kind).toBe('claimed');
        expect(await stores.runners.giveJob(booting, job)).toBe(false);

        await stores.runners.end([{ ...ending, runner: booting }]);
        expect(await stores.runners.giveJob(booting, job)).toBe(false);
        expect(await stores.jobs.get(acme, job.jobId)).toEqual(job);
      });
    });

    describe('giveJob, for a job that relies on a machine which runs another one', () => {
      const givenLeftOver = async () => {
        await takenLaunch(stores, 1, 2);
        await stores.runners.bind([
          givenRunner(),
          givenRunner({ instanceId: other, lease: lease1, plannedJob: JobId(2) }),
        ]);
        const outcome = await stores.runners.claim({ ...claiming, instanceId: other });
        const job = await stores.jobs.get(acme, JobId(1));
        if (outcome.kind !== 'claimed' || !job) throw new Error('The world is not as it was made.');
        return { runner: outcome.runner, job };
      };

      it('covers it by the lease of the machine that is free', async () => {
        const { runner, job } = await givenLeftOver();

        expect(await stores.runners.giveJob(runner, job)).toBe(true);

        expect(await stores.jobs.get(acme, JobId(1))).toEqual({ ...job, lease: lease1 });
        expect(await theRunner(other)).toMatchObject({ plannedJob: 1 });
      });

      it('does nothing if it is covered by another lease by now, or no longer', async () => {
        const { runner, job } = await givenLeftOver();
        await stores.jobs.waitAgain(acme, JobId(1), lease0, reason('runner-ended', 'Its machine ended.'));

        expect(await stores.runners.giveJob(runner, job)).toBe(false);
        expect(await theRunner(other)).toEqual(runner);
      });

      it('does nothing if it began to run, although its lease is still recorded', async () => {
        const { runner, job } = await givenLeftOver();
        await stores.jobs.start(acme, JobId(1), { runner: machine, at: noon });

        expect(await stores.runners.giveJob(runner, job)).toBe(false);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ state: 'running', runner: machine });
      });
    });

    describe('recordRan', () => {
      it('records which job each machine runs, and returns those that have not ended', async () => {
        const runner = await bound();
        const gone = givenRunner({ instanceId: other, lease: lease1, plannedJob: JobId(2) });
        await stores.runners.bind([gone]);
        await stores.runners.end([{ ...ending, runner: gone }]);

        const runs = [machine, other, InstanceId('i-9')].map((instanceId) => ({
          instanceId,
          jobId: JobId(7),
        }));
        expect(await stores.runners.recordRan(runs)).toEqual([true, false, false]);

        expect(await theRunner()).toEqual({ ...runner, ran: 7 });
        expect(await theRunner(other)).not.toHaveProperty('ran');
      });

      it('keeps the later of two reports about one machine', async () => {
        await bound();
        const runs = [5, 6].map((id) => ({ instanceId: machine, jobId: JobId(id) }));

        expect(await stores.runners.recordRan(runs)).toEqual([true, true]);
        expect(await theRunner()).toMatchObject({ ran: 6 });
      });
    });
  });
}
