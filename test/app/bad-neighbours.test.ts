/** What one tenant's jobs may do to the messages of the others: nothing. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { givenEvent, givenTenant } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const bad = InstallationId(202);
const tenants = [givenTenant(), givenTenant({ installationId: bad })];
const huge = Array.from({ length: 75_001 }, (_, n) => `label-${n}`);
const withoutTier = (jobId: number, over = {}) => {
  const { tier: _tier, ...event } = givenEvent({
    jobId: JobId(jobId),
    labels: ['self-hosted', 'gpu'],
    ...over,
  });
  return event;
};

describe('a job that no row can hold', () => {
  it.each([
    { case: 'too many labels', over: { labels: huge } },
    { case: 'a name with half a character', over: { repository: 'acme/app\ud800' } },
  ])('because of $case fails only its own message', async ({ over }) => {
    const platform = await givenPlatform({ tenants });
    const unreadable = givenEvent({ installationId: bad, jobId: JobId(7), ...over });
    const failed = await platform.accept(unreadable, givenEvent());
    expect(failed).toEqual(['m-1']);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.job(7, bad)).toBeUndefined();
  });

  it('fails only its own fact', async () => {
    const platform = await givenPlatform({ tenants });
    const unreadable = withoutTier(7, { installationId: bad, labels: huge });
    const failed = await platform.follow(
      unreadable,
      withoutTier(1),
      givenEvent({ action: 'waiting', jobId: JobId(2) }),
    );
    expect(failed).toEqual(['m-1']);
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'labels-unknown' } });
    expect(await platform.job(2)).toMatchObject({ state: 'blocked' });
  });
});

describe('jobs with labels that no tier has', () => {
  const flood = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => withoutTier(from + n, { installationId: bad }));

  it('are refused with one write for all of a batch', async () => {
    const platform = await givenPlatform({ tenants });
    let inserts = 0;
    platform.stores.world.beforeCall = (call) => void (call === 'jobs.insert' && inserts++);
    await platform.follow(...flood(1, 10));
    expect(inserts).toBe(1);
    expect(platform.telemetry.total('JobsRefused')).toBe(10);
  });

  it('get at most a hundred rows an hour; further ones are counted and logged', async () => {
    const platform = await givenPlatform({ tenants });
    for (let batch = 0; batch < 30; batch++) await platform.follow(...flood(1 + batch * 10, 10));
    expect(platform.stores.world.allJobs()).toHaveLength(100);
    expect(platform.telemetry.total('JobsRefused')).toBe(300);
    const beyond = platform.telemetry.events.filter(({ name }) => name === 'jobs-unrecorded');
    expect(beyond).toHaveLength(20);
    const first = Array.from({ length: 10 }, (_, n) => 101 + n);
    expect(beyond[0]?.fields).toMatchObject({ installationId: bad, jobIds: first });
    await platform.follow(withoutTier(2));
    expect(await platform.job(2)).toMatchObject({ outcome: 'refused' });
    platform.clock.advance(3_600_000);
    await platform.follow(...flood(1000, 10), withoutTier(1));
    expect(platform.stores.world.allJobs()).toHaveLength(112);
  });

  it('get no row when they end if they got none when they were queued', async () => {
    const platform = await givenPlatform({ tenants });
    await platform.follow(withoutTier(1, { action: 'in_progress', runnerName: 'their-own' }));
    await platform.follow(
      withoutTier(1, { action: 'completed', runnerName: 'their-own', conclusion: 'success' }),
    );
    expect(platform.stores.world.allJobs()).toEqual([]);
  });
});
