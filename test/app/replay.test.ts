/** Rules that are not stored yet, judged over jobs of the past. */
import { describe, expect, it } from '@jest/globals';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { replay } from '../../lib/app/admission-api/replay.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenJob, givenTenant, medium } from '../support/given.ts';

const { tier: _none, ...withoutTier } = givenJob({ jobId: JobId(3) });
const jobs = [givenJob(), givenJob({ jobId: JobId(2), tier: medium }), withoutTier];

async function votesOf(...rejected: string[]) {
  const rules = rejected.map((reject, n) => ({ reject, reason: `rule ${n + 1}` }));
  const evaluator = await createRulesLoader()();
  const priceOf = ({ tier }: { tier?: string }) => (tier === 'medium' ? 2 : 1);
  const found = replay(evaluator, { tenant: givenTenant(), jobs, rules, group: 'builds', priceOf });
  return found.map(({ job, ...vote }) => ({ jobId: job.jobId, ...vote }));
}

describe('a rule that is replayed', () => {
  it('says of each job that had a tier whether it would have been rejected, and why', async () => {
    expect(await votesOf('job.tier == "large"', 'job.tier == "medium"')).toEqual([
      { jobId: 1, vote: 'admit' },
      { jobId: 2, vote: 'reject', reason: 'rule 2' },
    ]);
  });

  it('uses the price of the job’s tier and the group of its tenant', async () => {
    expect(await votesOf('job.price_per_hour > 1.5 && job.group == "builds"')).toEqual([
      { jobId: 1, vote: 'admit' },
      { jobId: 2, vote: 'reject', reason: 'rule 1' },
    ]);
  });

  it('names each fact once, in order, that only GitHub could add', async () => {
    const asked = { vote: 'asked', reason: 'A rule needs facts that only GitHub has: run.event, run.fork.' };
    expect(await votesOf('run.fork && run.event == "push"', 'run.fork')).toEqual([
      { jobId: 1, ...asked },
      { jobId: 2, ...asked },
    ]);
  });

  it('fails with the cause if it cannot be evaluated', async () => {
    expect(await votesOf('1 / (job.id - 1) == 7')).toEqual([
      { jobId: 1, vote: 'failed', reason: expect.stringMatching(/^rule 1: /) },
      { jobId: 2, vote: 'admit' },
    ]);
  });
});
