/** What `mayfly explain` reads for which job, and how much of it at the most. */
import { describe, expect, it } from '@jest/globals';
import { groupNote } from '../../lib/app/common/runner-groups.ts';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import { gatherFacts } from '../../lib/app/insight/gather-facts.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { givenLaunch, givenRunner, lease0, machine } from '../contracts/support/stored.ts';
import { explainedFacts, storedSituation } from '../support/explained-facts.ts';
import { acme, givenJob, noon, small } from '../support/given.ts';
import { givenRun } from '../support/given-facts.ts';
import type { Situation } from '../support/situations.ts';

const gathered = async (job: Partial<Job>, over: Partial<Situation> = {}) =>
  (await explainedFacts({ code: 'queued', says: /./, job, ...over })).facts;
/** Jobs of the same tier that came before it. */
const jobsBefore = (count: number, over: Partial<Job> = {}) =>
  Array.from({ length: count }, (_, n) => ({ jobId: JobId(n + 2), queuedAt: noon - 1000 + n, ...over }));
const ownGroup = (allowsPublicRepositories: boolean) => ({
  [groupNote(acme)]: {
    name: null,
    standing: {
      kind: 'found',
      group: { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories },
    },
    lookedAt: noon,
  },
});

describe('the line before a job', () => {
  it.each([
    [0, { ahead: 0 }],
    [100, { ahead: 100 }],
    [101, { ahead: 101, isCut: true }],
    [250, { ahead: 101, isCut: true }],
  ])('is read up to the 101st job: with %i before it, the count is %j', async (count, place) => {
    const { line } = await gathered({}, { others: jobsBefore(count) });
    expect({ ...line, recent: [] }).toEqual({ ...place, recent: [] });
  });

  it('has a minimum count and no estimate for a job that is further back', async () => {
    const full = { tenant: { leases: 2, tierLeases: new Map([[small, 2]]) } };
    const over = givenRun(noon - 600_000, { seconds: 100 }, { jobId: JobId(999) });
    const near = explainJob(await gathered({}, { ...full, others: [...jobsBefore(2), over] }));
    const far = explainJob(await gathered({}, { ...full, others: [...jobsBefore(250), over] }));
    expect(near.estimate?.seconds).toBeGreaterThan(0);
    expect(near.checked).toContain('the line: 2 jobs before it');
    expect(far.line).toMatch(/ At least 101 jobs come first\.$/);
    expect(far.estimate).toBeUndefined();
    expect(far.checked).toContain('the line: at least 101 jobs before it');
  });

  it.each([
    [true, 2],
    [false, 0],
  ])('counts public repositories if the group admits them: %j', async (isAllowed, ahead) => {
    const others = jobsBefore(2, { visibility: 'public' });
    expect((await gathered({}, { others, notes: ownGroup(isAllowed) })).line?.ahead).toBe(ahead);
  });

  it('is not read for a job that has its machine', async () => {
    expect((await gathered({ state: 'covered' }, { others: jobsBefore(2) })).line?.ahead).toBe(0);
  });
});

describe('what is read', () => {
  it("is no more than a hundred of the tenant's latest jobs", async () => {
    const others = Array.from({ length: 150 }, (_, n) =>
      givenRun(noon - 600_000, { seconds: 60 }, { jobId: JobId(n + 2) }),
    );
    expect((await gathered({}, { others })).line?.recent).toHaveLength(100);
  });

  it('is nothing for a job without a known tenant', async () => {
    const { deps, calls } = await storedSituation({ code: 'queued', says: /./ });
    const facts = await gatherFacts(deps, { jobId: JobId(1), repository: 'acme/app' });
    expect(facts).not.toHaveProperty('job');
    expect(facts.asked).toEqual({ jobId: 1, repository: 'acme/app' });
    expect(calls()).toBe(0);
  });

  it('is the supply and the group only for a job that waits, and no line for one that is over', async () => {
    const ofAll = ['now', 'platform', 'asked', 'job', 'tenant'];
    const read = async (job: Partial<Job>) => Object.keys(await gathered(job)).toSorted();
    expect(await read({})).toEqual([...ofAll, 'group', 'line', 'supply'].toSorted());
    expect(await read({ state: 'covered' })).toEqual([...ofAll, 'line'].toSorted());
    expect(await read({ state: 'done' })).toEqual(ofAll.toSorted());
  });

  it('does not include a group for an account that can have none', async () => {
    const { group } = await gathered({}, { tenant: { accountType: 'User' }, notes: ownGroup(true) });
    expect(group).toBeUndefined();
  });

  const launch = givenLaunch([givenJob()], { instances: new Map([[lease0, machine]]) });
  it.each([
    ['covered', true],
    // Its lease is the one that it had as it began.
    ['running', false],
  ] as const)('is the planned machine of a job that is %s: %j', async (state, isRead) => {
    const { plan } = await gathered({ state, lease: lease0 }, { launch, runner: givenRunner() });
    expect(plan !== undefined).toBe(isRead);
  });

  it('does not include another job if its machine runs this very one', async () => {
    const runner = givenRunner({ ran: JobId(1) });
    const { plan } = await gathered({ state: 'covered', lease: lease0 }, { launch, runner });
    expect(plan?.runner?.ran).toBe(1);
    expect(plan).not.toHaveProperty('ran');
  });
});
