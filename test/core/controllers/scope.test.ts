/** Which jobs a scope covers. */
import { describe, expect, it } from '@jest/globals';
import { covers } from '../../../lib/core/controllers/scope.ts';
import { TierName } from '../../../lib/core/ids.ts';

const job = { tier: TierName('large'), repositoryId: 7, group: 'Builds' };

describe('a scope of a runner group', () => {
  it('covers its jobs in whatever case the operator and GitHub spell the group', () => {
    expect(covers({ kind: 'group', group: 'builds' }, job)).toBe(true);
    expect(covers({ kind: 'group-tier', group: 'BUILDS', tier: TierName('large') }, job)).toBe(true);
  });

  it('covers no job of another group, nor of none', () => {
    expect(covers({ kind: 'group', group: 'builds-2' }, job)).toBe(false);
    expect(covers({ kind: 'group', group: 'builds' }, { tier: job.tier, repositoryId: 7 })).toBe(false);
  });
});
