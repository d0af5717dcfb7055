/**
 * The explanation of a job in every situation that it can be in: set up as rows, read through the stores as the command
 * reads them, and judged. Each takes few calls, whatever the situation.
 */
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import { explainTenant } from '../../lib/app/insight/explain-tenant.ts';
import { nearestTier } from '../../lib/app/insight/explain-unheard.ts';
import { needsSomebody } from '../../lib/app/insight/explanation.ts';
import { JobId } from '../../lib/core/ids.ts';
import { explainedFacts, storedSituation } from '../support/explained-facts.ts';
import { acme, givenTier, medium, noon, small } from '../support/given.ts';
import { type Situation, situations } from '../support/situations.ts';

/** Reads of tables that one explanation may take. */
const mostCalls = 12;

async function explained(situation: Situation) {
  const { facts, calls } = await explainedFacts(situation);
  return { explanation: explainJob(facts), calls };
}

/** Who must act in which situations; in all others nobody must. */
const mustAct: Readonly<Record<string, readonly string[]>> = {
  operator: [
    'waits for nothing, and nobody looks at it',
    'waits under a spend cap of its tenant',
    'waits under a spend cap that is none',
    'meets the quota of the account',
    'is of a tier whose launches AWS refuses',
    'waits for the approval of its tenant',
    'is of a tenant that the operator suspended',
    'is of a tenant that GitHub suspended',
    'is of an installation that nobody knows yet',
    'is held while GitHub refuses runners',
    'is meant for a group where GitHub shows none',
    'rests after its machines came to nothing',
    'is of a tier that is not configured any more',
    'has no launch for its lease',
    'has a machine that boots for too long',
    'is of a repository that the operator does not allow',
    "was stopped before its first step, on another job's machine",
    'is rejected by a controller of the operator',
    'has no row, and GitHub was not asked',
    'is of an installation whose webhook was lost',
    'has a webhook that was refused',
    'has a webhook that reached nobody',
    'has no webhook at all',
    'is among the dead letters',
  ],
  owner: [
    'is of a tenant that is gone',
    'lacks a permission that a registration asked for',
    'lacks a permission, by what GitHub said of the installation',
    'is of a public repository that the group excludes',
    'is of a repository that the group was not selected for',
    'is meant for a group that is missing',
    'waits for an approval',
    'has a machine that GitHub gives nothing',
    'is rejected by an admission controller',
    'meets a controller that does not answer',
    'is of another account',
    'waits here, and GitHub does not show it',
    'is of a repository without the App',
    'was queued while the account had the App suspended',
  ],
  author: [
    'runs for too long',
    'asked for labels that no tier has',
    'may not use its tier',
    'was one too many in the line',
    'waited for a day',
    'waits here, and its run is over',
    'has no row, and is not on GitHub',
    'names labels that no tier has all of',
    'misspells a label',
    'names a group and no labels',
  ],
};

describe('mayfly explain', () => {
  it('leaves each situation to whoever can mend it, and most to nobody', async () => {
    const found: Record<string, string[]> = { operator: [], owner: [], author: [] };
    for (const [name, situation] of Object.entries(situations))
      found[(await explained(situation)).explanation.who]?.push(name);
    expect(found).toEqual(mustAct);
  });

  it.each(Object.keys(situations))('knows a job that %s', async (name) => {
    const situation = situations[name]!;
    const { explanation, calls } = await explained(situation);

    expect(explanation).toMatchObject({ code: situation.code, line: expect.stringMatching(situation.says) });
    if (situation.mend) expect(explanation.mend).toMatch(situation.mend);
    if (situation.estimate) expect(explanation.estimate?.seconds).toBe(situation.estimate);
    expect(explanation.next).toMatch(/\.$/);
    expect(explanation.line).not.toContain('\n');
    // Whoever must act is told how.
    if (needsSomebody(explanation)) expect(explanation.mend).toMatch(/\S/);
    expect(calls).toBeLessThanOrEqual(mostCalls);
  });

  it('tells the story of a job in order, with what became of the machine that it lost', async () => {
    const { explanation } = await explained(situations['rests after its machines came to nothing']!);

    expect(explanation.story.map(({ at, text }) => `${(at - noon) / 1000} ${text}`)).toEqual([
      '0 GitHub made the job, for [self-hosted, linux, x64, small]',
      expect.stringContaining('0 the platform heard of it; 3 launches'),
      '0 a machine was planned for it, in launch launch-1',
      '0 EC2 started i-1 (t3.medium)',
      '90 i-1 ended: boot-deadline',
    ]);
  });

  it.each([{ maxRunners: 0 }, { tierLimits: new Map([[small, 0]]) }])(
    'leaves it to the operator where the tenant may have none: %j',
    async (tenant) => {
      const { explanation } = await explained({ code: 'tenant-limit', says: /so it gets no/, tenant });
      expect(explanation).toMatchObject({ line: expect.stringMatching(/so it gets no/), who: 'operator' });
      expect(explanation.next).toMatch(/after the operator has raised the limit/);
      expect(explanation.estimate).toBeUndefined();
    },
  );

  it('says what was looked at', async () => {
    const { explanation } = await explained(situations['waits for a machine of its tenant']!);
    expect(explanation.checked).toEqual(
      expect.arrayContaining([
        "the job's row: waiting, 0 launches",
        'tenant acme: active, 2 of 2 machines, 2 of them small',
        'EC2: no pool is closed',
        'GitHub was not asked (--github)',
      ]),
    );
  });
});

describe('mayfly explain --tenant', () => {
  it('groups what waits by verdict and tier, most first, and reads what is shared once', async () => {
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

  it('looks at a thousand that wait and ten that are held elsewhere, names five, and says that there are more', async () => {
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
});

describe('the nearest tier', () => {
  const tiers = [givenTier(), givenTier({ name: medium, labels: ['self-hosted', 'linux', 'x64', 'medium'] })];

  it.each([
    [['self-hosted', 'smal'], 'small', ['smal']],
    [['self-hosted', 'MEDIUM', 'arm64'], 'medium', ['arm64']],
    [['gpu'], 'small', ['gpu']],
  ])('of %j is %s', (labels, name, missing) => {
    expect(nearestTier(labels, tiers)).toMatchObject({ tier: { name }, missing });
  });

  it('is none where there are no tiers', () => {
    expect(nearestTier(['small'], [])).toBeUndefined();
  });
});
