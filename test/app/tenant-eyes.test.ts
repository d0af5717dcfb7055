/** What a tenant sees of decisions in which the operator's controllers took part. */
import { describe, expect, it } from '@jest/globals';
import { decisionsForTenant } from '../../lib/app/admission-api/tenant-eyes.ts';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import type { ControllerVote, DecisionOutcome, Vote } from '../../lib/core/controllers/decision.ts';
import { JobId } from '../../lib/core/ids.ts';
import { acme } from '../support/given.ts';

const voted = (owner: ControllerVote['owner'], vote: Vote, enforced = true): ControllerVote => ({
  ...{ controllerId: `ctl_${owner}`, owner, vote, enforced, milliseconds: 7 },
});
const operators = (vote: Vote) => voted(platformOwner, vote);
const own = (vote: Vote, enforced = true) => voted(acme, vote, enforced);

const seen = (outcome: DecisionOutcome, ...votes: ControllerVote[]) => {
  const about = { installationId: acme, jobId: JobId(1), repository: 'acme/app', gate: 'queue' } as const;
  const decision = { ...about, epoch: 1, platformEpoch: 2, decidedAt: '2026-11-21T12:00:00.000Z' };
  return decisionsForTenant([{ ...decision, outcome, votes }]).map((one) => ({
    outcome: one.outcome,
    votes: one.votes.map(({ controllerId, vote }) => [controllerId, vote]),
  }));
};

describe('what a tenant sees', () => {
  it('includes that the operator’s policy stopped its job, even by a failure, but not which controller', () => {
    expect(seen('rejected', operators('reject'))).toEqual([
      { outcome: 'rejected', votes: [['operator', 'reject']] },
    ]);
    expect(seen('unavailable', operators('failed'))).toEqual([{ outcome: 'unavailable', votes: [] }]);
  });

  it('excludes what only the operator’s controllers admitted, or let through when they failed', () => {
    expect(seen('admitted', operators('admit'))).toEqual([]);
    expect(seen('failed-open', operators('failed'))).toEqual([]);
  });

  it('includes that one of its own enabled controllers failed open, whatever others decided', () => {
    const votes = [own('admit'), own('failed')];
    expect(seen('failed-open', ...votes)).toMatchObject([{ outcome: 'failed-open' }]);
    expect(seen('failed-open', operators('failed'), own('failed', false))).toMatchObject([
      { outcome: 'admitted' },
    ]);
  });

  it('includes a decision without votes', () => {
    expect(seen('admitted')).toEqual([{ outcome: 'admitted', votes: [] }]);
  });
});
