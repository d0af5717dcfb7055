import { describe, expect, it } from '@jest/globals';
import {
  type CallBudget,
  closingsBy,
  isNoteworthy,
  latestBudget,
  latestBudgets,
  latestClosings,
  secondsUntilCall,
} from '../../lib/core/github-budget.ts';
import { noon } from '../support/given.ts';

const resetsAt = noon + 1_800_000;
const given = (remaining: number, over: Partial<CallBudget> = {}): CallBudget => ({
  resource: 'core',
  limit: 5000,
  remaining,
  resetsAt,
  ...over,
});

describe('a call to GitHub', () => {
  it.each([
    ['ask', 1000, undefined],
    ['ask', 999, 1800],
    ['remove', 250, undefined],
    ['remove', 249, 1800],
    ['register', 1, undefined],
    ['register', 0, undefined],
  ] as const)('to %s with %i of 5000 left may be made in %s seconds', (purpose, remaining, seconds) => {
    const registrations = given(remaining, { resource: 'actions_runner_registration' });
    const budgets = { core: given(remaining), actions_runner_registration: registrations };
    expect(secondsUntilCall({ budgets, closed: {} }, purpose, noon)).toBe(seconds);
  });

  it('is held whatever it is for, until the time that GitHub named', () => {
    const closed = { budgets: {}, closed: { all: noon + 17_000 } };
    expect(secondsUntilCall(closed, 'register', noon)).toBe(17);
    expect(secondsUntilCall(closed, 'register', noon + 16_999)).toBe(1);
    expect(secondsUntilCall(closed, 'register', noon + 17_000)).toBeUndefined();
  });

  it('is allowed if nothing is known, or what was known has expired', () => {
    expect(secondsUntilCall({ budgets: {}, closed: {} }, 'ask', noon)).toBeUndefined();
    const spent = { budgets: { core: given(0) }, closed: {} };
    expect(secondsUntilCall(spent, 'ask', resetsAt)).toBeUndefined();
  });

  it('is held only if its own resource is used up', () => {
    const closed = closingsBy({ resource: 'core' }, 'ask', noon + 60_000);
    const standing = { budgets: { core: given(0) }, closed };
    expect(secondsUntilCall(standing, 'ask', noon)).toBe(60);
    expect(secondsUntilCall(standing, 'remove', noon)).toBe(60);
    expect(secondsUntilCall(standing, 'register', noon)).toBeUndefined();
  });

  it('is held with the others if GitHub counts its kind with them', () => {
    const closed = closingsBy({ resource: 'core' }, 'register', noon + 60_000);
    expect(secondsUntilCall({ budgets: {}, closed }, 'register', noon)).toBe(60);
  });
});

describe('a budget', () => {
  it.each([
    ['more than half is left', given(2501), undefined, false],
    ['half is left and nobody knows', given(2500), undefined, true],
    ['little has gone since', given(2401), given(2500), false],
    ['a fiftieth has gone since', given(2400), given(2500), true],
    ['what they know is of the hour before', given(2500), given(100, { resetsAt: noon }), true],
  ])('with %s reports %#', (_title, now, told, noteworthy) => {
    expect(isNoteworthy(now, told)).toBe(noteworthy);
  });

  it('is the lower one of an hour, and that of the later hour', () => {
    const next = given(5000, { resetsAt: resetsAt + 1 });
    expect(latestBudget(given(10), given(20))).toEqual(given(10));
    expect(latestBudget(given(10), next)).toEqual(next);
    expect(latestBudget(next, given(10))).toEqual(next);
    expect(latestBudget(given(20), given(10))).toEqual(given(10));
    expect(latestBudget(undefined, given(1))).toEqual(given(1));
  });

  it('is one of each resource', () => {
    const registrations = given(3, { resource: 'actions_runner_registration' });
    expect(
      latestBudgets({ core: given(9) }, { core: given(8), actions_runner_registration: registrations }),
    ).toEqual({
      core: given(8),
      actions_runner_registration: registrations,
    });
    expect(latestBudgets({}, {})).toEqual({});
  });
});

describe('closings', () => {
  it('last as long as the later of two says, each for itself', () => {
    const one = { core: noon + 5, all: noon + 1 };
    expect(latestClosings(one, { core: noon, all: noon + 2, actions_runner_registration: noon })).toEqual({
      core: noon + 5,
      all: noon + 2,
      actions_runner_registration: noon,
    });
    expect(latestClosings({}, {})).toEqual({});
  });
});
