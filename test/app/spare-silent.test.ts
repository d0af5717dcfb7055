import { describe, expect, it } from '@jest/globals';
import { spareSilent } from '../../lib/app/admission/spare-silent.ts';
import type { Callback, CallbackAnswer } from '../../lib/ports/callbacks.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { noon } from '../support/given.ts';

const url = 'https://controller.example.com/';
const timeout: CallbackAnswer = { kind: 'failed', why: 'no answer within 5000 ms', isTimeout: true };
const refused: CallbackAnswer = { kind: 'failed', why: 'connect ECONNREFUSED' };
const admit: CallbackAnswer = { kind: 'answered', vote: 'admit' };
const about = (controller: string) =>
  ({ url, secrets: [], timeoutMilliseconds: 5_000, body: { controller } }) as unknown as Callback;

function givenSpared(answer: CallbackAnswer) {
  const callbacks = createMemoryCallbacks();
  const clock = createMemoryClock(noon);
  const answers = (next: CallbackAnswer) => callbacks.controllers.set(url, () => next);
  answers(answer);
  const spared = spareSilent(callbacks, { clock });
  const askTimes = async (times: number, controller = 'ctl_1') => {
    const said: CallbackAnswer[] = [];
    for (let n = 0; n < times; n++) said.push(await spared.ask(about(controller)));
    return said;
  };
  return { askTimes, answers, clock, calls: () => callbacks.asked.length };
}

describe('a controller that does not answer', () => {
  it('is called three times, and then fails at once and says why', async () => {
    const { askTimes, calls } = givenSpared(timeout);
    const said = await askTimes(10);
    expect(calls()).toBe(3);
    expect(said.at(-1)).toEqual({
      kind: 'failed',
      why: 'it let its last 3 calls run out of time, and is tried again in 20 s',
    });
  });

  it('is tried with one call after a while, and called again once it answers', async () => {
    const { askTimes, answers, clock, calls } = givenSpared(timeout);
    await askTimes(10);
    clock.advance(20_000);
    await askTimes(10);
    expect(calls()).toBe(4);
    answers(admit);
    clock.advance(20_000);
    expect(await askTimes(3)).toEqual([admit, admit, admit]);
  });

  it('delays no other controller, also not one at the same address', async () => {
    const { askTimes, answers } = givenSpared(timeout);
    await askTimes(10);
    answers(admit);
    expect(await askTimes(1, 'ctl_2')).toEqual([admit]);
  });

  it('is called each time where it fails at once: that costs nobody time', async () => {
    const { askTimes, calls } = givenSpared(refused);
    await askTimes(10);
    expect(calls()).toBe(10);
  });
});
