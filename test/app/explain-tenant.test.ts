/** `mayfly explain --tenant`: all that waits of a tenant by verdict, read through the stores as the command reads it. */
import { describe, expect, it } from '@jest/globals';
import { groupNote } from '../../lib/app/common/runner-groups.ts';
import { isCompetitor } from '../../lib/app/insight/competitors.ts';
import { explainTenant } from '../../lib/app/insight/explain-tenant.ts';
import { JobId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { givenLaunch, lease0, machine } from '../contracts/support/stored.ts';
import { storedSituation } from '../support/explained-facts.ts';
import { acme, givenJob, givenTenant, medium, noon, small } from '../support/given.ts';
import { givenFacts, givenRun, now } from '../support/given-facts.ts';
import { type Situation, situations } from '../support/situations.ts';

/** The first of these jobs has the number one. */
async function explained(jobs: readonly Partial<Job>[], over: Partial<Situation> = {}) {
  const [job = {}, ...others] = jobs.map((job, n) => ({
    jobId: JobId(n + 1),
    queuedAt: noon + n,
    ...job,
  }));
  const { deps, calls } = await storedSituation({ code: 'queued', says: /./, job, others, ...over });
  return { ...(await explainTenant(deps, acme)), calls: calls() };
}
const one: Partial<Job> = {};
const third = { jobId: JobId(3) };

describe('mayfly explain --tenant', () => {
  it('groups waiting jobs by verdict and tier, largest first, and reads shared facts once', async () => {
    const others = [2, 3, 4].map((n) => ({ jobId: JobId(n), queuedAt: noon + n }));
    const blocked = { jobId: JobId(9), state: 'blocked', unsettledAt: noon } as const;
    const situation = situations['waits for a machine of its tenant']!;
    const { deps, calls } = await storedSituation({ ...situation, others: [...others, blocked] });

    const { groups, isCut } = await explainTenant(deps, acme);

    expect(groups).toMatchObject([
      { code: 'tenant-limit', tier: 'small', count: 4, jobs: [1, 2, 3, 4], oldestAcceptedAt: noon },
      { code: 'approval', count: 1, jobs: [9] },
    ]);
    expect(isCut).toBe(false);
    expect(calls()).toBeLessThanOrEqual(12);
  });

  it('explains up to a thousand waiting jobs and ten held ones, names five, and says that there are more', async () => {
    const waiting = Array.from({ length: 1_100 }, (_, n) => ({ jobId: JobId(n + 2), queuedAt: noon + n }));
    const held = Array.from({ length: 15 }, (_, n) => {
      return { jobId: JobId(5_000 + n), state: 'blocked', unsettledAt: noon } as const;
    });
    const situation = situations['waits for a machine of its tenant']!;
    const { deps } = await storedSituation({ ...situation, others: [...waiting, ...held] });

    const { groups, isCut } = await explainTenant(deps, acme);

    expect(groups.map(({ count, jobs }) => [count, jobs.length])).toEqual([
      [1_000, 5],
      [10, 5],
    ]);
    expect(isCut).toBe(true);
  });

  it('counts before each job only those that may have a machine', async () => {
    const { groups } = await explained([one, { visibility: 'public' }, one, one]);
    expect(groups.map(({ code, jobs, line }) => [code, jobs, line])).toEqual([
      ['queued', [1, 3], 'It was just accepted.'],
      ['group-unknown', [2], expect.any(String)],
      ['tenant-limit', [4], expect.stringMatching(/ 2 jobs come first\.$/)],
    ]);
  });

  it('shows for each group when its first job starts, how to fix it, and since when the oldest waits', async () => {
    const { groups } = await explained(
      [
        { acceptedAt: noon - 1000 },
        { acceptedAt: noon - 9000 },
        givenRun(noon - 600_000, { seconds: 100 }, third),
      ],
      { tenant: { leases: 2, tierLeases: new Map([[small, 2]]) } },
    );
    expect(groups).toMatchObject([
      {
        ...{ code: 'tenant-limit', jobs: [1, 2], oldestAcceptedAt: noon - 9000 },
        estimate: { seconds: 40 },
        fix: expect.stringContaining('--max-runners'),
      },
    ]);
  });

  it('keeps tiers apart, and puts the largest group first', async () => {
    const other = { tier: medium, labels: ['medium'] };
    const { groups } = await explained([one, other, other]);
    expect(groups.map(({ code, tier, count }) => [code, tier, count])).toEqual([
      ['queued', medium, 2],
      ['queued', small, 1],
    ]);
  });

  it('knows the group of its machines', async () => {
    const group = { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: false };
    const value = { name: null, standing: { kind: 'found', group }, lookedAt: noon };
    const { groups } = await explained([{ visibility: 'public' }], { notes: { [groupNote(acme)]: value } });
    expect(groups).toMatchObject([{ code: 'public-repository', count: 1 }]);
  });

  it('explains waiting jobs of an account without a tenant', async () => {
    const { groups } = await explained([one], { tenant: null });
    expect(groups).toMatchObject([{ code: 'tenant-unknown', count: 1 }]);
  });

  it('explains jobs that wait for their machine, and not those that run', async () => {
    const { groups } = await explained(
      [{ state: 'covered', lease: lease0 }, givenRun(noon), { state: 'blocked', unsettledAt: noon }],
      { launch: givenLaunch([givenJob()], { state: 'closed', instances: new Map([[lease0, machine]]) }) },
    );
    expect(groups.map(({ code }) => code).toSorted()).toEqual(['approval', 'launching']);
  });

  it.each(['launches', 'runners'] as const)(
    'names rows of %s that cannot be read, and explains the rest',
    async (table) => {
      const situation = situations['has a machine that boots']!;
      const others = [{ jobId: JobId(2), queuedAt: noon }];
      const { deps } = await storedSituation({ ...situation, others, unreadable: table });
      const { groups, unreadable } = await explainTenant(deps, acme);
      expect(groups).toMatchObject([{ code: 'queued', jobs: [2] }]);
      expect(unreadable).toEqual([expect.stringMatching(`^In the ${table} row .*, tier is missing`)]);
    },
  );

  it('says that there are more if one of two tiers exceeds the limit', async () => {
    const many = Array.from({ length: 1_000 }, () => one);
    expect((await explained([...many, { tier: medium }])).isCut).toBe(true);
    expect((await explained([...many.slice(1), { tier: medium }])).isCut).toBe(false);
  });
});

describe('a job that is before others in the line', () => {
  const facts = givenFacts({ tenant: givenTenant({ allowedTiers: [medium] }) });

  it.each<[string, Partial<Job>, boolean]>([
    ['may have a machine', { tier: medium }, true],
    ['rests', { tier: medium, retryAt: now + 1 }, false],
    ['has rested', { tier: medium, retryAt: now }, true],
    ['may not use its tier', { tier: small }, false],
    ['is of a tier that was removed', { tier: TierName('huge') }, false],
  ])('is counted correctly where it %s', (_, over, counts) => {
    expect(isCompetitor(facts, givenJob(over))).toBe(counts);
  });
});
