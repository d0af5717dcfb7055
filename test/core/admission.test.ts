import { describe, expect, it } from '@jest/globals';
import { isRefusalOutdated, judge } from '../../lib/core/admission.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import { givenJob, givenTenant, givenTier, medium, permissions, small } from '../support/given.ts';

describe('judge', () => {
  it.each([
    { world: 'an active tenant', tenant: givenTenant(), verdict: 'admit', code: undefined },
    { world: 'an unknown tenant', tenant: undefined, verdict: 'hold', code: 'tenant-unknown' },
    {
      world: 'a pending tenant',
      tenant: givenTenant({ status: 'pending' }),
      verdict: 'hold',
      code: 'tenant-pending',
    },
    {
      world: 'a suspended tenant',
      tenant: givenTenant({ status: 'suspended' }),
      verdict: 'refuse',
      code: 'tenant-suspended',
    },
    {
      world: 'a deleted tenant',
      tenant: givenTenant({ status: 'deleted' }),
      verdict: 'refuse',
      code: 'tenant-deleted',
    },
    {
      world: 'a reinstalled tenant whose machines still end',
      tenant: givenTenant({ predecessor: InstallationId(7) }),
      verdict: 'hold',
      code: 'predecessor-draining',
    },
    {
      world: 'a tenant that may not use the tier',
      tenant: givenTenant({ allowedTiers: [medium] }),
      verdict: 'refuse',
      code: 'tier-not-allowed',
    },
    {
      world: "a repository that is not the installation's",
      tenant: givenTenant({ accountId: 2 }),
      verdict: 'refuse',
      code: 'owner-mismatch',
    },
  ])('$world: $verdict $code', ({ tenant, verdict, code }) => {
    const judged = judge(tenant, givenTier(), givenJob());
    expect(judged.kind).toBe(verdict);
    expect(judged.kind === 'admit' ? undefined : judged.reason.code).toBe(code);
  });

  const none = { ...permissions, organization_self_hosted_runners: 'none', administration: 'none' };
  it.each([
    [undefined, /no tenant here yet.*starts if GitHub confirms the installation/],
    [givenTenant({ status: 'deleted' }), /uninstalled from acme; install it and re-run the job/],
    [givenTenant({ status: 'suspended' }), /suspended for acme \(by operator\); have it unsuspended/],
    [givenTenant({ status: 'suspended', suspendedBy: 'github' }), /suspended for acme \(by github\)/],
    [givenTenant({ status: 'pending' }), /acme waits for the operator's approval/],
    [givenTenant({ predecessor: InstallationId(7) }), /previous installation are still ending/],
    [
      givenTenant({ permissions: none }),
      /needs organization_self_hosted_runners: write for acme and has none/,
    ],
    [givenTenant({ allowedTiers: [medium] }), /tier small.*acme may use medium.*Change runs-on/],
    [givenTenant({ allowedTiers: [medium, 'large' as never] }), /may use medium, large\./],
    [
      givenTenant({ accountId: 2 }),
      /acme\/app is owned by account 1.*belongs to acme \(2\); install the App/,
    ],
    [
      givenTenant({ allowedRepositories: [7, 8] }),
      /not allow jobs of acme\/app for acme: the repository is not one of the 2 allowed ones\. Ask the operator/,
    ],
    [givenTenant({ allowPublicRepositories: false }), /the repository is public\. Ask the operator/],
  ])('says what was given, what is allowed, and how to fix it (%#)', (tenant, text) => {
    const job = givenJob({ repositoryId: 5, visibility: 'public' });
    expect(judge(tenant, givenTier(), job)).toMatchObject({
      reason: { text: expect.stringMatching(text) },
    });
  });

  it('holds all jobs of a tenant alike, and a single job only for its own reasons', () => {
    const pending = givenTenant({ status: 'pending' });
    expect(judge(pending, givenTier(), givenJob())).toMatchObject({ kind: 'hold', ofJob: false });
  });

  it('admits a job of an allowed repository, public or not, if nothing else is said', () => {
    const job = givenJob({ repositoryId: 5, visibility: 'public' });
    const readable = { standing: { kind: 'unreadable' } } as const;
    for (const over of [{}, { allowedRepositories: [4, 5] }, { allowPublicRepositories: true }]) {
      expect(judge(givenTenant(over), givenTier(), job, readable)).toEqual({ kind: 'admit' });
    }
    const closed = givenTenant({ allowPublicRepositories: false });
    expect(judge(closed, givenTier(), givenJob({ visibility: 'private' }))).toEqual({ kind: 'admit' });
  });
});

describe('a refusal', () => {
  const refused = (code: ReasonCode, over = {}) =>
    givenJob({ state: 'done', outcome: 'refused', reason: reason(code, 'No.'), ...over });
  const { tier: _tier, ...untiered } = refused('tenant-suspended');
  const { reason: _reason, ...ended } = refused('tenant-suspended');

  it.each([
    ['of a tenant that is active again', givenTenant(), refused('tenant-suspended'), true],
    ['of one that is not', givenTenant({ status: 'suspended' }), refused('tenant-suspended'), false],
    ['of another owner’s repository', givenTenant(), refused('owner-mismatch'), false],
    ['of a job that waited too long', givenTenant(), refused('capacity', { outcome: 'expired' }), false],
    ['of a job that is not over', givenTenant(), refused('capacity', { state: 'waiting' }), false],
    ['of a job without a tier', givenTenant(), untiered, false],
    ['that was GitHub’s own end', givenTenant(), ended, false],
    ['of a tier that all may use now', givenTenant(), refused('tier-not-allowed'), true],
    [
      'of a tier that it may use now',
      givenTenant({ allowedTiers: [small] }),
      refused('tier-not-allowed'),
      true,
    ],
    [
      'of a tier that it may not use',
      givenTenant({ allowedTiers: [medium] }),
      refused('tier-not-allowed'),
      false,
    ],
    ['of a repository that all may use now', givenTenant(), refused('repository-not-allowed'), true],
    [
      'of a repository that is still not on the list',
      givenTenant({ allowedRepositories: [7] }),
      refused('repository-not-allowed', { repositoryId: 8 }),
      false,
    ],
    [
      'of a public repository where none may be',
      givenTenant({ allowPublicRepositories: false }),
      refused('repository-not-allowed', { visibility: 'public' }),
      false,
    ],
    ['for another reason', givenTenant({ allowedTiers: [medium] }), refused('tenant-deleted'), true],
  ])('%s is outdated: %#', (_title, tenant, job, outdated) => {
    expect(isRefusalOutdated(tenant, job)).toBe(outdated);
  });
});
