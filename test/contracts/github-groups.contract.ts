/** What every GitHub port promises about runner groups. */
import { describe, expect, it } from '@jest/globals';
import type { GivenGitHub } from './support/github-world.ts';

export function githubGroupsContract({ world, acme, request }: GivenGitHub): void {
  describe('runner groups', () => {
    const groupNow = async (name?: string) => {
      const answer = await world().github.getRunnerGroup(acme(), 'acme', name);
      return answer.ok ? answer.value : answer.refusal;
    };

    it('has a default one, for all repositories but the public ones', async () => {
      expect(await groupNow()).toMatchObject({
        id: 1,
        visibility: 'all',
        allowsPublicRepositories: false,
      });
      expect(await groupNow('none')).toBeUndefined();
    });

    it('finds one by its name in any case, with the repositories that it was selected for', async () => {
      world().setGroup('acme', { name: 'Builds', visibility: 'selected', repositories: ['app'] });
      const repositories = await world().github.listRepositories(acme());
      const [app] = repositories.ok ? repositories.value.items : [];

      const found = { name: 'Builds', visibility: 'selected', selectedRepositoryIds: [app?.id] };
      expect(await groupNow('builds')).toMatchObject(found);
      world().setGroup('acme', { name: 'Builds', visibility: 'all', allowsPublicRepositories: true });
      expect(await groupNow('builds')).toMatchObject({ visibility: 'all', allowsPublicRepositories: true });
      world().deleteGroup('acme', 'Builds');
      expect(await groupNow('builds')).toBeUndefined();
    });

    it('admits a repository and takes it out again, each once or more, in a group for selected ones', async () => {
      world().setGroup('acme', { name: 'builds', visibility: 'selected', repositories: [] });
      const group = await world().github.getRunnerGroup(acme(), 'acme', 'builds');
      const groupId = (group.ok && group.value?.id) || 0;
      const repositories = await world().github.listRepositories(acme());
      const repositoryId = (repositories.ok && repositories.value.items[0]?.id) || 0;
      const admit = (isAdmitted: boolean, over: object = {}) =>
        world().github.admitToGroup(acme(), 'acme', { groupId, repositoryId, isAdmitted, ...over });
      for (const isAdmitted of [true, true, false, false, true]) {
        expect(await admit(isAdmitted)).toMatchObject({ ok: true });
        const selectedRepositoryIds = isAdmitted ? [repositoryId] : [];
        expect(await groupNow('builds')).toMatchObject({ selectedRepositoryIds });
      }
      const notFound = { ok: false, refusal: { kind: 'not-found' } };
      expect(await admit(true, { repositoryId: 999_999 })).toMatchObject(notFound);
      expect(await admit(true, { groupId: 999_999 })).toMatchObject(notFound);
      expect(await admit(true, { groupId: 1 })).toMatchObject({ refusal: { kind: 'invalid' } });
    });

    it('registers a runner in one, and in none that was deleted', async () => {
      world().setGroup('acme', { name: 'builds' });
      const found = await world().github.getRunnerGroup(acme(), 'acme', 'builds');
      const runnerGroupId = (found.ok && found.value?.id) || 0;
      expect(await world().github.createJitConfig(request({ runnerGroupId }))).toMatchObject({ ok: true });

      world().deleteGroup('acme', 'builds');
      const again = await world().github.createJitConfig(request({ name: 'i-0002', runnerGroupId }));
      expect(again).toMatchObject({ refusal: { kind: 'invalid' } });
    });

    it('are shown of no other organization, and of no user', async () => {
      const joan = world().install({ login: 'joan', type: 'User', repositories: ['notes'] });
      expect(await world().github.getRunnerGroup(acme(), 'other', undefined)).toMatchObject({ ok: false });
      expect(await world().github.getRunnerGroup(joan, 'joan', undefined)).toMatchObject({ ok: false });
    });
  });
}
