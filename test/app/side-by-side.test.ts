import { describe, expect, it } from '@jest/globals';
import { askBesideOthers } from '../../lib/app/common/side-by-side.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Compute } from '../../lib/ports/compute.ts';
import type { LaunchStore } from '../../lib/ports/launches.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

/** Calls that are answered after so many milliseconds each. @returns when each of them went on, in the order given */
async function goesOnAfter(...answeredAfter: number[]): Promise<number[]> {
  const scheduler = createScheduler(noon);
  const how = { to: {}, clock: scheduler, milliseconds: 50 };
  const wentOn: number[] = [];
  for (const [n, milliseconds] of answeredAfter.entries()) {
    void askBesideOthers(how, () => scheduler.sleep(milliseconds))
      .then(({ together }) => together())
      .then(() => {
        wentOn[n] = scheduler.now() - noon;
      });
  }
  await scheduler.runUntil(noon + 10_000);
  return wentOn;
}

describe('calls that one process makes at the same time', () => {
  it('do not wait if there is only one', async () => {
    expect(await goesOnAfter(30)).toEqual([30]);
  });

  it('continue together when the last of them is answered', async () => {
    expect(await goesOnAfter(10, 40, 25)).toEqual([40, 40, 40]);
  });

  it('wait only for a limited time for a slow one', async () => {
    expect(await goesOnAfter(10, 40, 2_000)).toEqual([60, 60, 2_000]);
  });

  it('do not wait for one that failed', async () => {
    const scheduler = createScheduler(noon);
    const how = { to: {}, clock: scheduler, milliseconds: 50 };
    const failing = askBesideOthers(how, () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    const { together } = await askBesideOthers(how, async () => 'answered');
    await expect(together()).resolves.toBeUndefined();
  });
});

describe('two tenants of a batch', () => {
  const beta = InstallationId(102);
  const second = 1_000;

  /** @returns when acme's machine had its row, while what beta's launch needs takes a second */
  async function rowAfter(slow: 'take' | 'launch'): Promise<number> {
    const scheduler = createScheduler(noon);
    const tenants = [givenTenant(), givenTenant({ installationId: beta, accountId: 2 })];
    const platform = await givenPlatform({ tenants });
    const isBetas = (it: object) => JSON.stringify(it).includes(`${beta}`);
    const take: LaunchStore['take'] = async (taking) => {
      if (slow === 'take' && taking.launch.installationId === beta) await scheduler.sleep(second);
      return platform.launches.take(taking);
    };
    const launch: Compute['launch'] = async (request) => {
      if (slow === 'launch' && isBetas(request)) await scheduler.sleep(second);
      return platform.compute.launch(request);
    };
    const deps = {
      ...platform,
      clock: scheduler,
      launches: { ...platform.launches, take },
      compute: { ...platform.compute, launch },
    };
    const batch = [acme, beta].map((installationId, n) => ({
      id: `m-${n}`,
      body: JSON.stringify(givenEvent({ installationId, repositoryOwnerId: n + 1, jobId: JobId(n + 1) })),
    }));
    const accepting = acceptJobs(deps, batch);
    const isBound = () =>
      platform.stores.world.allRunners().some(({ installationId }) => installationId === acme);
    while (!isBound()) {
      // First what was woken comes to rest.
      await new Promise((resolve) => setImmediate(resolve));
      await scheduler.runUntil(scheduler.now() + 5);
    }
    const after = scheduler.now() - noon;
    await scheduler.runUntil(noon + 5 * second);
    expect(await accepting).toEqual([]);
    expect(platform.liveMachines()).toHaveLength(2);
    return after;
  }

  it('wait 50 ms for each other’s leases', async () => {
    expect(await rowAfter('take')).toBe(50);
  });

  it('wait 100 ms for each other’s machines', async () => {
    expect(await rowAfter('launch')).toBe(100);
  });
});
