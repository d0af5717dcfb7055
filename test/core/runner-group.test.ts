import { describe, expect, it } from '@jest/globals';
import { judge } from '../../lib/core/admission.ts';
import type { Job } from '../../lib/core/job.ts';
import type { GroupView, RunnerGroup } from '../../lib/core/runner-group.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenJob, givenTenant, givenTier } from '../support/given.ts';

const found = (over: Partial<RunnerGroup> = {}): GroupView => ({
  standing: {
    kind: 'found',
    group: { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: false, ...over },
  },
});
const open = { visibility: 'public', repositoryId: 7 } as const;
const closed = { visibility: 'private', repositoryId: 7 } as const;
const unavailable: GroupView['standing'] = { kind: 'unavailable', message: 'Not Found' };

function verdictOn(job: Partial<Job>, view: GroupView, tenant: Partial<Tenant> = {}) {
  const verdict = judge(givenTenant(tenant), givenTier(), givenJob(job), view);
  return verdict.kind === 'admit' ? 'admit' : `${verdict.kind} ${verdict.reason.code}`;
}

describe('a job and the runner group of its tenant', () => {
  it.each<[string, Partial<Job>, GroupView, string]>([
    ['private, default group unknown', closed, {}, 'admit'],
    ['public, default group unknown', open, {}, 'hold group-unknown'],
    ['private, named group unknown', closed, { name: 'builds' }, 'hold group-unknown'],
    ['public, group for no public one', open, found(), 'hold public-repository'],
    ['internal, group for no public one', { ...closed, visibility: 'internal' }, found(), 'admit'],
    ['public, group for all', open, found({ allowsPublicRepositories: true }), 'admit'],
    [
      'public, group for private ones, whatever else it says',
      open,
      found({ visibility: 'private', allowsPublicRepositories: true }),
      'hold public-repository',
    ],
    ['one selected', closed, found({ visibility: 'selected', selectedRepositoryIds: [6, 7] }), 'admit'],
    [
      'none selected',
      closed,
      found({ visibility: 'selected', selectedRepositoryIds: [] }),
      'hold repository-not-in-group',
    ],
    ['too many selected to tell', closed, found({ visibility: 'selected' }), 'admit'],
    ['of which nothing is known', {}, found({ visibility: 'selected', selectedRepositoryIds: [] }), 'admit'],
    ['group missing', closed, { name: 'builds', standing: { kind: 'missing' } }, 'hold group-missing'],
    ['no groups, one named', closed, { name: 'builds', standing: unavailable }, 'hold groups-unavailable'],
    ['no groups, none named', open, { standing: unavailable }, 'admit'],
    ['group that may not be read', open, { standing: { kind: 'unreadable' } }, 'admit'],
  ])('%s: %j', (_title, job, view, expected) => {
    expect(verdictOn(job, view)).toBe(expected);
  });

  it('names the setting, and where it is changed', () => {
    const verdict = judge(givenTenant(), givenTier(), givenJob(open), found());
    expect(verdict).toMatchObject({
      ofJob: true,
      reason: { text: expect.stringMatching(/“Allow public repositories” under Settings, Actions, Runner/) },
    });
  });

  it.each<[Partial<Job>, GroupView, boolean, RegExp]>([
    [
      open,
      found({ visibility: 'private' }),
      true,
      /group Default does not allow public repositories.*“Repository access” under/,
    ],
    [open, {}, false, /runner group Default of acme admits; the job starts if/],
    [closed, { name: 'builds' }, false, /runner group builds of acme admits/],
    [
      closed,
      { name: 'builds', standing: { kind: 'missing' } },
      false,
      /acme has no runner group named builds\./,
    ],
    [
      closed,
      { name: 'builds', standing: unavailable },
      false,
      /\(Not Found\), but its runners should join builds\./,
    ],
    [
      closed,
      found({ visibility: 'selected', selectedRepositoryIds: [] }),
      true,
      /acme\/app is not among the repositories.*If an owner adds it to “Repository access” under Settings/,
    ],
  ])(
    'says of %j and %j whether it is for that job alone (%s), and what to do: %s',
    (job, view, ofJob, text) => {
      const verdict = judge(givenTenant(), givenTier(), givenJob(job), view);
      expect(verdict).toMatchObject({ ofJob, reason: { text: expect.stringMatching(text) } });
    },
  );

  it.each([
    [
      { keepsRunnerGroup: true, allowedRepositories: [7] },
      /builds, which Mayfly maintains\. The job starts once/,
    ],
    [{ keepsRunnerGroup: true }, /If an owner adds it/],
    [{ allowedRepositories: [7] }, /If an owner adds it/],
  ])('says who adds the repository to the group of a tenant with %j', (tenant, text) => {
    const view = found({ name: 'builds', visibility: 'selected', selectedRepositoryIds: [] });
    const verdict = judge(givenTenant(tenant), givenTier(), givenJob(closed), { ...view, name: 'builds' });
    expect(verdict).toMatchObject({
      kind: 'hold',
      ofJob: true,
      reason: { code: 'repository-not-in-group', text: expect.stringMatching(text) },
    });
  });

  it('sends people to an owner if its tenant maintains a group, but has none of its own', () => {
    const tenant = givenTenant({ keepsRunnerGroup: true, allowedRepositories: [7] });
    const view = found({ visibility: 'selected', selectedRepositoryIds: [] });
    const verdict = judge(tenant, givenTier(), givenJob(closed), view);
    expect(verdict).toMatchObject({ reason: { text: expect.stringContaining('If an owner adds it') } });
  });

  it('uses its list only while its visibility is `selected`', () => {
    expect(verdictOn(closed, found({ visibility: 'private', selectedRepositoryIds: [] }))).toBe('admit');
  });

  it('is ignored if runners register with repositories', () => {
    expect(verdictOn(open, found(), { runnerLevel: 'repository' })).toBe('admit');
    expect(verdictOn(open, found(), { accountType: 'User' })).toBe('admit');
  });
});

describe('a job and what the operator allows', () => {
  it.each<[Partial<Job>, Partial<Tenant>, string]>([
    [closed, { allowedRepositories: [7] }, 'admit'],
    [{ ...closed, repository: 'acme/renamed' }, { allowedRepositories: [7] }, 'admit'],
    [closed, { allowedRepositories: [8] }, 'refuse repository-not-allowed'],
    [closed, { allowedRepositories: [] }, 'refuse repository-not-allowed'],
    [{}, { allowedRepositories: [7] }, 'refuse repository-not-allowed'],
    [open, { allowPublicRepositories: false }, 'refuse repository-not-allowed'],
    [closed, { allowPublicRepositories: false }, 'admit'],
    [open, { allowPublicRepositories: true, runnerLevel: 'repository' }, 'admit'],
  ])('%j with %j: %s', (job, tenant, expected) => {
    expect(verdictOn(job, {}, tenant)).toBe(expected);
  });
});
