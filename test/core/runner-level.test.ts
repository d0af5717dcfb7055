import { describe, expect, it } from '@jest/globals';
import {
  levelNow,
  mayHaveOrganizationRunners,
  missingPermission,
  runnerPolicy,
} from '../../lib/core/runner-level.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenTenant, permissions } from '../support/given.ts';

const { organization_self_hosted_runners: _organization, ...repositoriesAlone } = permissions;
const { administration: _administration, ...organizationAlone } = permissions;
const none = { actions: 'read' };

describe('the level at which runners register', () => {
  it.each<[string, Partial<Tenant>, string, boolean, string | undefined]>([
    ['auto, with both', {}, 'organization', false, undefined],
    [
      'auto, for the organization alone',
      { permissions: organizationAlone },
      'organization',
      false,
      undefined,
    ],
    ['auto, for repositories alone', { permissions: repositoriesAlone }, 'repository', true, undefined],
    ['auto, with neither', { permissions: none }, 'organization', false, 'organization_self_hosted_runners'],
    ['organization', { runnerLevel: 'organization' }, 'organization', false, undefined],
    [
      'organization, without it',
      { runnerLevel: 'organization', permissions: repositoriesAlone },
      'organization',
      false,
      'organization_self_hosted_runners',
    ],
    ['repository', { runnerLevel: 'repository' }, 'repository', false, undefined],
    [
      'repository, without it',
      { runnerLevel: 'repository', permissions: organizationAlone },
      'repository',
      false,
      'administration',
    ],
    ['a user', { accountType: 'User', permissions: repositoriesAlone }, 'repository', false, undefined],
    [
      'a user, asked for an organization',
      { accountType: 'User', runnerLevel: 'organization' },
      'repository',
      false,
      undefined,
    ],
  ])('is, for %s: %j → %s, a fallback: %s, missing: %s', (_title, over, level, isFallback, missing) => {
    const tenant = givenTenant(over);
    expect(levelNow(tenant)).toEqual({ level, isFallback });
    expect(missingPermission(tenant)?.name).toBe(missing);
  });

  it.each([
    [repositoriesAlone, 'none'],
    [{ organization_self_hosted_runners: 'read' }, 'read'],
  ])('needs write access to runners: with %j, %s is granted', (permissions, given) => {
    const tenant = givenTenant({ runnerLevel: 'organization', permissions });
    expect(missingPermission(tenant)).toEqual({ name: 'organization_self_hosted_runners', given });
  });

  it('includes what an admin has', () => {
    const admin = { organization_self_hosted_runners: 'admin' };
    expect(missingPermission(givenTenant({ permissions: admin }))).toBeUndefined();
  });

  it.each<[Partial<Tenant>, boolean]>([
    [{}, true],
    [{ runnerLevel: 'repository' }, true],
    [{ permissions: repositoriesAlone }, false],
    [{ accountType: 'User' }, false],
  ])('leaves runners with the organization to look after, for %j: %s', (over, may) => {
    expect(mayHaveOrganizationRunners(givenTenant(over))).toBe(may);
  });

  it('is that of the organization, and nothing is missing, while its permissions are unknown', () => {
    const { permissions: _notAsked, ...tenant } = givenTenant();
    expect(levelNow(tenant)).toEqual({ level: 'organization', isFallback: false });
    expect(missingPermission(tenant)).toBeUndefined();
  });
});

it('passes the operator’s settings for runners on to a reinstall, and nothing else', () => {
  const policy = {
    runnerLevel: 'repository',
    runnerGroup: 'builds',
    allowPublicRepositories: false,
  } as const;
  expect(runnerPolicy(givenTenant(policy))).toEqual(policy);
  expect(runnerPolicy(undefined)).toEqual({});
});
