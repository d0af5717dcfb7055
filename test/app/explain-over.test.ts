/** What `mayfly explain` says of jobs that run or are over, from given facts. */
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import type { Facts } from '../../lib/app/insight/facts.ts';
import type { Job } from '../../lib/core/job.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import { givenRunner, machine } from '../contracts/support/stored.ts';
import { givenJob, givenTenant, noon } from '../support/given.ts';
import { givenFacts, givenGitHub, givenRun, now } from '../support/given-facts.ts';

const explained = (job: Partial<Job>, over: Partial<Facts> = {}) =>
  explainJob(givenFacts({ job: givenJob(job), ...over }));
const running: Partial<Job> = { state: 'running', runner: machine, startedAt: noon + 60_000 };
const done: Partial<Job> = { ...running, state: 'done', doneAt: noon + 90_000, outcome: 'completed' };
const ranOn = givenRunner({ state: 'listening' });
const ended = givenRunner({ state: 'ended', endReason: 'job-completed' });
const endedBy = (code: ReasonCode, over: Partial<Job> = {}): Partial<Job> => ({
  ...{ state: 'done', doneAt: now, outcome: 'refused', reason: reason(code, `the sentence of ${code}`) },
  ...over,
});

describe('a job that runs', () => {
  it('shows its machine, and an estimate from other jobs of its tier', () => {
    const line = { ahead: 0, recent: [givenRun(noon - 600_000, { seconds: 100 })] };
    expect(explained(running, { ranOn: { ...ranOn, spot: true }, line })).toMatchObject({
      code: 'running',
      line: 'It has been running on i-1 (t3.medium, spot) for 60 s.',
      estimate: {
        seconds: 40,
        basis: "jobs in small run for 100 s (median of its tenant's latest 1)",
      },
      who: 'nobody',
    });
  });

  it.each([
    ['has run for as long as others do', { ahead: 0, recent: [givenRun(noon - 600_000, { seconds: 60 })] }],
    ['is the first of its tier', { ahead: 0, recent: [] }],
  ])('has no estimate where it %s', (_, line) => {
    const { code, estimate } = explained(running, { ranOn, line });
    expect({ code, estimate }).toEqual({ code: 'running', estimate: undefined });
  });

  it('is explained without its line', () => {
    expect(explained(running, { ranOn }).estimate).toBeUndefined();
  });

  it.each([
    [0, 'running'],
    [-1000, 'over-time'],
  ])('exceeds its time only after all of it: %i ms left', (left, code) => {
    const { jobSeconds } = givenFacts().platform.limits;
    expect(explained({ ...running, startedAt: now - jobSeconds * 1000 + left }, { ranOn }).code).toBe(code);
  });

  it.each<[string, Partial<Job>, Partial<Facts>, string]>([
    ['machine has ended', {}, { ranOn: ended }, 'which has ended (job-completed); GitHub'],
    ['machine is not known', {}, {}, 'which has ended; GitHub'],
    ['end only GitHub knows', { unsettledAt: now }, { ranOn }, 'which has ended; GitHub'],
  ])('is unsettled where its %s', (_, job, facts, says) => {
    const { code, line } = explained({ ...running, ...job }, facts);
    expect({ code, line }).toEqual({ code: 'unsettled', line: expect.stringContaining(says) });
  });
});

describe('a job that is over', () => {
  it.each<[Partial<Job>, string]>([
    [{ conclusion: 'success' }, 'It succeeded on i-1 after 30 s.'],
    [{ conclusion: 'failure' }, 'It ended with failure on i-1 after 30 s.'],
    [{}, 'It ended with no conclusion on i-1 after 30 s.'],
    [{ outcome: 'cancelled' }, 'It was cancelled on GitHub, while it ran on i-1.'],
  ])('with %j says: %s', (over, line) => {
    expect(explained({ ...done, ...over }).line).toBe(line);
  });

  it.each<[Partial<Job>]>([[{ startedAt: noon }], [{ doneAt: noon }]])(
    'does not say how long it took with only %j',
    (times) => {
      const job: Partial<Job> = { state: 'done', outcome: 'completed', conclusion: 'success', ...times };
      expect(explained(job).line).toBe('It succeeded, not on a machine of this platform.');
    },
  );

  it('names the log of its machine if there is one', () => {
    const failed = { ...done, conclusion: 'failure' };
    const ofJob = "The job's own log on GitHub says why.";
    expect(explained(failed, { ranOn: ended }).fix).toBe(`${ofJob} For its machine: npx mayfly logs i-1`);
    expect(explained(failed).fix).toBe(ofJob);
    const { runner: _none, ...elsewhere } = failed;
    expect(explained(elsewhere, { ranOn: ended }).fix).toBe(ofJob);
  });

  it('says that none of its steps ran, also without a machine', () => {
    const startRefusal = reason('repository-not-allowed', 'It is not allowed.');
    const { line, next, who } = explained({ state: 'done', doneAt: now, startRefusal });
    expect(line).toBe('None of its steps ran. It is not allowed.');
    expect(next).toMatch(/its machine ends/);
    expect(who).toBe('operator');
    expect(explained({ ...running, startRefusal }).line).toMatch(/^None of its steps ran on i-1\./);
  });
});

describe('a job that the platform ended', () => {
  it.each(['gone-from-github', 'run-ended'] as const)('is over for good, and needs no action: %s', (code) => {
    expect(explained(endedBy(code))).toMatchObject({
      code,
      next: 'Nothing: GitHub said every time that the job is over.',
      who: 'nobody',
    });
  });

  it.each([
    ['expired', 'It is over: it waited for longer than limits.waitSeconds.'],
    ['refused', 'It is over; GitHub cancels it after 24 hours.'],
  ] as const)('says what comes next once it is %s', (outcome, next) => {
    expect(explained(endedBy('waited-too-long', { outcome })).next).toBe(next);
  });

  const queued = givenGitHub({ status: 'queued' });
  it('waits again if GitHub has it queued and its reason is gone', () => {
    expect(explained(endedBy('tenant-suspended'), { github: queued }).code).toBe('reopening');
  });

  it.each<[string, ReasonCode, Partial<Facts>]>([
    ['GitHub runs it', 'tenant-suspended', { github: givenGitHub({ status: 'in_progress' }) }],
    ['GitHub was not asked', 'tenant-suspended', {}],
    [
      'GitHub does not have it',
      'tenant-suspended',
      { github: givenGitHub({}, { job: { kind: 'not-found' } }) },
    ],
    ['only a shorter line would help', 'waiting-cap', { github: queued }],
    [
      'its reason is still true',
      'tenant-suspended',
      { github: queued, tenant: givenTenant({ status: 'suspended' }) },
    ],
  ])('stays over where %s', (_, code, facts) => {
    expect(explained(endedBy(code), facts).code).toBe(code);
  });

  it('stays over if its tenant is not known', () => {
    const { tenant: _none, ...facts } = givenFacts({
      job: givenJob(endedBy('tenant-deleted')),
      github: queued,
    });
    expect(explainJob(facts).code).toBe('tenant-deleted');
  });
});
