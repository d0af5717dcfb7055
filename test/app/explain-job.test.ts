/**
 * The explanation of a job in every situation that it can be in: set up as rows, read through the stores as the command
 * reads them, and judged. Each takes few calls, whatever the situation.
 */
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import { type Actor, needsSomebody } from '../../lib/app/insight/explanation.ts';
import { gatherFacts } from '../../lib/app/insight/gather-facts.ts';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { explainedFacts, storedSituation } from '../support/explained-facts.ts';
import { acme, noon, small } from '../support/given.ts';
import { type Situation, situations } from '../support/situations.ts';

/** Reads of tables that one explanation may take. */
const mostCalls = 12;

async function explained(situation: Situation) {
  const { facts, calls } = await explainedFacts(situation);
  return { explanation: explainJob(facts), calls };
}

/** Who must act in which situations; in all others nobody must, and nothing else is said. */
const mustAct: Readonly<Record<string, readonly string[]>> = {
  operator: [
    'waits for nothing, and nobody looks at it',
    'would start, but for a drain',
    'was taken by the webhook during a drain',
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
    'has a launch whose row cannot be read',
    'has a machine whose row cannot be read',
    'runs on a machine whose row cannot be read',
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
  it('names who can fix each situation, for most of them nobody', async () => {
    const found: Record<Actor, string[]> = { operator: [], owner: [], author: [], nobody: [] };
    for (const [name, situation] of Object.entries(situations))
      found[(await explained(situation)).explanation.who].push(name);
    const actionable = new Set(Object.values(mustAct).flat());
    const nobody = Object.keys(situations).filter((name) => !actionable.has(name));
    expect(found).toEqual({ ...mustAct, nobody });
  });

  it.each(Object.keys(situations))('recognizes a job that %s', async (name) => {
    const situation = situations[name]!;
    const { explanation, calls } = await explained(situation);

    expect(explanation).toMatchObject({ code: situation.code, line: expect.stringMatching(situation.says) });
    if (situation.fix) expect(explanation.fix).toMatch(situation.fix);
    if (situation.estimate) expect(explanation.estimate?.seconds).toBe(situation.estimate);
    expect(explanation.next).toMatch(/\.$/);
    expect(explanation.line).not.toContain('\n');
    // Whoever must act is told how.
    expect(needsSomebody(explanation)).toBe(explanation.who !== 'nobody');
    if (needsSomebody(explanation)) expect(explanation.fix).toMatch(/\S/);
    expect(calls).toBeLessThanOrEqual(mostCalls);
  });

  it('explains a job as usual if only its former launch cannot be read, and names that row', async () => {
    const rests = situations['rests after its machines came to nothing']!;
    const { explanation } = await explained({ ...rests, unreadable: 'launches' });
    expect(explanation).toMatchObject({ code: rests.code, line: expect.stringMatching(rests.says) });
    expect(explanation.checked).toContainEqual(
      expect.stringMatching(/^not readable: In the launches row launch-1, tier is missing/),
    );
  });

  it('explains a job that is over as usual if only the row of its machine cannot be read', async () => {
    const { explanation } = await explained({ ...situations.succeeded!, unreadable: 'runners' });
    expect(explanation).toMatchObject({ code: 'completed', who: 'nobody' });
    expect(explanation.checked).toContainEqual(
      expect.stringMatching(/^not readable: In the runners row i-1, tier is missing/),
    );
  });

  it('fails if DynamoDB does not answer about a machine, instead of calling its row unreadable', async () => {
    const { deps } = await storedSituation(situations.succeeded!);
    const outage = new OperationalError('DynamoDB did not answer', { code: 'TimeoutError', retryable: true });
    deps.world.failNext('runners.get', outage);
    const asked = { installationId: acme, jobId: JobId(1), repository: 'acme/app' };
    await expect(gatherFacts(deps, asked)).rejects.toBe(outage);
  });

  it('lists a job’s events in order, with the fate of the machine that it lost', async () => {
    const { explanation } = await explained(situations['rests after its machines came to nothing']!);

    expect(explanation.timeline.map(({ at, text }) => `${(at - noon) / 1000} ${text}`)).toEqual([
      '0 GitHub created the job, for [self-hosted, linux, x64, small]',
      expect.stringContaining('0 the platform received it; 3 launches'),
      '0 a machine was planned for it, in launch launch-1',
      '0 EC2 started i-1 (t3.medium)',
      '90 i-1 ended: boot-deadline',
    ]);
  });

  it.each([{ maxRunners: 0 }, { tierLimits: new Map([[small, 0]]) }])(
    'names the operator if the tenant may have none: %j',
    async (tenant) => {
      const { explanation } = await explained({ code: 'tenant-limit', says: /so it gets no/, tenant });
      expect(explanation).toMatchObject({ line: expect.stringMatching(/so it gets no/), who: 'operator' });
      expect(explanation.next).toMatch(/after the operator has raised the limit/);
      expect(explanation.estimate).toBeUndefined();
    },
  );

  it('lists what was checked', async () => {
    const { explanation } = await explained(situations['waits for a machine of its tenant']!);
    expect(explanation.checked).toEqual(
      expect.arrayContaining([
        "the job's row: waiting, 0 launches",
        'tenant acme: active, 2 of 2 machines, 2 of them small',
        'EC2: no closed pools',
        'GitHub was not asked (--github)',
      ]),
    );
  });
});
