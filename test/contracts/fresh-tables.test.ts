/** That no test of a store begins with a table that another one has called. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { acme } from '../support/given.ts';
import { dynamoBackend } from './support/store-backends.ts';
import { machine, storedTenant, waitingJobs } from './support/stored.ts';

const backend = dynamoBackend();
beforeAll(() => backend.start());
afterAll(() => backend.stop());

it('replaces each table that was written, by a statement too, or read, and no other', async () => {
  const stores = await backend.fresh();
  await storedTenant(stores);
  const [job] = await waitingJobs(stores, 1);
  await stores.runners.get(acme, machine);

  const next = await backend.fresh();

  const replaced = Object.entries(next.tables).filter(([key, name]) => !has(stores.tables, key, name));
  expect(replaced.map(([key]) => key).toSorted()).toEqual(['audit', 'jobs', 'runners', 'tenants']);
  expect(await next.tenants.get(acme)).toBeUndefined();
  expect(await next.jobs.get(acme, job!.jobId)).toBeUndefined();
  expect(await stores.jobs.get(acme, job!.jobId)).toEqual(job);
});

const has = (tables: Readonly<Record<string, string>>, key: string, name: string) => tables[key] === name;
