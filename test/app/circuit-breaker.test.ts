import { describe, expect, it } from '@jest/globals';
import { type Circuits, withCircuitBreaker } from '../../lib/app/admission/circuit-breaker.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { Callback, CallbackAnswer } from '../../lib/ports/callbacks.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { acme, noon } from '../support/given.ts';

const url = 'https://controller.example.com/';
const timeout: CallbackAnswer = { kind: 'failed', why: 'no answer within 5000 ms', isTimeout: true };
const refused: CallbackAnswer = { kind: 'failed', why: 'connect ECONNREFUSED' };
const admit: CallbackAnswer = { kind: 'answered', vote: 'admit' };
const beta = InstallationId(2);
const about = (installationId: InstallationId, controller: string) =>
  ({
    installationId,
    url,
    secrets: [],
    timeoutMilliseconds: 5_000,
    body: { controller },
  }) as unknown as Callback;

function givenCircuitBreaker(answer: CallbackAnswer) {
  const callbacks = createMemoryCallbacks();
  const clock = createMemoryClock(noon);
  const answers = (next: CallbackAnswer) => callbacks.controllers.set(url, () => next);
  answers(answer);
  const circuits: Circuits = new Map();
  const guarded = withCircuitBreaker(callbacks, { clock, circuits });
  const askTimes = async (times: number, controller = 'ctl_1', tenant = acme) => {
    const said: CallbackAnswer[] = [];
    for (let n = 0; n < times; n++) said.push(await guarded.ask(about(tenant, controller)));
    return said;
  };
  return { askTimes, answers, clock, circuits, calls: () => callbacks.asked.length };
}

describe('a controller that does not answer', () => {
  it('is called three times, and then fails immediately and says why', async () => {
    const { askTimes, calls } = givenCircuitBreaker(timeout);
    const said = await askTimes(10);
    expect(calls()).toBe(3);
    expect(said.at(-1)).toEqual({
      kind: 'failed',
      why: 'its last 3 calls timed out; it is called again in 20 s',
    });
  });

  it('gets one trial call after a while, and all calls once it answers', async () => {
    const { askTimes, answers, clock, calls } = givenCircuitBreaker(timeout);
    await askTimes(10);
    clock.advance(20_000);
    await askTimes(10);
    expect(calls()).toBe(4);
    answers(admit);
    clock.advance(20_000);
    expect(await askTimes(3)).toEqual([admit, admit, admit]);
  });

  it('delays no other controller, even at the same address', async () => {
    const { askTimes, answers } = givenCircuitBreaker(timeout);
    await askTimes(10);
    answers(admit);
    expect(await askTimes(1, 'ctl_2')).toEqual([admit]);
  });

  it('of the operator is skipped only for the tenant about whose jobs it was silent', async () => {
    const { askTimes, answers } = givenCircuitBreaker(timeout);
    await askTimes(10);
    answers(admit);
    expect(await askTimes(1, 'ctl_1', beta)).toEqual([admit]);
    expect(await askTimes(1)).toMatchObject([{ kind: 'failed' }]);
  });

  it('is remembered however many others of another tenant do not answer, in bounded memory', async () => {
    const { askTimes, calls, circuits } = givenCircuitBreaker(timeout);
    await askTimes(3);
    for (let n = 0; n < 100; n++) await askTimes(1, `ctl_${n}`, beta);
    expect(circuits.get(beta)?.size).toBe(40);
    const before = calls();
    await askTimes(10);
    expect(calls()).toBe(before);
    for (let n = 0; n < 1_100; n++) await askTimes(1, 'ctl_1', InstallationId(10 + n));
    expect(circuits.size).toBe(1_000);
  });

  it('is called each time if it fails immediately: that costs no time', async () => {
    const { askTimes, calls } = givenCircuitBreaker(refused);
    await askTimes(10);
    expect(calls()).toBe(10);
  });
});
