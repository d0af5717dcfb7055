/** Jobs in each state, and one tenant's line of jobs in a fresh store for each test. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { JobId } from '../../../lib/core/ids.ts';
import type { Job } from '../../../lib/core/job.ts';
import { reason } from '../../../lib/core/reason.ts';
import { acme, givenJob, noon, small } from '../../support/given.ts';
import type { StoreBackend, Stores } from './store-backends.ts';
import { lease0, machine } from './stored.ts';

export const one = JobId(1);
export const full = reason('tenant-limit', 'acme has all of its 2 runners in use.');
export const ended = reason('runner-ended', 'Its machine ended.');
export const covered = givenJob({ state: 'covered', lease: lease0, attempts: 1 });
export const running = givenJob({ state: 'running', runner: machine, startedAt: noon, attempts: 1 });

/** Call it in a `describe`. `current.stores` are those of the running test. */
export function useJobRows(backend: StoreBackend) {
  const current = {} as { stores: Stores };
  beforeAll(() => backend.start());
  beforeEach(async () => {
    current.stores = await backend.fresh();
  });
  afterAll(() => backend.stop());

  return {
    current,
    given: async (...jobs: Job[]) => void (await current.stores.jobs.insert(jobs)),
    theJob: (id = 1) => current.stores.jobs.get(acme, JobId(id)),
    waiting: async (limit = 100) =>
      (await current.stores.jobs.listWaiting(acme, small, limit)).map((job) => job.jobId),
  };
}
