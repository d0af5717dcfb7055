/** What every RunnerStore promises where a machine's plan and a job's row change together. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstanceId, JobId, leaseOf } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { acme, givenJob, noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenRunner, launch1, lease0, machine, takenLaunch, waitingJobs } from './support/stored.ts';

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

    describe('giveJob', () => {
      it('covers the waiting job by the runner’s lease and makes it the hint', async () => {
        const runner = await claimed();
        const job = givenJob({ jobId: JobId(5), repository: 'acme/site', attempts: 1 });
        await stores.jobs.insert([job]);

        expect(await stores.runners.giveJob(runner, job)).toBe(true);

        expect(await theRunner()).toEqual({ ...runner, hint: 5, repository: 'acme/site' });
        expect(await stores.jobs.get(acme, JobId(5))).toEqual({ ...job, state: 'covered', lease: lease0 });
      });

      it('gives no job that waits no longer', async () => {
        const runner = await claimed();
        const [job = givenJob()] = await waitingJobs(stores, 5);
        await stores.jobs.finish(acme, job.jobId, { outcome: 'cancelled', at: noon });

        expect(await stores.runners.giveJob(runner, job)).toBe(false);
        expect(await theRunner()).toEqual(runner);
      });

      it('gives nothing to a runner that booted only, has ended, or has another hint by now', async () => {
        const [job = givenJob()] = await waitingJobs(stores, 5);
        const booting = await bound();
        expect(await stores.runners.giveJob(booting, job)).toBe(false);

        await stores.runners.claim(claiming);
        expect(await stores.runners.giveJob({ ...booting, hint: JobId(9) }, job)).toBe(false);

        await stores.runners.end(booting, ending);
        expect(await stores.runners.giveJob(booting, job)).toBe(false);
        expect(await stores.jobs.get(acme, job.jobId)).toEqual(job);
      });
    });

    describe('swapJobs', () => {
      const givenTwo = async () => {
        await takenLaunch(stores, 1, 2);
        const by = givenRunner();
        const from = givenRunner({
          instanceId: other,
          lease: lease1,
          hint: JobId(2),
          repository: 'acme/site',
        });
        await stores.runners.bind([by, from]);
        await stores.jobs.start(acme, JobId(2), { runner: machine, at: noon });
        return { by, from, taken: JobId(2) };
      };

      it('lets two runners change places, and the job left over follow', async () => {
        const swap = await givenTwo();

        expect(await stores.runners.swapJobs(swap)).toBe(true);

        expect(await theRunner()).toMatchObject({ hint: 2, repository: 'acme/site' });
        expect(await theRunner(other)).toMatchObject({ hint: 1, repository: 'acme/app' });
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ state: 'covered', lease: lease1 });
      });

      it('does nothing the second time', async () => {
        const swap = await givenTwo();
        await stores.runners.swapJobs(swap);

        expect(await stores.runners.swapJobs(swap)).toBe(false);
        expect(await theRunner()).toMatchObject({ hint: 2 });
      });

      it.each(['by', 'from'] as const)('does nothing where `%s` has ended', async (which) => {
        const swap = await givenTwo();
        await stores.runners.end(swap[which], ending);

        expect(await stores.runners.swapJobs(swap)).toBe(false);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: lease0 });
      });

      it('does nothing where the job left over is covered by a later lease', async () => {
        const swap = await givenTwo();
        const later = givenRunner({
          instanceId: InstanceId('i-3'),
          lease: leaseOf(launch1, 3),
          state: 'claimed',
        });
        await stores.runners.bind([later]);
        await stores.jobs.waitAgain(acme, JobId(1), lease0, reason('runner-ended', 'Its machine ended.'));
        await stores.runners.giveJob(later, givenJob());

        expect(await stores.runners.swapJobs(swap)).toBe(false);
        expect(await stores.jobs.get(acme, JobId(1))).toMatchObject({ lease: later.lease });
      });

      it('does nothing where the job left over is covered no longer', async () => {
        const swap = await givenTwo();
        await stores.jobs.finish(acme, JobId(1), { outcome: 'cancelled', at: noon });

        expect(await stores.runners.swapJobs(swap)).toBe(false);
        expect(await theRunner(other)).toEqual(swap.from);
      });
    });
  });
}
