/** How long a job will still wait, from the durations of its tenant's latest jobs. */
import { describe, expect, it } from '@jest/globals';
import { historyOf, untilFree, untilStart } from '../../lib/app/insight/history.ts';
import type { Job } from '../../lib/core/job.ts';
import { givenJob, medium, noon, small } from '../support/given.ts';
import { givenRun, now } from '../support/given-facts.ts';

/** Each started so many seconds after it was accepted. */
const startedAfter = (...seconds: number[]) =>
  seconds.map((one) => givenRun(noon, undefined, { acceptedAt: noon - one * 1000 }));
const ranFor = (...seconds: number[]) => seconds.map((one) => givenRun(noon - 600_000, { seconds: one }));

describe('the history of a tier', () => {
  it('has the median of how long jobs ran, and how soon the quickest quarter started', () => {
    const history = historyOf([...ranFor(100, 300, 400, 200), ...startedAfter(10, 10, 90, 80)], small);
    expect(history).toMatchObject({ runSeconds: 300, ended: 4, startSeconds: 40, started: 8 });
  });

  it.each<[string, Partial<Job>]>([
    ['is of another tier', { tier: medium }],
    ['was cancelled', { outcome: 'cancelled' }],
    ['is not over', { state: 'running' }],
    ['has no end', { doneAt: 0 }],
  ])('counts no duration of a job that %s', (_, over) => {
    const history = historyOf([...ranFor(100), givenRun(noon, { seconds: 900 }, over)], small);
    expect(history).toMatchObject({ runSeconds: 100, ended: 1 });
  });

  it('leaves out jobs that did not start', () => {
    expect(historyOf([givenJob()], small)).toEqual({
      ...{ tier: small, ended: 0, started: 0, runningSince: [] },
      ...{ runSeconds: undefined, startSeconds: undefined },
    });
  });

  it('includes since when running jobs run', () => {
    const runs = [givenRun(noon), givenRun(noon + 1000), ...ranFor(100), givenRun(0)];
    expect(historyOf(runs, small).runningSince).toEqual([noon, noon + 1000]);
  });
});

describe('the time until a job starts', () => {
  it("is that of the tenant's quickest quarter, minus the time that has passed", () => {
    const history = historyOf(startedAfter(30, 40, 50, 60, 70), small);
    expect(untilStart(history, 15)).toEqual({
      seconds: 25,
      basis: 'jobs in small start within 40 s (the quickest quarter of the latest 5)',
    });
  });

  it('is that of a stock image if none has started, and never less than a second', () => {
    const history = historyOf([], small);
    expect(untilStart(history)).toMatchObject({
      seconds: 90,
      basis: expect.stringMatching(/^none of the tenant's latest jobs started in small/),
    });
    expect(untilStart(history, 600).seconds).toBe(1);
  });
});

describe('the time until a machine is free', () => {
  /** One has 40 s left and the other 80 s, of 100 s each; a machine starts within 30 s. */
  const history = {
    ...{ tier: small, runSeconds: 100, ended: 1, startSeconds: 30, started: 3 },
    runningSince: [now - 60_000, now - 20_000],
  };

  it.each([
    [0, 70],
    [1, 110],
    [2, 170],
    [3, 210],
  ])('behind %i others is %i s with two machines', (ahead, seconds) => {
    expect(untilFree(history, { ahead, machines: 2, now })?.seconds).toBe(seconds);
  });

  it.each([
    [1, 70],
    [3, 30],
  ])('with %i machines is %i s: idle ones are free now', (machines, seconds) => {
    expect(untilFree(history, { ahead: 0, machines, now })?.seconds).toBe(seconds);
  });

  it('does not count a machine twice that runs for longer than the median', () => {
    const long = { ...history, runningSince: [now - 900_000] };
    expect(untilFree(long, { ahead: 1, machines: 1, now })?.seconds).toBe(130);
  });

  it('names what it is computed from', () => {
    expect(untilFree(history, { ahead: 2, machines: 2, now })?.basis).toBe(
      'jobs in small run for 100 s (median of the latest 1), 2 jobs wait before it, and jobs in small start within 30 s (the quickest quarter of the latest 3)',
    );
  });

  it('is unknown without a machine, and if no job has ended', () => {
    expect(untilFree(history, { ahead: 0, machines: 0, now })).toBeUndefined();
    expect(untilFree(historyOf([], small), { ahead: 0, machines: 2, now })).toBeUndefined();
  });
});
