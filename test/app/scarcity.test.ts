import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { LaunchFailure } from '../../lib/ports/compute.ts';
import { acme, givenEvent, givenTenant, givenTier, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const poke = { kind: 'poke', installationId: acme, tier: small } as const;
const failure = (kind: LaunchFailure['class'], code: string): LaunchFailure => ({
  class: kind,
  code,
  message: code,
});
const types = ['t3.large', 'm5.large'];

const givenScarce = (over: { spot?: boolean; caps?: object; maxRunners?: number } = {}) =>
  givenPlatform({
    tenants: [givenTenant({ maxRunners: over.maxRunners ?? 50 })],
    deployment: {
      tiers: [givenTier({ instanceTypes: types, maxRunners: 50, spot: over.spot ?? false })],
      caps: { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, ...over.caps },
    },
  });
type Platform = Awaited<ReturnType<typeof givenScarce>>;

const asked = (platform: Platform, n: number) => {
  const request = platform.compute.requests.at(n);
  return request?.LaunchTemplateConfigs[0]?.Overrides.map(({ InstanceType, SubnetId }) =>
    [InstanceType, SubnetId].join('/'),
  );
};
const markets = (platform: Platform) =>
  platform.compute.requests.map(
    ({ TargetCapacitySpecification }) => TargetCapacitySpecification.DefaultTargetCapacityType,
  );
const dry = (platform: Platform, market: string) => {
  for (const type of types) platform.compute.dials.pools.set(`${type}:${market}`, 0);
};

describe('a dry pool', () => {
  it('is skipped by launches for three minutes, and the others keep their order', async () => {
    const platform = await givenScarce();
    platform.compute.dials.pools.set('t3.large:on-demand:subnet-a', 0);
    await platform.accept(queued(1));
    await platform.accept(queued(2));
    expect(asked(platform, -1)).toEqual(['t3.large/subnet-b', 'm5.large/subnet-a', 'm5.large/subnet-b']);
    platform.clock.advance(180_000);
    await platform.accept(queued(3));
    expect(asked(platform, -1)?.[0]).toBe('t3.large/subnet-a');
  });

  it('is skipped for an hour if AWS does not offer the type in that zone, and closes nothing else', async () => {
    const platform = await givenScarce();
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      const answer = await launch(request);
      const pool = { market: 'on-demand', instanceType: 't3.large', subnetId: 'subnet-a' } as const;
      const unoffered = { ...failure('unoffered', 'InvalidFleetConfiguration'), pool };
      return answer.kind === 'answered' ? { ...answer, failures: [unoffered] } : answer;
    };
    await platform.accept(queued(1));
    platform.compute.launch = launch;
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    platform.clock.advance(3_599_000);
    await platform.accept(queued(2));
    expect(asked(platform, -1)?.[0]).toBe('t3.large/subnet-b');
    platform.clock.advance(1_000);
    await platform.accept(queued(3));
    expect(asked(platform, -1)?.[0]).toBe('t3.large/subnet-a');
    await expectBalanced(platform);
  });

  it('is replaced by on-demand machines immediately if no spot pool is left', async () => {
    const platform = await givenScarce({ spot: true });
    dry(platform, 'spot');
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(markets(platform)).toEqual(['spot', 'on-demand']);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await platform.accept(queued(2));
    expect(markets(platform).slice(2)).toEqual(['on-demand']);
    await expectBalanced(platform);
  });

  it('keeps jobs waiting without calls while all pools are dry, and launches when one is due', async () => {
    const platform = await givenScarce();
    dry(platform, 'on-demand');
    await platform.accept(queued(1));
    const calls = platform.compute.requests.length;
    await platform.accept(queued(2), poke);
    expect(platform.compute.requests).toHaveLength(calls);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'capacity' } });
    expect(platform.telemetry.events.map(({ name }) => name)).not.toContain('launches-stopped');
    platform.compute.dials.pools.clear();
    platform.clock.advance(180_000);
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });

  it('starts machines in small turns after a shortage, so that no tenant takes all of them', async () => {
    const platform = await givenScarce();
    dry(platform, 'on-demand');
    await platform.accept(...Array.from({ length: 10 }, (_, n) => queued(n + 1)));
    platform.compute.dials.pools.clear();
    platform.clock.advance(180_000);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(4);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(10);
  });
});

describe('an answer of EC2', () => {
  it.each([
    { answer: failure('quota', 'VcpuLimitExceeded'), reason: 'quota', seconds: 60 },
    { answer: failure('fatal', 'UnauthorizedOperation'), reason: 'launch-failed', seconds: 300 },
  ])('of class $answer.class is retried after $seconds s, not before', async (row) => {
    const platform = await givenScarce();
    platform.compute.dials.refuseNext.push(row.answer);
    await platform.accept(queued(1));
    platform.clock.advance((row.seconds - 1) * 1000);
    await platform.accept(queued(2));
    expect(platform.compute.requests).toHaveLength(1);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: row.reason } });
    platform.clock.advance(1000);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(2);
  });

  it('that spot is at its quota leads to on-demand machines immediately', async () => {
    const platform = await givenScarce({ spot: true });
    platform.compute.dials.refuseNext.push(failure('quota', 'MaxSpotInstanceCountExceeded'));
    await platform.accept(queued(1));
    expect(markets(platform)).toEqual(['spot', 'on-demand']);
  });

  it('that is fatal is logged as an error', async () => {
    const platform = await givenScarce();
    platform.compute.dials.refuseNext.push(failure('fatal', 'UnauthorizedOperation'));
    await platform.accept(queued(1));
    const told = platform.telemetry.events.find(({ name }) => name === 'launches-stopped');
    expect(told).toMatchObject({ level: 'error', fields: { tier: 'small', code: 'UnauthorizedOperation' } });
  });

  it('costs no machine and no lease if the notes cannot be written', async () => {
    const platform = await givenScarce();
    const broken = async () => Promise.reject(new Error('The notes were told to fail.'));
    platform.compute.dials.pools.set('t3.large:on-demand', 1);
    platform.compute.dials.pools.set('m5.large:on-demand', 0);
    platform.notes.writeIf = broken;
    await platform.accept(queued(1), queued(2));
    expect(platform.liveMachines()).toHaveLength(1);
    await expectBalanced(platform);
  });
});

describe('a public App', () => {
  it('starts no more machines a minute than the launch rate, and the rest as the minute passes', async () => {
    const platform = await givenScarce({ caps: { launchesPerMinutePerTenant: 6 }, maxRunners: 6 });
    const jobs = Array.from({ length: 7 }, (_, n) => queued(n + 1));
    await platform.accept(...jobs);
    expect(platform.liveMachines()).toHaveLength(6);
    for (const instanceId of platform.liveMachines()) await platform.machineEnds(instanceId);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(0);
    expect((await platform.job(7))?.reason?.code).toBe('launch-rate');
    platform.clock.advance(10_000);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('refuses waiting jobs beyond the cap; the oldest keep their places', async () => {
    const platform = await givenScarce({ caps: { waitingJobsPerTenant: 5 }, maxRunners: 1 });
    for (let n = 1; n <= 10; n++) await platform.accept(queued(n, { queuedAt: n }));
    const states = await Promise.all([1, 6, 7, 10].map((id) => platform.job(id)));
    expect(states.map((job) => job?.state)).toEqual(['covered', 'waiting', 'done', 'done']);
    expect(states[3]).toMatchObject({ outcome: 'refused', reason: { code: 'waiting-cap' } });
  });

  it('never exceeds the cap over the whole cell, however many tenants ask at once', async () => {
    const tenants = [1, 2, 3].map((n) =>
      givenTenant({ installationId: InstallationId(n), accountId: n, maxRunners: 50 }),
    );
    const caps = { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 4 };
    const platform = await givenPlatform({
      tenants,
      deployment: { tiers: [givenTier({ maxRunners: 50 })], caps },
    });
    const jobs = tenants.flatMap(({ installationId, accountId: repositoryOwnerId }) =>
      [1, 2, 3].map((n) => queued(installationId * 10 + n, { installationId, repositoryOwnerId })),
    );
    await Promise.all(jobs.map((job) => platform.accept(job)));
    expect(platform.liveMachines()).toHaveLength(4);
    await platform.machineEnds(platform.liveMachines()[0]!);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(4);
  });
});
