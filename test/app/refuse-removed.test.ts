/** How long, and how often, GitHub is asked which repositories an installation still has before a removal refuses jobs. */
import { describe, expect, it } from '@jest/globals';
import type { InstallationEvent } from '../../lib/contract/messages.ts';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const ownerId = 7;
const removal = (n: number, over: Partial<InstallationEvent> = {}) =>
  ({
    ...{ kind: 'installation', event: 'installation_repositories.removed', installationId: acme },
    ...{ repositoriesRemoved: [`acme/gone-${n}`], delivery: `d-${n}`, ...over },
  }) as InstallationEvent;

/** For each removal a job waits. GitHub lists pages of one repository, `acme/r1` and so on, so many seconds each. */
async function givenRemovals(options: { removals?: number; pages: number; secondsPerPage: number }) {
  const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
  const numbers = Array.from({ length: options.removals ?? 1 }, (_, n) => n + 1);
  const jobs = numbers.map((n) => givenEvent({ jobId: JobId(n), repository: `acme/gone-${n}` }));
  await platform.accept(...jobs);
  const asked: number[] = [];
  const names = new Map<number, string>();
  platform.github.listRepositories = async (_installationId, cursor = '1') => {
    const page = Number(cursor);
    asked.push(page);
    platform.clock.advance(options.secondsPerPage * 1000);
    const items = [
      { id: page, fullName: names.get(page) ?? `acme/r${page}`, ownerId, visibility: 'private' as const },
    ];
    return { ok: true, value: { items, ...(page < options.pages ? { cursor: String(page + 1) } : {}) } };
  };
  const refused = async () => {
    const rows = await Promise.all(numbers.map((n) => platform.job(n)));
    return rows.filter((job) => job?.outcome === 'refused').length;
  };
  const { installations } = platform.queues;
  installations.push(...numbers.map((n) => removal(n)));
  return { platform, installations, asked, names, refused, deliver: () => platform.deliverInstallations() };
}

describe('removals of repositories', () => {
  it('of one tenant in a batch have GitHub asked once', async () => {
    const { asked, refused, deliver } = await givenRemovals({ removals: 10, pages: 3, secondsPerPage: 1 });
    expect(await deliver()).toEqual([]);
    expect([asked, await refused()]).toEqual([[1, 2, 3], 10]);
  });

  it('of one tenant in a batch are done in time though GitHub takes 1.5 seconds for an answer', async () => {
    const { platform, refused, deliver } = await givenRemovals({
      removals: 10,
      pages: 3,
      secondsPerPage: 1.5,
    });
    const { getInstallation } = platform.github;
    platform.github.getInstallation = async (installationId) => {
      platform.clock.advance(1_500);
      return getInstallation(installationId);
    };
    expect(await deliver()).toEqual([]);
    expect([platform.clock.now() - noon, await refused()]).toEqual([1_500 + 3 * 1_500, 10]);
  });

  it('have GitHub asked again once somebody else has changed the tenant: their answer may be newer', async () => {
    const { platform, deliver } = await givenRemovals({ removals: 2, pages: 1, secondsPerPage: 0 });
    const { listRepositories } = platform.github;
    platform.github.listRepositories = async (...given) => {
      // Another copy heard this after this one had asked.
      const tenant = (await platform.tenants.get(acme))!;
      platform.github.renameAccount(acme, 'newer');
      await platform.tenants.update(tenant, { accountLogin: 'newer', updatedAt: 'later' });
      return listRepositories(...given);
    };
    await deliver();
    expect(await platform.tenants.get(acme)).toMatchObject({ accountLogin: 'newer' });
  });

  it('come again, and refuse nothing, if the list takes more than five seconds', async () => {
    const removals = 10;
    const world = await givenRemovals({ removals, pages: 10, secondsPerPage: 1 });
    expect(await world.deliver()).toEqual([]);
    expect(world.platform.clock.now() - noon).toBe(5_000);
    expect([world.asked, await world.refused()]).toEqual([[1, 2, 3, 4, 5], 0]);
    expect(world.installations).toMatchObject(
      Array.from({ length: removals }, (_, n) => removal(n + 1, { slowLists: 1 })),
    );
    expect(world.platform.queues.delayed.at(-1)).toEqual({ kind: 'installation', delaySeconds: 60 });
  });

  it('are believed about the rest once the list was slow three times before', async () => {
    const world = await givenRemovals({ pages: 10, secondsPerPage: 1 });
    for (let times = 1; times <= 3; times++) {
      await world.deliver();
      expect([await world.refused(), world.installations.length]).toEqual([0, 1]);
    }
    await world.deliver();
    expect([await world.refused(), world.installations]).toEqual([1, []]);
  });

  it('are not believed about a repository in the part of a slow list that was read', async () => {
    const world = await givenRemovals({ pages: 10, secondsPerPage: 2 });
    world.names.set(3, 'acme/gone-1');
    await world.deliver();
    expect(world.asked).toEqual([1, 2, 3]);
    expect([await world.refused(), world.installations]).toEqual([0, []]);
  });

  it('do not come again if the last page was slow, or the tenth', async () => {
    for (const pages of [1, 11]) {
      const world = await givenRemovals({ pages, secondsPerPage: pages === 1 ? 6 : 0.5 });
      await world.deliver();
      expect(world.asked).toHaveLength(Math.min(pages, 10));
      expect([await world.refused(), world.installations]).toEqual([1, []]);
    }
  });

  it('refuse no job that GitHub queued after the list was begun: its repository is back', async () => {
    const { platform, deliver, refused } = await givenRemovals({ removals: 2, pages: 1, secondsPerPage: 1 });
    const late = { jobId: JobId(3), repository: 'acme/gone-2', queuedAt: noon + 1 };
    const { refuseWaiting } = platform.jobs;
    platform.jobs.refuseWaiting = async (installationId, jobId, end) => {
      if (jobId === JobId(1)) await platform.accept(givenEvent(late));
      return refuseWaiting(installationId, jobId, end);
    };
    await deliver();
    expect(await refused()).toBe(2);
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
  });

  it('have GitHub asked anew in the next batch', async () => {
    const { asked, installations, deliver } = await givenRemovals({
      removals: 2,
      pages: 1,
      secondsPerPage: 0,
    });
    const second = installations.splice(1);
    await deliver();
    installations.push(...second);
    await deliver();
    expect(asked).toEqual([1, 1]);
  });
});
