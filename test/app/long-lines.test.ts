/** What a look costs beside a long line: as much as beside a short one. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { givenEvent, givenJob, givenJobs, givenTenant, givenTier, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const poke = { kind: 'poke', installationId: InstallationId(101), tier: small };

/** Counts the jobs that are read from the line, and the reasons that are written. */
async function givenLine(jobs: number, over: Parameters<typeof givenTenant>[0] = {}) {
  const maxRunners = over.maxRunners ?? 1;
  const platform = await givenPlatform({
    tenants: [givenTenant({ maxRunners, ...over })],
    deployment: {
      tiers: [givenTier({ maxRunners: 1_000 })],
      caps: { waitingJobsPerTenant: 10_000, launchesPerMinutePerTenant: 1_000 },
    },
  });
  await platform.jobs.insert(givenJobs(jobs));
  const cost = { read: 0, written: 0 };
  const { listWaiting, listWaitingBeyond, setWaitReasons } = platform.jobs;
  const counted = async <Row>(rows: Promise<Row[]>) => {
    cost.read += (await rows).length;
    return rows;
  };
  Object.assign(platform.jobs, {
    listWaiting: (...given: Parameters<typeof listWaiting>) => counted(listWaiting(...given)),
    listWaitingBeyond: (...given: Parameters<typeof listWaitingBeyond>) =>
      counted(listWaitingBeyond(...given)),
    setWaitReasons: (...given: Parameters<typeof setWaitReasons>) => {
      cost.written += given[1].length;
      return setWaitReasons(...given);
    },
  });
  return { platform, cost };
}

describe('a look at a long line', () => {
  it('reads as much for one free lease beside 3,000 waiting jobs as beside ten', async () => {
    const costs = [];
    for (const jobs of [10, 3_000]) {
      const { platform, cost } = await givenLine(jobs);
      await platform.accept(poke);
      expect(platform.liveMachines()).toHaveLength(1);
      costs.push(cost.read);
    }
    expect(costs[1]! / costs[0]!).toBeLessThanOrEqual(1.5);
  });

  it('writes the reason of each job once, while the line moves up', async () => {
    const { platform, cost } = await givenLine(40);
    for (let machine = 0; machine < 40; machine++) {
      await platform.accept(poke);
      await platform.accept(poke);
      for (const instanceId of platform.liveMachines()) await platform.machineEnds(instanceId);
      const ended = platform.stores.world
        .allJobs()
        .find(({ state, jobId }) => state === 'waiting' && jobId === machine + 1);
      if (ended)
        await platform.jobs.refuseWaiting(ended.installationId, ended.jobId, { outcome: 'refused', at: 1 });
    }
    expect(cost.written).toBeLessThanOrEqual(40 * 2);
    expect(cost.read).toBeLessThanOrEqual(40 * 50);
  });

  it('reads further if there is room for more, and launches for all in one call', async () => {
    const { platform } = await givenLine(3_000, { maxRunners: 60 });
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(60);
    expect(platform.compute.requests).toHaveLength(1);
    await expectBalanced(platform);
  });

  it('finds the first job that may run behind a hundred that are refused', async () => {
    const { platform } = await givenLine(0, { maxRunners: 2 });
    await platform.jobs.insert(givenJobs(95, { repositoryOwnerId: 99 }));
    await platform.jobs.insert([givenJob({ jobId: JobId(200), queuedAt: Date.now() + 1_000_000 })]);
    await platform.accept(poke);
    expect(await platform.job(200)).toMatchObject({ state: 'covered' });
    expect(await platform.job(95)).toMatchObject({ outcome: 'refused' });
  });

  it('refuses a hundred jobs of a suspended tenant at once', async () => {
    const { platform } = await givenLine(100, { status: 'suspended' });
    await platform.accept(poke);
    expect(platform.telemetry.total('JobsRefused')).toBe(100);
  });

  it('reads no further jobs of a tenant that is held as a whole', async () => {
    const { platform, cost } = await givenLine(500, { status: 'pending' });
    await platform.accept(poke);
    await platform.accept(poke);
    expect(cost).toEqual({ read: 20, written: 10 });
  });

  it('leaves later jobs with the reason that others come first', async () => {
    const { platform } = await givenLine(0);
    for (let batch = 0; batch < 4; batch++) {
      const ids = Array.from({ length: 10 }, (_, n) => batch * 10 + n + 1);
      await platform.accept(...ids.map((id) => givenEvent({ jobId: JobId(id), queuedAt: id })));
    }
    expect(await platform.job(2)).toMatchObject({ reason: { code: 'tenant-limit' } });
    expect(await platform.job(40)).toMatchObject({ reason: { code: 'queued' } });
  });
});
