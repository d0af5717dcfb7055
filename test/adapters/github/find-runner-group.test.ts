import { describe, expect, it } from '@jest/globals';
import { findRunnerGroup } from '../../../lib/adapters/github/runner-groups.ts';
import { acme } from '../../support/given.ts';

/** An organization with this many groups, none of them with the requested name. */
const organizationWith = (groups: number) => async (_id: unknown, _grant: unknown, call: unknown) => {
  const { page = 1 } = (call as [string, { page?: number }])[1];
  const left = Math.max(0, Math.min(100, groups - (page - 1) * 100));
  const shown = Array.from({ length: left }, (_, n) => ({
    id: n + 2,
    name: `team-${page}-${n}`,
    default: false,
  }));
  return { runner_groups: shown };
};
const asked = { installationId: acme, organization: 'acme', name: 'builds' };
const find = (groups: number) => findRunnerGroup(organizationWith(groups) as never, asked);

describe('a runner group that is not in GitHub’s list', () => {
  it('is gone if the list was read to its end', async () => {
    expect(await find(250)).toBeUndefined();
  });

  it('may exist if the list is longer than what is read', async () => {
    const refusal = {
      status: 422,
      message: 'None of the first 1000 runner groups of acme is called builds.',
    };
    await expect(find(1_000)).rejects.toMatchObject(refusal);
  });
});

describe('a runner group for selected repositories', () => {
  /** The default group, with this many repositories. */
  const groupWith = (repositories: number) =>
    findRunnerGroup(
      (async (_id: unknown, _grant: unknown, [route, { page = 1 }]: [string, { page?: number }]) => {
        if (!route.endsWith('/repositories'))
          return { runner_groups: [{ id: 1, name: 'Default', default: true, visibility: 'selected' }] };
        const left = Math.max(0, Math.min(100, repositories - (page - 1) * 100));
        return { repositories: Array.from({ length: left }, (_, n) => ({ id: page * 1_000 + n })) };
      }) as never,
      { ...asked, name: undefined },
    );

  it('has up to a thousand of them read, and counts as open to all if there are more', async () => {
    expect((await groupWith(999))?.selectedRepositoryIds).toHaveLength(999);
    expect(await groupWith(1_001)).not.toHaveProperty('selectedRepositoryIds');
  });
});
