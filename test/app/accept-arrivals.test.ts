import { describe, expect, it } from '@jest/globals';
import { acceptArrivals } from '../../lib/app/scale-up/accept-arrivals.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { LaunchAnswer } from '../../lib/ports/compute.ts';
import { createMemoryArrivals } from '../fakes/arrivals.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const tenantIds = Array.from({ length: 40 }, (_, n) => InstallationId(n + 1));

/** A platform with a queue to take from, and an EC2 that answers when it is told to. */
async function givenBurst() {
  const tenants = tenantIds.map((installationId) =>
    givenTenant({ installationId, accountId: installationId, maxRunners: 100 }),
  );
  const deployment = givenDeployment({ tiers: [givenTier({ maxRunners: 100 })] });
  const platform = await givenPlatform({ tenants, deployment });
  const arrivals = createMemoryArrivals(platform.queues);
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>();
  const compute = {
    ...platform.compute,
    launch: async (request: Parameters<typeof platform.compute.launch>[0]): Promise<LaunchAnswer> => {
      const launched = await platform.compute.launch(request);
      await answers;
      return launched;
    },
  };
  const deps = { ...platform, compute, arrivals };
  const queued = (tenant: number) =>
    givenEvent({
      installationId: tenantIds[tenant]!,
      repositoryOwnerId: tenantIds[tenant]!,
      jobId: JobId(tenant + 1),
    });
  return {
    platform,
    arrivals,
    answer,
    sendJobs: async (from: number, to: number) => {
      for (let n = from; n < to; n++) await platform.queues.sendToTier(small, queued(n));
    },
    sendJobsOfOne: async (from: number, to: number) => {
      for (let n = from; n < to; n++)
        await platform.queues.sendToTier(small, { ...queued(0), jobId: JobId(1000 + n) });
    },
    handOver: (from: number, to: number) =>
      acceptArrivals(
        deps,
        Array.from({ length: to - from }, (_, n) => ({
          id: `handed-${from + n}`,
          body: JSON.stringify(queued(from + n)),
        })),
      ),
    machines: () => platform.liveMachines().length,
  };
}

const whenTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
};

describe('while EC2 works on a batch’s request', () => {
  it('receives further messages from the queue, launches for them, and deletes them', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(10, 40);
    const running = burst.handOver(0, 10);
    await whenTrue(() => burst.machines() === 40);
    burst.answer();
    expect(await running).toEqual([]);
    expect(burst.platform.queues.tiers).toEqual([]);
    expect(burst.arrivals.hidden()).toBe(0);
  });

  it.each([
    [0, 50],
    [1, 200],
  ])(
    'looks for the first of them at a random moment: where chance is %d, after %i ms',
    async (chance, after) => {
      const burst = await givenBurst();
      burst.platform.chance.fraction = () => chance;
      const { take } = burst.arrivals;
      const looked: number[] = [];
      burst.arrivals.take = (tier) => {
        looked.push(burst.platform.clock.now() - begun);
        return take(tier);
      };
      burst.answer();
      const begun = burst.platform.clock.now();
      await burst.handOver(0, 1);
      expect(looked).toEqual([after]);
    },
  );

  it('receives more even after a single job: it may be the first of many', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(1, 30);
    const running = burst.handOver(0, 1);
    await whenTrue(() => burst.machines() === 30);
    burst.answer();
    await running;
    expect(burst.arrivals.hidden()).toBe(0);
  });

  it('receives less often if jobs arrive one by one, until it finds something', async () => {
    const burst = await givenBurst();
    burst.answer();
    const lookedAfter: number[] = [];
    const { take } = burst.arrivals;
    const handOneByOne = async (from: number, to: number) => {
      for (let n = from; n < to; n++) {
        burst.arrivals.take = (tier) => {
          if (lookedAfter.at(-1) !== n) lookedAfter.push(n);
          return take(tier);
        };
        await burst.handOver(n, n + 1);
      }
    };
    await handOneByOne(0, 10);
    expect(lookedAfter).toEqual([0, 1, 4, 8]);

    await burst.sendJobs(30, 31);
    await handOneByOne(10, 15);
    expect(lookedAfter).toEqual([0, 1, 4, 8, 12, 13, 14]);
    await burst.handOver(15, 17);
    await handOneByOne(17, 19);
    expect(lookedAfter).toEqual([0, 1, 4, 8, 12, 13, 14, 17, 18]);
  });

  it('launches once for all jobs of a tenant that it receives, up to ninety', async () => {
    const burst = await givenBurst();
    await burst.sendJobsOfOne(1, 100);
    burst.answer();
    await burst.handOver(0, 1);
    const machines = burst.platform.compute.requests.map(
      ({ TargetCapacitySpecification: { TotalTargetCapacity } }) => TotalTargetCapacity,
    );
    expect(machines).toEqual([1, 90, 9]);
    expect(burst.arrivals.hidden()).toBe(0);
  });

  it('leaves the messages of further tenants to other copies, once it has those of more than ten', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(1, 40);
    const { world } = burst.platform.stores;
    world.beforeCall = async (call) => {
      if (call === 'launches.take') burst.platform.clock.advance(100);
    };
    burst.answer();
    await burst.handOver(0, 1);
    expect(burst.machines()).toBe(1 + 20);
    expect(burst.platform.queues.tiers).toHaveLength(19);
  });

  it('receives nothing more if nothing was launched', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(10, 12);
    burst.answer();
    await burst.handOver(0, 10);
    const rest = burst.platform.queues.tiers.length;
    await burst.sendJobs(20, 22);
    await burst.handOver(0, 10);
    expect(burst.platform.queues.tiers).toHaveLength(rest + 2);
  });

  it('does not delete messages that it could not record, nor report them as failures of its own batch', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(10, 12);
    const { world } = burst.platform.stores;
    let inserts = 0;
    world.beforeCall = async (call) => {
      // Each tenant of its own batch has one.
      if (call === 'jobs.insert' && ++inserts > 10) throw new Error('died');
    };
    burst.answer();
    expect(await burst.handOver(0, 10)).toEqual([]);
    expect(burst.machines()).toBe(10);
    expect(burst.arrivals.hidden()).toBe(2);
  });

  it('continues with its own batch if nothing can be received or deleted', async () => {
    const burst = await givenBurst();
    await burst.sendJobs(10, 12);
    burst.arrivals.failNext(1);
    burst.answer();
    expect(await burst.handOver(0, 10)).toEqual([]);
    expect(burst.machines()).toBe(10);
    expect(burst.platform.queues.tiers).toHaveLength(2);
  });

  it('receives no further messages after two seconds, though each look finds some', async () => {
    const burst = await givenBurst();
    burst.platform.chance.fraction = () => 1;
    const begun = burst.platform.clock.now();
    const { take } = burst.arrivals;
    const looked: number[] = [];
    burst.arrivals.take = async (tier) => {
      looked.push(burst.platform.clock.now() - begun);
      await burst.sendJobs(looked.length, looked.length + 1);
      return take(tier);
    };
    burst.answer();
    await burst.handOver(0, 1);
    expect([looked.length, looked.at(-1)]).toEqual([10, 2_000]);
    expect(burst.machines()).toBe(11);
    expect(burst.arrivals.hidden()).toBe(0);
  });
});
