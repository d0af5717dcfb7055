/** For which waiting jobs a runner group is looked up again, and how soon. */
import { describe, expect, it } from '@jest/globals';
import type { KnownGroup } from '../../lib/app/common/runner-groups.ts';
import { refreshGroup } from '../../lib/app/scale-up/refresh-group.ts';
import { acme, givenJob, givenTenant, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const inRepository = givenJob({ repositoryId: 7 });
const { repositoryId: _, ...nowhere } = inRepository;
const builds = { id: 9, name: 'builds', visibility: 'all', allowsPublicRepositories: false } as const;
const found: KnownGroup = { name: 'builds', standing: { kind: 'found', group: builds }, lookedAt: noon };
/** This group excludes jobs of public repositories. */
const isPublic = givenJob({ repositoryId: 8, visibility: 'public' });

async function looks(group: KnownGroup, seconds: number, waiting: (typeof nowhere)[]) {
  const platform = await givenPlatform();
  platform.clock.advance(seconds * 1000);
  await refreshGroup(platform, { tenant: givenTenant({ runnerGroup: 'builds' }), group, waiting });
  return platform.queues.installations.map(({ kind, installationId }) => [kind, installationId]);
}
const asked = [['look-at-group', acme]];

describe('a runner group', () => {
  it.each<[string, KnownGroup, (typeof nowhere)[], unknown]>([
    ['that the tenant names, for any job', { name: 'builds', lookedAt: 0 }, [nowhere], asked],
    [
      'that each organization has, for a job of a repository',
      { lookedAt: 0 },
      [nowhere, inRepository],
      asked,
    ],
    ['that each organization has, for no other job', { lookedAt: 0 }, [nowhere], []],
  ])('%s is looked up', async (_, group, waiting, expected) => {
    expect(await looks(group, 0, waiting)).toEqual(expected);
  });

  it('is looked up again sooner if it keeps one of several jobs from starting', async () => {
    const sooner = 120;
    expect(await looks(found, sooner, [inRepository, isPublic])).toEqual(asked);
    expect(await looks(found, sooner - 1, [inRepository, isPublic])).toEqual([]);
    expect(await looks(found, sooner, [inRepository])).toEqual([]);
    expect(await looks(found, 3_600, [inRepository])).toEqual(asked);
  });
});
