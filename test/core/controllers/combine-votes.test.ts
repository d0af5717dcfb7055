import { describe, expect, it } from '@jest/globals';
import { combineVotes, type Voted } from '../../../lib/core/controllers/combine-votes.ts';
import type { ControllerState, FailurePolicy } from '../../../lib/core/controllers/controller.ts';
import type { Vote } from '../../../lib/core/controllers/decision.ts';
import { afterFailure, needsDecision, policyMark } from '../../../lib/core/controllers/job-admission.ts';
import { controllersOver } from '../../../lib/core/controllers/who-judges.ts';
import { givenController, givenScope } from '../../support/controllers.ts';
import { acme, medium, small } from '../../support/given.ts';

const voted = (
  vote: Vote,
  onFailure: FailurePolicy = 'reject',
  state: ControllerState = 'enabled',
): Voted => {
  const controller = givenController({ id: `ctl_${vote}`, onFailure, state });
  const enforced = state === 'enabled';
  return { controller, vote: { controllerId: controller.id, owner: acme, vote, enforced, milliseconds: 1 } };
};

describe('votes', () => {
  it.each<[string, Voted[], string]>([
    ['nobody is asked', [], 'admitted'],
    ['all admit', [voted('admit'), voted('exempt')], 'admitted'],
    ['one of two rejects', [voted('admit'), voted('reject')], 'rejected'],
    ['one rejects and one fails', [voted('failed'), voted('reject')], 'rejected'],
    ['one fails, and its policy rejects', [voted('admit'), voted('failed')], 'unavailable'],
    ['one fails, and its policy admits', [voted('admit'), voted('failed', 'admit')], 'failed-open'],
    ['two fail, of both policies', [voted('failed', 'admit'), voted('failed')], 'unavailable'],
    ['one in dry run rejects', [voted('admit'), voted('reject', 'reject', 'dry_run')], 'admitted'],
    ['one in dry run fails', [voted('failed', 'reject', 'dry_run')], 'admitted'],
  ])('where %s', (_, votes, outcome) => {
    expect(combineVotes(votes).outcome).toBe(outcome);
  });

  it('name whose vote decided', () => {
    expect(combineVotes([voted('failed'), voted('reject')]).by?.controller.id).toBe('ctl_reject');
  });
});

describe('the controllers of a job', () => {
  const job = { tier: small, repositoryId: 7, group: 'builds' };
  const all = [
    givenController({ id: 'wide', state: 'enabled', scopes: [givenScope({ kind: 'installation' })] }),
    givenController({ id: 'tier', state: 'dry_run', scopes: [givenScope({ kind: 'tier', tier: small })] }),
    givenController({
      id: 'group',
      state: 'enabled',
      scopes: [givenScope({ kind: 'group', group: 'builds' })],
    }),
    givenController({ id: 'inert', state: 'enabled' }),
    givenController({ id: 'off', scopes: [givenScope({ kind: 'installation' })] }),
    givenController({
      id: 'elsewhere',
      state: 'enabled',
      scopes: [
        { kind: 'tier', tier: medium } as const,
        { kind: 'group', group: 'web' } as const,
        { kind: 'group-tier', group: 'builds', tier: medium } as const,
        { kind: 'repository', repositoryId: 8 } as const,
        // Its machine registers with the organization.
        { kind: 'repository-tier', repositoryId: 7, tier: small } as const,
      ].map(givenScope),
    }),
  ];
  const platform = givenController({
    id: 'platform',
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
  });

  it('are the active ones with a scope that covers it, the platform’s first', () => {
    const policies = [
      { owner: acme, epoch: 1, controllers: all },
      { owner: 0 as typeof acme, epoch: 1, controllers: [platform] },
    ];
    expect(controllersOver(policies, job).map(({ id }) => id)).toEqual(['platform', 'wide', 'tier', 'group']);
  });

  it('do not include a group’s for a repository’s own registration', () => {
    const alone = { tier: small, repositoryId: 7 };
    const policy = { owner: acme, epoch: 1, controllers: all };
    expect(controllersOver([policy], alone).map(({ id }) => id)).toEqual(['wide', 'tier', 'elsewhere']);
  });
});

describe('a decision', () => {
  const mark = policyMark({ admissionEpoch: 3 });
  const made = { policy: mark!, at: 0 };

  it('counts only for the policy that it was made under', () => {
    expect(policyMark({})).toBeUndefined();
    expect(
      new Set([mark, policyMark({ platformEpoch: 3 }), policyMark({ admissionEpoch: 3, platformEpoch: 1 })])
        .size,
    ).toBe(3);
    expect(needsDecision({ ...made, state: 'admitted' }, policyMark({ admissionEpoch: 4 }), 0)).toBe(true);
    // Whoever knows an older policy than the one it was decided under.
    expect(needsDecision({ ...made, state: 'admitted' }, policyMark({ admissionEpoch: 2 }), 0)).toBe(false);
    expect(needsDecision({ ...made, state: 'rejected' }, mark, 0)).toBe(false);
    expect(needsDecision(undefined, mark, 0)).toBe(true);
    expect(needsDecision(undefined, undefined, 0)).toBe(false);
  });

  it.each([
    ['asked', 5, 4, false],
    ['asked', 5, 5, true],
    ['unavailable', 5, 5, true],
    ['unavailable', undefined, 5, false],
    ['failed-open', 5, 9, false],
  ] as const)('that is %s until %s is looked at again at %s: %s', (state, againAt, now, again) => {
    const admission = { ...made, state, ...(againAt === undefined ? {} : { againAt }) };
    expect(needsDecision(admission, mark, now)).toBe(again);
  });

  it('is retried at growing intervals, up to ten minutes, and then no more', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((failures) => afterFailure(failures, 0))).toEqual([
      30_000,
      60_000,
      120_000,
      240_000,
      480_000,
      600_000,
      undefined,
    ]);
  });
});
