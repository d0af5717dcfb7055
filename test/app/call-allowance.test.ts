import { describe, expect, it } from '@jest/globals';
import { CallAllowance } from '../../lib/app/reconciler/call-allowance.ts';
import type { Answer } from '../../lib/ports/github.ts';
import { createMemoryClock } from '../fakes/clock.ts';

const fine: Answer<string> = { ok: true, value: 'fine' };
const limited: Answer<string> = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } };
const forbidden: Answer<string> = { ok: false, refusal: { kind: 'forbidden', message: 'no' } };

/** Asks so often, and says when each call was made. */
async function ask(calls: CallAllowance, times: number, answer = fine, clock = createMemoryClock(0)) {
  const made: number[] = [];
  const answers: (Answer<string> | undefined)[] = [];
  for (let n = 0; n < times; n++) {
    const call = async () => {
      made.push(clock.now());
      return answer;
    };
    answers.push(await calls.ask(call));
  }
  return { made, answers };
}

describe('an allowance of calls', () => {
  it('makes exactly as many calls as it has', async () => {
    const calls = new CallAllowance(3);
    const { made, answers } = await ask(calls, 5);
    expect(made).toHaveLength(3);
    expect(answers).toEqual([fine, fine, fine, undefined, undefined]);
  });

  it('says that it is spent as soon as no call is left', async () => {
    const calls = new CallAllowance(2);
    await ask(calls, 1);
    expect(calls.isSpent).toBe(false);
    await ask(calls, 1);
    expect(calls.isSpent).toBe(true);
  });

  it('does not make a call that costs more than is left, and is spent then', async () => {
    const calls = new CallAllowance(3);
    expect(await calls.ask(async () => fine, 2)).toEqual(fine);
    expect(await calls.ask(() => Promise.reject(new Error('called')), 2)).toBeUndefined();
    expect(calls.isSpent).toBe(true);
  });

  it('makes a call that costs exactly what is left', async () => {
    expect(await new CallAllowance(2).ask(async () => fine, 2)).toEqual(fine);
  });

  it('is spent once GitHub asks for fewer calls', async () => {
    const calls = new CallAllowance(5);
    const { made, answers } = await ask(calls, 3, limited);
    expect(made).toHaveLength(1);
    expect(answers).toEqual([undefined, undefined, undefined]);
    expect(calls.isSpent).toBe(true);
  });

  it('returns every other refusal, and continues', async () => {
    const { made, answers } = await ask(new CallAllowance(5), 2, forbidden);
    expect(made).toHaveLength(2);
    expect(answers).toEqual([forbidden, forbidden]);
  });
});

describe('an allowance with a pace', () => {
  it('keeps its interval between calls, and does not wait if that has passed', async () => {
    const clock = createMemoryClock(1_000);
    const calls = new CallAllowance(9, { clock, until: 9_000, millisecondsApart: 75 });
    const { made } = await ask(calls, 3, fine, clock);
    expect(made).toEqual([1_000, 1_075, 1_150]);
    clock.advance(500);
    expect((await ask(calls, 2, fine, clock)).made).toEqual([1_650, 1_725]);
  });

  it('is spent when its time is over', async () => {
    const clock = createMemoryClock(0);
    const calls = new CallAllowance(9, { clock, until: 100, millisecondsApart: 50 });
    clock.advance(99);
    expect(calls.isSpent).toBe(false);
    clock.advance(1);
    expect(calls.isSpent).toBe(true);
    expect((await ask(calls, 2, fine, clock)).made).toEqual([]);
  });
});
