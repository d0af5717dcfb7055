/** What a controller's scope names may be gone: then the scope goes, too, and never by one answer alone. */
import { describe, expect, it } from '@jest/globals';
import { reconcile } from '../../lib/app/reconciler/reconcile.ts';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import type { ScopeTarget } from '../../lib/core/controllers/scope.ts';
import { type InstallationId, TierName } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenRules, givenScope, putControllers, putPlatformControllers } from '../support/controllers.ts';
import { acme, givenTenant, noon, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const large = TierName('large');
const refusal = { refusal: { kind: 'forbidden', message: 'No.' } } as const;
const minutes = (count: number) => count * 60_000;

async function given(...targets: ScopeTarget[]) {
  const platform = await givenPlatform({ tenants: [givenTenant()] });
  await putControllers(platform.controllers, givenRules({ scopes: targets.map(givenScope) }, 'false'));
  return platform;
}

const install = ({ github }: Platform, ...repositories: string[]) =>
  github.putInstallation(acme, {
    accountId: 1,
    accountLogin: 'acme',
    accountType: 'Organization',
    suspended: false,
    repositories,
  });

async function idsOf(platform: Platform) {
  const list = await platform.github.listRepositories(acme);
  if (!list.ok) throw new Error('GitHub lists nothing.');
  return list.value.items.map(({ id }) => id);
}

/** As many visits of the reconciler, ten minutes apart, as settle what is missing. */
async function visits(platform: Platform, count = 2) {
  for (let n = 0; n < count; n += 1) {
    await platform.reconcile();
    platform.clock.advance(minutes(10));
  }
}

const scopesOf = async ({ controllers }: Platform, owner: InstallationId = acme) =>
  (await controllers.policyOf(owner)).controllers.flatMap(({ scopes }) => scopes.map(({ target }) => target));
const dropped = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'controller-scope-dropped' });

describe('a scope', () => {
  it('is removed with its tier, on record, and the policy gets a new epoch', async () => {
    const kept = { kind: 'tier', tier: small } as const;
    const platform = await given({ kind: 'tier', tier: large }, kept);
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([kept]);
    expect(await platform.stores.tenants.get(acme)).toMatchObject({ admissionEpoch: 2 });
    const [controller] = (await platform.controllers.policyOf(acme)).controllers;
    expect(Date.parse(controller!.updatedAt)).toBeGreaterThan(noon);
    const records = platform.stores.world.rows.controllerRecords.map(({ owner, record }) => [
      owner,
      record.who,
      record.action,
      record.reason,
    ]);
    const why = 'The configuration no longer has the tier large.';
    expect(records).toEqual([[acme, 'reconciler', 'controller-scope-removed', why]]);
    const [{ record } = {}] = platform.stores.world.rows.controllerRecords;
    expect(record?.id).toBe(`lost-${givenScope({ kind: 'tier', tier: large }).id}`);
    expect(dropped(platform)).toBe(1);
  });

  it('is removed with its repository, and leaves the controller inert', async () => {
    const platform = await givenPlatform();
    install(platform, 'app', 'web');
    const [app, web] = await idsOf(platform);
    const scopes = [givenScope({ kind: 'repository', repositoryId: web! })];
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    await visits(platform);
    expect(await scopesOf(platform)).toHaveLength(1);
    install(platform, 'app');
    expect(await idsOf(platform)).toEqual([app]);
    platform.clock.advance(minutes(60));
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([]);
    expect(await platform.stores.tenants.get(acme)).not.toHaveProperty('admissionEpoch');
  });

  it('is removed with one repository of many, which are asked about in turn', async () => {
    const platform = await givenPlatform();
    install(platform, ...Array.from({ length: 9 }, (_, n) => `r${n}`));
    const ids = await idsOf(platform);
    platform.github.listing.pageSize = 4;
    const scopes = ids.map((repositoryId) => givenScope({ kind: 'repository', repositoryId }));
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    install(platform, 'r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7');
    for (let hours = 0; hours < 3; hours += 1) {
      await visits(platform);
      platform.clock.advance(minutes(60));
    }
    expect(await scopesOf(platform)).toHaveLength(8);
  });

  it('is left to later visits, as are all others, if somebody changes the controllers meanwhile', async () => {
    const tiers = ['large', 'larger'].map((tier) => ({ kind: 'tier', tier: TierName(tier) }) as const);
    const platform = await given(...tiers);
    await visits(platform, 1);
    const { save } = platform.controllers;
    platform.controllers.save = async () => 'changed';
    await visits(platform, 1);
    expect(await scopesOf(platform)).toEqual(tiers);
    platform.controllers.save = save;
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([]);
  });

  it('is removed with its runner group', async () => {
    const platform = await given({ kind: 'group', group: 'Default' }, { kind: 'group', group: 'gone' });
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([{ kind: 'group', group: 'Default' }]);
  });

  it('is removed with its group and repository if there are as many of each, and with its tier in the same hour', async () => {
    const platform = await givenPlatform();
    install(platform, 'app', 'web');
    const [, web] = await idsOf(platform);
    const targets = [
      { kind: 'group', group: 'gone' } as const,
      { kind: 'repository', repositoryId: web! } as const,
    ];
    await putControllers(platform.controllers, givenRules({ scopes: targets.map(givenScope) }, 'true'));
    install(platform, 'app');
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([]);

    const group = { kind: 'group', group: 'Default' } as const;
    const scopes = [group, { kind: 'tier', tier: large } as const].map(givenScope);
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([group]);
  });

  it('of the operator’s own is removed with its tier', async () => {
    const platform = await givenPlatform();
    const scopes = [givenScope({ kind: 'tier', tier: large })];
    await putPlatformControllers(platform.controllers, givenRules({ scopes }, 'true'));
    await visits(platform);
    expect(await scopesOf(platform, platformOwner)).toEqual([]);
    expect(await platform.controllers.platformEpoch()).toBeUndefined();
  });

  it('stays if its target is missing only once, or if GitHub does not answer', async () => {
    const platform = await givenPlatform();
    install(platform, 'app', 'web');
    const [, web] = await idsOf(platform);
    const scopes = [givenScope({ kind: 'repository', repositoryId: web! })];
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    install(platform, 'app');
    await visits(platform, 1);
    platform.github.failNext('listRepositories', refusal);
    await visits(platform, 1);
    install(platform, 'app', 'web');
    await visits(platform, 3);
    expect(await scopesOf(platform)).toHaveLength(1);
    expect(dropped(platform)).toBe(0);
  });

  it('stays if the second check comes within four minutes, since its tier may come back', async () => {
    const platform = await given({ kind: 'tier', tier: large });
    await platform.reconcile();
    platform.clock.advance(minutes(4) - 1);
    await platform.reconcile();
    expect(await scopesOf(platform)).toHaveLength(1);
    platform.clock.advance(1);
    await platform.reconcile();
    expect(await scopesOf(platform)).toEqual([]);
  });

  it('stays if GitHub refuses to say whether its group, or its repository of many, exists', async () => {
    const platform = await givenPlatform();
    install(platform, ...Array.from({ length: 9 }, (_, n) => `r${n}`));
    platform.github.listing.pageSize = 4;
    const [repositoryId] = await idsOf(platform);
    const targets = [
      { kind: 'group', group: 'Default' } as const,
      { kind: 'repository', repositoryId: repositoryId! } as const,
    ];
    await putControllers(platform.controllers, givenRules({ scopes: targets.map(givenScope) }, 'true'));
    const refuses = async () => ({ ok: false, ...refusal }) as const;
    Object.assign(platform.github, { getRunnerGroup: refuses, getRepository: refuses });
    await visits(platform, 4);
    expect(await scopesOf(platform)).toEqual(targets);
  });

  it('is removed with a repository of many that another account has by now', async () => {
    const platform = await givenPlatform();
    install(platform, ...Array.from({ length: 9 }, (_, n) => `r${n}`));
    platform.github.listing.pageSize = 4;
    const [repositoryId] = await idsOf(platform);
    const scopes = [givenScope({ kind: 'repository', repositoryId: repositoryId! })];
    await putControllers(platform.controllers, givenRules({ scopes }, 'true'));
    const { getRepository } = platform.github;
    platform.github.getRepository = async (...asked) => {
      const answer = await getRepository(...asked);
      return answer.ok ? { ok: true, value: { ...answer.value, ownerId: 99 } } : answer;
    };
    await visits(platform);
    expect(await scopesOf(platform)).toEqual([]);
  });

  it.each<[string, ScopeTarget[], number]>([
    ['no question that names no group and no repository', [{ kind: 'tier', tier: small }], 0],
    ['one an hour that names a group', [{ kind: 'group', group: 'Default' }], 2],
  ])('costs %s', async (_, targets, calls) => {
    const platform = await given(...targets);
    let asked = 0;
    const { getRunnerGroup } = platform.github;
    const counted = (...args: Parameters<typeof getRunnerGroup>) => {
      asked += 1;
      return getRunnerGroup(...args);
    };
    for (let n = 0; n < 10; n += 1) {
      await reconcile({ ...platform, github: { ...platform.github, getRunnerGroup: counted } });
      platform.clock.advance(minutes(10));
    }
    expect(asked).toBe(calls);
  });
});

describe('the check of runner groups', () => {
  type Given = Awaited<ReturnType<Platform['github']['getRunnerGroup']>>;
  const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;
  const group = { id: 7, name: 'any', visibility: 'all', allowsPublicRepositories: true } as const;
  const there = { ok: true, value: group } as const;

  /** Visits five minutes apart, to a tenant with scopes of so many groups. @returns the groups that each visit asked about */
  async function asked(groups: number, visitsMade: number, answerTo: (nth: number) => Given) {
    const names = Array.from({ length: groups }, (_, n) => `g${n + 1}`);
    const platform = await given(...names.map((group) => ({ kind: 'group', group }) as const));
    const { each, failures } = await askedBy(platform, visitsMade, answerTo);
    expect(failures).toBe(0);
    return each;
  }

  async function askedBy(platform: Platform, visitsMade: number, answerTo: (nth: number) => Given) {
    const each: (string | undefined)[][] = [];
    let failures = 0;
    platform.github.getRunnerGroup = async (_installation, _organization, name) => {
      each.at(-1)!.push(name);
      return answerTo(each.flat().length);
    };
    for (let n = 0; n < visitsMade; n += 1) {
      each.push([]);
      await platform.reconcile().catch(() => {
        failures += 1;
      });
      platform.clock.advance(minutes(5));
    }
    return { each, failures };
  }

  it('is repeated after a quarter of an hour if GitHub did not answer, and after an hour if it did', async () => {
    const each = await asked(1, 18, (nth) => (nth <= 2 ? limited : there));
    const looks = each.flatMap((names, visit) => (names.length > 0 ? [visit * 5] : []));
    expect(looks).toEqual([0, 15, 30]);
  });

  it('continues with the first group about which GitHub did not answer', async () => {
    const each = await asked(7, 4, (nth) => (nth === 3 ? limited : there));
    expect(each).toEqual([['g1', 'g2', 'g3'], [], [], ['g3', 'g4', 'g5', 'g6', 'g7']]);
  });

  it('is repeated after a quarter of an hour even if a visit cannot check all repositories', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant()] });
    install(platform, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
    const repositories = (await idsOf(platform)).map(
      (repositoryId): ScopeTarget => ({
        kind: 'repository',
        repositoryId,
      }),
    );
    const scopes = [{ kind: 'group', group: 'g1' } as const, ...repositories].map(givenScope);
    await putControllers(platform.controllers, givenRules({ scopes }, 'false'));
    const { each, failures } = await askedBy(platform, 4, () => limited);
    expect({ each, failures }).toEqual({ each: [['g1'], [], [], ['g1']], failures: 0 });
  });

  it('continues after a quarter of an hour with the first repository of many about which GitHub did not answer', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant()] });
    install(platform, ...Array.from({ length: 9 }, (_, n) => `r${n}`));
    const ids = (await idsOf(platform)).slice(0, 5);
    platform.github.listing.pageSize = 4;
    const scopes = ids.map((repositoryId) => givenScope({ kind: 'repository', repositoryId }));
    await putControllers(platform.controllers, givenRules({ scopes }, 'false'));
    const { getRepository } = platform.github;
    const each: (number | string)[][] = [];
    platform.github.getRepository = async (installationId, repository) => {
      each.at(-1)!.push(repository);
      return each.flat().length === 3 ? limited : getRepository(installationId, repository);
    };
    for (let n = 0; n < 4; n += 1) {
      each.push([]);
      await platform.reconcile();
      platform.clock.advance(minutes(5));
    }
    const [one, two, three, four, five] = ids.toSorted((a, b) => a - b);
    expect(each).toEqual([[one, two, three], [], [], [three, four, five, one, two]]);
  });

  it('delays neither jobs nor the next group if it fails', async () => {
    const platform = await given({ kind: 'group', group: 'g1' }, { kind: 'group', group: 'g2' });
    install(platform, 'app');
    let lists = 0;
    const { listRuns } = platform.github;
    platform.github.listRuns = async (...args) => {
      lists += 1;
      return listRuns(...args);
    };
    const fail = (): Given => {
      throw new OperationalError('too large', { code: 'github-unreachable', retryable: true });
    };
    const { each, failures } = await askedBy(platform, 4, fail);
    expect({ each, failures }).toEqual({ each: [['g1'], [], [], ['g2']], failures: 2 });
    expect(lists).toBe(4 * 2);
    const said = platform.telemetry.events.filter(({ name }) => name === 'reconcile-failed');
    expect(said.map(({ fields }) => String(fields['error']))).toEqual(
      Array(2).fill(expect.stringContaining('too large')),
    );
  });

  it('continues after groups about which GitHub refuses to answer', async () => {
    const each = await asked(7, 4, () => ({ ok: false, ...refusal }));
    expect(each).toEqual([['g1', 'g2', 'g3', 'g4', 'g5'], [], [], ['g6', 'g7', 'g1', 'g2', 'g3']]);
  });
});
