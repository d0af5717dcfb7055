/** Launches that their caller left open: who goes on with them, what counts as missing, and what their jobs are told. */
import { describe, expect, it } from '@jest/globals';
import { settleLaunch } from '../../lib/app/launch/carry-out-launch.ts';
import { resumeLaunch } from '../../lib/app/launch/resume-launch.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { LaunchAnswer, LaunchFailure } from '../../lib/ports/compute.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const fenceMilliseconds = 61_000;
const jobs = (count: number) => Array.from({ length: count }, (_, n) => givenEvent({ jobId: JobId(n + 1) }));
const failure = (kind: LaunchFailure['class']): LaunchFailure => ({ class: kind, code: kind, message: kind });
const theLaunch = ({ stores }: Platform) => stores.world.allLaunches()[0]!;

/** EC2 heard of no request for these jobs, and nobody knows that. */
async function givenOpen(count = 1, platform?: Platform) {
  const given = platform ?? (await givenPlatform());
  given.compute.dials.loseRequests = 2;
  await given.accept(...jobs(count));
  return given;
}

/** Its caller died before its job had a row. */
async function givenWithoutRow(platform?: Platform) {
  const given = platform ?? (await givenPlatform());
  given.stores.world.failNext('jobs.insert', new Error('died'));
  await given.accept(...jobs(1));
  given.clock.advance(fenceMilliseconds);
  return given;
}

/** There is one machine for both tenants. */
const other = InstallationId(202);
const givenTwoTenants = () =>
  givenPlatform({
    tenants: [givenTenant(), givenTenant({ installationId: other, accountId: 2, accountLogin: 'other' })],
    deployment: {
      caps: { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 1 },
    },
  });
const jobOfOther = givenEvent({ installationId: other, jobId: JobId(9), repositoryOwnerId: 2 });
const pokesOfOther = ({ queues }: Platform) =>
  queues.tiers.filter(({ message }) => message.kind === 'poke' && message.installationId === other);

/** One of two machines came, and whoever recorded that died before anything else. */
async function givenAnswered() {
  const platform = await givenPlatform();
  platform.compute.dials.pools.set('t3.medium:on-demand', 1);
  platform.stores.world.failNext('runners.bind', new Error('died'));
  await platform.accept(...jobs(2));
  expect(theLaunch(platform)).toMatchObject({ state: 'answered' });
  return platform;
}

describe('an open launch', () => {
  it('is finished once its machines are known, even while EC2 takes no calls', async () => {
    const platform = await givenAnswered();
    platform.clock.advance(fenceMilliseconds);
    const now = platform.clock.now();
    const value = { callsPerSecond: 1, turns: {}, nextCallAt: now + 50_000, lineEndsAt: now, slowedAt: now };
    await platform.notes.write('launch-pace', { value, expiresAt: now + 3_600_000 });
    const calls = platform.compute.requests.length;
    await platform.sweep();
    expect(platform.compute.requests).toHaveLength(calls);
    expect(theLaunch(platform)).toMatchObject({ state: 'closed' });
    expect(platform.telemetry.total('Repairs')).toBe(1);
    await expectBalanced(platform);
  });

  it('is resumed by one sweep at a time, for as long as a sweep may run', async () => {
    const platform = await givenOpen();
    const read = theLaunch(platform);
    platform.clock.advance(fenceMilliseconds);
    const { findByLaunch } = platform.compute;
    platform.compute.findByLaunch = async (launchId) => {
      platform.compute.findByLaunch = findByLaunch;
      platform.clock.advance(30_000);
      await platform.sweep();
      await resumeLaunch(platform, read);
      return findByLaunch(launchId);
    };
    await platform.sweep();
    expect(platform.telemetry.total('Repairs')).toBe(1);
    await expectBalanced(platform);
  });

  it('does not cover a job again whose machine has come and gone', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(...jobs(2));
    const [shown, hidden] = platform.liveMachines();
    platform.compute.machines.get(hidden!)!.hidden = true;
    platform.compute.dials.loseRequests = 1;
    platform.clock.advance(fenceMilliseconds);
    await platform.sweep();
    expect([...theLaunch(platform).instances.values()]).toEqual([shown]);
    await platform.machineEnds(shown!);
    platform.compute.machines.get(hidden!)!.hidden = false;
    platform.clock.advance(fenceMilliseconds + 5_000);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('keeps the lease of a cancelled job whose machine EC2 may have started', async () => {
    const platform = await givenPlatform();
    Object.assign(platform.compute.dials, { loseAnswers: 3, hideNew: true });
    await platform.accept(...jobs(1));
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    platform.clock.advance(fenceMilliseconds);
    await platform.sweep();
    expect(theLaunch(platform)).toMatchObject({ state: 'intent', plannedJobs: [{ jobId: 1 }] });
    await expectBalanced(platform);
  });

  it('tells all other launches what EC2 lacked', async () => {
    const platform = await givenOpen();
    platform.compute.dials.refuseNext.push(failure('capacity'));
    platform.clock.advance(fenceMilliseconds);
    await platform.sweep();
    expect(platform.notes.all.has('closed-pools')).toBe(true);
    expect(theLaunch(platform)).toMatchObject({ state: 'intent' });
  });

  it('records the machines that EC2 shows and those that it lists', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(...jobs(2));
    const [shown, hidden] = platform.liveMachines();
    platform.compute.machines.get(hidden!)!.hidden = true;
    platform.clock.advance(fenceMilliseconds);
    await platform.sweep();
    expect(platform.stores.world.allRunners().map(({ instanceId }) => instanceId)).toEqual([shown, hidden]);
  });

  it.each<[string, number, LaunchAnswer]>([
    ['refused', 3_900 * 1000, { kind: 'refused', failure: failure('quota') }],
    ['answered', fenceMilliseconds, { kind: 'answered', instances: [], failures: [failure('quota')] }],
  ])('that certainly has no machines gives its job the reason that EC2 %s with', async (_, age, answer) => {
    const platform = await givenOpen();
    platform.compute.launch = async () => answer;
    platform.clock.advance(age);
    await resumeLaunch(platform, theLaunch(platform));
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'quota' } });
    await expectBalanced(platform);
  });
});

describe('a launch without machines', () => {
  it.each([
    ['capacity', 'capacity'],
    ['unoffered', 'capacity'],
    ['quota', 'quota'],
    ['throttled', 'throttled'],
    ['fatal', 'launch-failed'],
    ['unknown', 'launch-failed'],
  ] as const)('of class %s has its job wait with the reason %s', async (kind, code) => {
    const platform = await givenOpen();
    await settleLaunch(platform, theLaunch(platform), { instances: [], failure: failure(kind) });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code } });
    await expectBalanced(platform);
  });

  it('wakes the tenant that waited for its lease', async () => {
    const platform = await givenOpen(1, await givenTwoTenants());
    await platform.accept(jobOfOther);
    await settleLaunch(platform, theLaunch(platform), { instances: [], failure: failure('capacity') });
    expect(pokesOfOther(platform)).toHaveLength(1);
  });

  it('that never got a row for its job wakes the tenant that waited for its lease, too', async () => {
    const platform = await givenWithoutRow(await givenTwoTenants());
    await platform.accept(jobOfOther);
    await resumeLaunch(platform, theLaunch(platform));
    expect(await platform.leases()).toBe(0);
    expect(pokesOfOther(platform)).toHaveLength(1);
  });

  it('that another caller resumes meanwhile is left to that one', async () => {
    const platform = await givenWithoutRow();
    const { world } = platform.stores;
    world.beforeCall = (call) => {
      if (call !== 'launches.shrink') return;
      const { launchId, ...launch } = theLaunch(platform);
      world.rows.launches.set(launchId, { ...launch, launchId, callUntil: launch.callUntil + 1 });
    };
    await resumeLaunch(platform, theLaunch(platform));
    expect(platform.compute.requests).toEqual([]);
    expect(theLaunch(platform)).toMatchObject({ state: 'intent', plannedJobs: [{ jobId: 1 }] });
  });

  it('whose tier was removed meanwhile gives its lease back all the same', async () => {
    const platform = await givenOpen();
    Object.assign(platform.deployment, { tiers: [] });
    await settleLaunch(platform, theLaunch(platform), { instances: [], failure: failure('capacity') });
    expect(theLaunch(platform)).toMatchObject({ state: 'closed' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    await expectBalanced(platform);
  });

  it('that was deleted since it was read changes nothing', async () => {
    const platform = await givenOpen();
    const launch = theLaunch(platform);
    platform.stores.world.rows.launches.clear();
    await settleLaunch(platform, launch, { instances: [], failure: undefined });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('is not requested again immediately if the note about what EC2 lacked cannot be written', async () => {
    const platform = await givenPlatform();
    platform.notes.writeIf = async () => {
      throw new OperationalError('No.', { code: 'Throttled', retryable: true });
    };
    platform.compute.dials.pools.set('t3.medium:on-demand', 0);
    await platform.accept(...jobs(1));
    expect(platform.compute.requests).toHaveLength(1);
    expect(platform.telemetry.total('NotesFailed')).toBe(1);
    await expectBalanced(platform);
  });
});
