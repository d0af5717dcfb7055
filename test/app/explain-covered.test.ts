/** What `mayfly explain` says of jobs that a machine is meant for, from given facts; and where GitHub is ahead of the row. */
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import type { Facts, GitHubFacts } from '../../lib/app/insight/facts.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Launch } from '../../lib/core/launch.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { givenLaunch, givenRunner, lease0, machine } from '../contracts/support/stored.ts';
import { givenJob, noon } from '../support/given.ts';
import { givenFacts, givenGitHub, givenRun, now } from '../support/given-facts.ts';

const job = givenJob({ state: 'covered', lease: lease0, attempts: 1 });
const explained = (over: Partial<Facts>) => explainJob(givenFacts({ job, ...over }));
const withLaunch = (over: Partial<Launch>, facts: Partial<Facts> = {}) =>
  explained({ plan: { launch: givenLaunch([job], over) }, ...facts });
const withRunner = (over: Partial<Runner>, facts: Partial<Facts> = {}) =>
  explained({ plan: { runner: givenRunner(over) }, ...facts });
const recent = [givenRun(noon - 600_000, { seconds: 60 })];

describe('a job whose launch is under way', () => {
  it.each([
    ['EC2 is launching its machine (launch launch-1).', { state: 'intent', callUntil: now + 1 }],
    [
      'EC2 started its machine i-1; it has no row yet.',
      { state: 'closed', callUntil: now + 1, instances: new Map([[lease0, machine]]) },
    ],
  ] as const)(
    'starts within the usual time of such jobs, minus the time that has passed: %s',
    (line, over) => {
      const launch = { ...over, createdAt: now - 15_000 };
      expect(withLaunch(launch, { line: { ahead: 0, recent } })).toMatchObject({
        ...{ code: 'launching', line, who: 'nobody' },
        // The latest job of the tier started 40 s after it was accepted.
        estimate: { seconds: 25 },
      });
      expect(withLaunch(launch).estimate?.seconds).toBe(75);
    },
  );

  it.each([
    [0, 'launch-unanswered'],
    [1, 'launching'],
  ])('has lost its answer once the call is over: %i ms left', (left, code) => {
    expect(withLaunch({ state: 'intent', callUntil: now + left }).code).toBe(code);
  });
});

it('names the lease of a job whose launch has no row', () => {
  expect(explained({})).toMatchObject({
    code: 'launch-lost',
    line: `It has the lease ${lease0}, whose launch has no row.`,
  });
});

describe('a job with a machine', () => {
  it.each([
    [0, 'boot-overdue'],
    [1, 'booting'],
  ])('has been booting for too long once its deadline has passed: %i ms left', (left, code) => {
    expect(withRunner({ deadline: now + left }).code).toBe(code);
  });

  it('has lost it for an unknown reason', () => {
    expect(withRunner({ state: 'ended' })).toMatchObject({
      line: 'Its machine i-1 ended (unknown) before it ran the job.',
      who: 'nobody',
    });
  });

  it('still has it if GitHub reports that the machine runs this very job', () => {
    expect(withRunner({ state: 'listening', ran: job.jobId, listeningAt: now }).code).toBe('listening');
  });

  it('has lost it to a job whose row was not read', () => {
    const { code, line } = withRunner({ state: 'listening', ran: 2 as typeof job.jobId });
    expect({ code, line }).toEqual({ code: 'runner-taken', line: 'GitHub gave its machine i-1 to job 2.' });
  });
});

describe('a job whose machine listens', () => {
  const listens = (seconds: number, github?: Partial<GitHubFacts>) =>
    withRunner(
      { state: 'listening', launchedAt: noon, listeningAt: now - seconds * 1000 },
      github && { github: givenGitHub({}, github) },
    );
  const runner = { name: 'i-1', online: true, busy: false };

  it.each([
    [59, undefined, 'Its machine i-1 has been listening for 59 s.'],
    [59, {}, 'Its machine i-1 has been listening for 59 s.'],
    [
      100,
      { runner: { ...runner, busy: true } },
      'Its machine i-1 has been listening for 100 s, and GitHub says that it is busy.',
    ],
  ])('gets its machine within seconds: after %i s with %j', (seconds, github, line) => {
    expect(listens(seconds, github)).toMatchObject({ code: 'listening', line, who: 'nobody' });
  });

  it.each([
    [60, undefined, ''],
    [60, { runner }, ' It is online.'],
    [60, { runner: { ...runner, online: false } }, ' GitHub says it is offline.'],
    [90, {}, ''],
  ])('is excluded by the group: after %i s with %j', (seconds, github, state) => {
    expect(listens(seconds, github)).toMatchObject({
      code: 'not-assigned',
      line: `Its machine i-1 has been listening for ${seconds} s, but GitHub gives it no job.${state}`,
      who: 'owner',
    });
  });

  it('counts from its launch if it is unknown since when it listens', () => {
    expect(withRunner({ state: 'listening', launchedAt: now - 100_000 }).line).toMatch(/for 100 s/);
  });
});

describe('a job about which GitHub knows more than its row', () => {
  const row = (state: Job['state']) => givenJob({ state });
  const over = givenGitHub({ status: 'completed' });

  it.each(['waiting', 'covered', 'blocked'] as const)('is %s, and over on GitHub', (state) => {
    expect(explained({ job: row(state), github: over })).toMatchObject({
      code: 'closing',
      line: expect.stringContaining('(no conclusion)'),
      who: 'nobody',
    });
  });

  it.each([
    ['running', 'running-elsewhere'],
    ['done', 'failed'],
  ] as const)('is explained by a row that says %s', (state, code) => {
    expect(explained({ job: row(state), github: over }).code).toBe(code);
  });

  it('waits for an approval, which its row does not say', () => {
    const github = givenGitHub({ status: 'waiting' });
    expect(explained({ job: row('waiting'), github })).toMatchObject({ code: 'approval', who: 'owner' });
    expect(explained({ job: row('waiting'), github: givenGitHub() }).code).toBe('queued');
  });
});
