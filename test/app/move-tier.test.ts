/** Jobs wait while a deploy renames their tier, changes its labels, or removes it. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const former = TierName('former');

async function given(...jobs: Partial<Job>[]) {
  const platform = await givenPlatform();
  await platform.jobs.insert(jobs.map((job, n) => givenJob({ jobId: JobId(n + 1), tier: former, ...job })));
  return platform;
}

describe('a job that waits in a tier', () => {
  it('gets a machine of the tier that has its labels after its own was renamed', async () => {
    const platform = await given({});
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: small });
    expect(platform.telemetry.total('Repairs', { kind: 'job-moved-to-tier' })).toBe(1);
    await expectBalanced(platform);
  });

  it('gets a machine of another tier if its labels are that one’s now', async () => {
    const labels = ['self-hosted', 'medium'];
    const platform = await given({ tier: small, labels });
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: medium });
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('gets no machine of its former tier from the sweep that moves it', async () => {
    const platform = await given({ tier: small, labels: ['self-hosted', 'medium'] });
    const deliver = platform.queues.sendToTier;
    const sent: string[] = [];
    platform.queues.sendToTier = async (tier, message, options) => {
      sent.push(tier);
      await deliver(tier, message, options);
      await platform.deliverPokes();
    };
    await platform.sweep();
    expect(sent).toEqual([medium]);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: medium });
  });

  it('keeps its place if GitHub does not know it in the minute of the move', async () => {
    const platform = await given({ replacements: 3, retryAt: noon + 1_000 });
    await platform.sweep();
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'waiting', tier: small, retryAt: noon + 1_000 });
    expect(job?.goneAt).toBeUndefined();
  });

  it('is counted as long as its tier is not configured', async () => {
    const platform = await given({ labels: ['self-hosted', 'former'] });
    platform.clock.advance(600_000);
    await platform.sweep();
    expect(platform.telemetry.total('OldestUnexplainedWaitSeconds', { tier: former })).toBe(600);
  });

  it('is judged again for the tier that it moves to', async () => {
    const admission = { policy: 'p1', state: 'admitted', at: noon } as const;
    const platform = await given({ admission, retryAt: noon + 3_600_000 });
    await platform.sweep();
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'waiting', tier: small, retryAt: noon + 3_600_000 });
    expect(job?.admission).toBeUndefined();
  });

  it('waits on where no tier has its labels, without a failure, and gets a machine once its tier is back', async () => {
    const labels = ['self-hosted', 'former'];
    const platform = await given({ labels });
    await platform.sweep();
    expect(platform.queues.tiers).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', tier: former });
    const back = givenTier({ name: former, labels });
    Object.assign(platform.deployment, { tiers: [...platform.deployment.tiers, back] });
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: former });
  });

  it('gets its machine there after a hold, if its tier was renamed meanwhile', async () => {
    const platform = await given({ state: 'blocked', unsettledAt: noon - 1 });
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    await platform.accept(givenEvent());
    platform.clock.advance(2_000);
    await platform.deliverInstallations();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    expect(platform.telemetry.events.filter(({ level }) => level === 'error')).toEqual([]);
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: small });
  });

  it('lets the sweep finish a launch that EC2 could not carry out, after its tier was removed', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = 2;
    await platform.accept(givenEvent());
    Object.assign(platform.deployment, {
      tiers: [givenTier({ name: former, labels: ['self-hosted', 'a'] })],
    });
    platform.compute.dials.pools.set('t3.medium:on-demand', 0);
    for (let sweeps = 1; sweeps <= 70; sweeps++) {
      platform.clock.advance(66_000);
      await platform.sweep();
    }
    expect((await platform.tenants.get(acme))?.leases).toBe(0);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('keeps no end of another job’s machine from being handled', async () => {
    const platform = await given({ labels: ['self-hosted', 'former'], jobId: JobId(9) });
    await platform.accept(givenEvent());
    const [runnerName = ''] = platform.liveMachines();
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'success', runnerName }));
    expect(platform.telemetry.events.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await platform.tenants.get(acme))?.leases).toBe(0);
  });
});

describe('places in the line of a cap over all tenants', () => {
  const others = [1, 2, 3].map((n) => InstallationId(200 + n));
  const caps = { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 2 };
  const cell = { name: 'cell', machines: 2 };

  async function givenPlacesOfFormerTier() {
    const tenants = [acme, ...others].map((installationId) => givenTenant({ installationId }));
    const platform = await givenPlatform({ deployment: { caps }, tenants });
    for (const installationId of others) {
      await platform.launches.joinLine('cell', { installationId, tier: former, weight: 1, since: noon - 1 });
    }
    return platform;
  }

  it('reserve nothing for a tier that is no longer configured', async () => {
    const platform = await givenPlacesOfFormerTier();
    await platform.accept(givenEvent({ jobId: JobId(1) }), givenEvent({ jobId: JobId(2) }));
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.telemetry.events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('are given up by the sweep, and no others are', async () => {
    const platform = await givenPlacesOfFormerTier();
    await platform.launches.joinLine('cell', { installationId: acme, tier: small, weight: 1, since: noon });
    await platform.sweep();
    const left = await platform.launches.waitersAcrossTenants(cell);
    expect(left.map(({ installationId }) => installationId)).toEqual([acme]);
  });
});
