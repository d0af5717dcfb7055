/** The dials of the in-memory stores: a failure before the effect changes nothing, one after it changes everything. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { newTenant } from '../contracts/support/stored.ts';
import { createMemoryStores, type MemoryStores } from '../fakes/stores.ts';
import { acme, givenJob } from '../support/given.ts';

const one = JobId(1);

describe('stores in memory', () => {
  let stores: MemoryStores;
  beforeEach(() => {
    stores = createMemoryStores();
  });

  it('fail once, before the effect', async () => {
    stores.world.failNext('jobs.insert', new Error('down'));

    await expect(stores.jobs.insert([givenJob()])).rejects.toThrow('down');
    expect(stores.world.allJobs()).toEqual([]);
    expect(await stores.jobs.insert([givenJob()])).toEqual(['inserted']);
  });

  it('lose the answer after the effect', async () => {
    stores.world.failNext('jobs.insert', 'after');

    await expect(stores.jobs.insert([givenJob()])).rejects.toMatchObject({
      code: 'TimeoutError',
      retryable: true,
    });
    expect(stores.world.job(acme, one)).toEqual(givenJob());
  });

  it('notify a simulator of each call, before and after, and die when it says so', async () => {
    const seen: string[] = [];
    stores.world.beforeCall = async (call) => void seen.push(`before ${call}`);
    stores.world.afterCall = (call) => {
      seen.push(`after ${call}`);
      throw new Error('killed');
    };

    await expect(stores.tenants.create(newTenant())).rejects.toThrow('killed');

    expect(seen).toEqual(['before tenants.create', 'after tenants.create']);
    expect(stores.world.tenant(acme)).toBeDefined();
  });

  it('return copies, and store copies of what they are given', async () => {
    const labels = ['self-hosted'];
    await stores.jobs.insert([givenJob({ labels })]);
    labels.push('mine');
    const [read = givenJob()] = stores.world.allJobs();
    (read.labels as string[]).push('yours');

    expect(stores.world.job(acme, one)?.labels).toEqual(['self-hosted']);
  });

  it('report which tenant is missing to an operator who edits it', () => {
    expect(() => stores.world.setMaxRunners(acme, 1)).toThrow('There is no tenant 101 to edit');
  });
});
