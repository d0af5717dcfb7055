import { describe, expect, it } from '@jest/globals';
import { afterLoss, afterRefusal, isResting } from '../../lib/core/job-rest.ts';
import { reason } from '../../lib/core/reason.ts';
import { givenJob, noon, small } from '../support/given.ts';

const why = reason('runner-ended', 'Its machine ended.');
const seconds = (count: number) => noon + count * 1000;
const { tier: _tier, ...untiered } = givenJob();

describe('a job whose machine ended without running it', () => {
  it.each([
    [0, 1],
    [1, 2],
  ])('gets the next one at once after %i others', (replacements, counted) => {
    const again = afterLoss(givenJob({ replacements }), why, noon);
    expect(again).toEqual({ reason: why, rest: { tier: small, replacements: counted } });
  });

  it.each([
    [2, 60],
    [3, 120],
    [7, 1920],
    [8, 3600],
    [500, 3600],
  ])('after %i others pauses for %i seconds, and says how many were lost', (replacements, pause) => {
    const again = afterLoss(givenJob({ replacements }), why, noon);
    expect(again.rest).toEqual({ tier: small, replacements: replacements + 1, retryAt: seconds(pause) });
    expect(again.reason.code).toBe('runners-lost');
    expect(again.reason.text).toContain(`${replacements + 1} machines were launched for it`);
    expect(again.reason.text).toContain(
      `starts after ${new Date(seconds(pause)).toISOString()}. Check the organization`,
    );
  });

  it('counts as having had none before if nothing is counted', () => {
    expect(afterLoss(givenJob(), why, noon).rest).toEqual({ tier: small, replacements: 1 });
    expect(afterRefusal(givenJob(), why, noon).rest).toMatchObject({ replacements: 1 });
  });

  it('cannot wait without a tier', () => {
    expect(afterLoss(untiered, why, noon)).toEqual({ reason: why });
    expect(afterRefusal(untiered, why, noon)).toEqual({ reason: why });
  });
});

describe('a job whose machine GitHub refused a runner', () => {
  it.each([
    [0, 60],
    [2, 60],
    [3, 120],
    [500, 3600],
  ])('after %i others pauses for %i seconds in any case', (replacements, pause) => {
    expect(afterRefusal(givenJob({ replacements }), why, noon)).toEqual({
      reason: why,
      rest: { tier: small, replacements: replacements + 1, retryAt: seconds(pause) },
    });
  });
});

it('pauses until its time, but not at it', () => {
  expect(isResting(givenJob(), noon)).toBe(false);
  expect(isResting(givenJob({ retryAt: noon + 1 }), noon)).toBe(true);
  expect(isResting(givenJob({ retryAt: noon }), noon)).toBe(false);
});
