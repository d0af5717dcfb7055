/** What a new scope may name: GitHub must confirm that a repository or a runner group is the tenant's own. */
import { describe, expect, it } from '@jest/globals';
import { findTargets } from '../../lib/app/admission-api/find-targets.ts';
import type { ScopeTarget } from '../../lib/core/controllers/scope.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acme, givenTenant, medium, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const forbidden: GitHubRefusal = { kind: 'forbidden', message: 'No.' };
const limited: GitHubRefusal = { kind: 'limited', retryAfterSeconds: 60 };
const notFound: GitHubRefusal = { kind: 'not-found', message: 'Not Found' };
const foreign = { kind: 'fault', fault: { kind: 'invalid', code: 'foreign-target', field: 'target' } };

async function given(over: Partial<Tenant> = {}) {
  const { github, deployment } = await givenPlatform();
  const repositories = Array.from({ length: 12 }, (_, n) => `r${n + 10}`);
  const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
  github.putInstallation(acme, { ...account, suspended: false, repositories });
  const owner = { id: acme, tenant: givenTenant(over) };
  const add = (target: ScopeTarget) =>
    findTargets({ deployment, github }, owner, { kind: 'add-scope', id: 'ctl_1', scopeId: 'scp_1', target });
  const repository = (name: string) =>
    add({ kind: 'repository', repositoryId: github.repositoryId(`acme/${name}`) });
  const group = (name: string) => add({ kind: 'group', group: name });
  return { github, deployment, owner, add, repository, group };
}
const ofRepository = (...ids: number[]) => ({ tiers: [small, medium], repositoryIds: new Set(ids) });
const nothing = ofRepository();

describe('a scope', () => {
  it('may name the tiers that its tenant may use, without a call to GitHub', async () => {
    const { github, add } = await given({ allowedTiers: [medium] });
    github.deleteInstallation(acme);
    const target = { kind: 'tier', tier: medium } as const;
    expect(await add(target)).toEqual({ tiers: [medium], repositoryIds: new Set() });
  });

  it('may name a private repository of the tenant', async () => {
    const { github, repository } = await given();
    expect(await repository('r11')).toEqual(ofRepository(github.repositoryId('acme/r11')));
  });

  it('may not name a repository that GitHub does not find, or that another account owns', async () => {
    const { github, repository } = await given();
    github.failNext('getRepository', { refusal: notFound });
    expect(await repository('r11')).toEqual(nothing);
    const { getRepository } = github;
    github.getRepository = async (...asked) => {
      const answer = await getRepository(...asked);
      return answer.ok ? { ok: true, value: { ...answer.value, ownerId: 99 } } : answer;
    };
    expect(await repository('r11')).toEqual(nothing);
  });

  it('may name the tenant’s runner groups, as GitHub writes them', async () => {
    const { group } = await given();
    expect(await group('default')).toEqual({ ...nothing, groups: ['Default'] });
    expect(await group('missing')).toEqual(nothing);
  });

  it('may name no group of a user, nor one that GitHub does not find', async () => {
    const ofUser = await given({ accountType: 'User' });
    expect(await ofUser.group('Default')).toEqual(nothing);
    const { github, group } = await given();
    github.failNext('getRunnerGroup', { refusal: notFound });
    expect(await group('Default')).toEqual(nothing);
  });

  it.each(['getRepository', 'getRunnerGroup'] as const)(
    'is refused if GitHub forbids %s, and can be retried if GitHub accepts no calls',
    async (method) => {
      const { github, repository, group } = await given();
      const ask = () => (method === 'getRepository' ? repository('r11') : group('Default'));
      github.failNext(method, { refusal: forbidden }, { refusal: limited });
      expect(await ask()).toMatchObject(foreign);
      await expect(ask()).rejects.toMatchObject({ code: 'github-limited', retryable: true });
    },
  );
});

describe('a public repository, which GitHub shows to every App,', () => {
  async function givenPublic(pageSize: number) {
    const { github, ...world } = await given();
    for (const name of ['r10', 'r20', 'r21']) github.setVisibility(`acme/${name}`, 'public');
    github.listing.pageSize = pageSize;
    return { github, ...world, idOf: (name: string) => github.repositoryId(`acme/${name}`) };
  }

  it('may be named if any page of the installation’s list has it', async () => {
    const { repository, idOf } = await givenPublic(5);
    expect(await repository('r10')).toEqual(ofRepository(idOf('r10')));
    expect(await repository('r21')).toEqual(ofRepository(idOf('r21')));
  });

  it('may not be named if the whole list lacks it', async () => {
    const { github, repository } = await givenPublic(5);
    const { listRepositories } = github;
    github.listRepositories = async (...asked) => {
      const answer = await listRepositories(...asked);
      if (!answer.ok) return answer;
      const items = answer.value.items.filter(({ fullName }) => fullName !== 'acme/r21');
      return { ok: true, value: { ...answer.value, items } };
    };
    expect(await repository('r21')).toEqual(nothing);
  });

  it('is accepted after ten pages, and no further page is requested', async () => {
    const { github, repository, idOf } = await givenPublic(1);
    const { listRepositories } = github;
    let pages = 0;
    github.listRepositories = async (...asked) => {
      pages += 1;
      return listRepositories(...asked);
    };
    expect(await repository('r21')).toEqual(ofRepository(idOf('r21')));
    expect(pages).toBe(10);
  });

  it('is refused if GitHub does not list the repositories', async () => {
    const { github, repository } = await givenPublic(5);
    github.failNext('listRepositories', { refusal: forbidden });
    expect(await repository('r10')).toMatchObject(foreign);
  });
});
