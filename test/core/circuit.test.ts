import { describe, expect, it } from '@jest/globals';
import { beginCall, type Circuit, endCall } from '../../lib/core/controllers/circuit.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const following = (timeouts: number, from?: Circuit) =>
  Array.from({ length: timeouts }).reduce<Circuit | undefined>((known) => endCall(known, true, noon), from);

describe('a controller that lets calls run out of time', () => {
  it.each([0, 1, 2])('is called while there were %i of them in a row', (timeouts) => {
    expect(beginCall(following(timeouts), noon).rests).toBe(false);
  });

  it('is left alone for 20 s after the third', () => {
    expect(beginCall(following(3), noon + 19_999).rests).toBe(true);
    expect(beginCall(following(3), noon + 20_000).rests).toBe(false);
  });

  it('is then tried with one call, and the others wait for what comes of it', () => {
    const { next } = beginCall(following(3), noon + 20_000);
    expect(beginCall(next, noon + 20_001).rests).toBe(true);
    expect(beginCall(endCall(next, true, noon + 30_000), noon + 49_999).rests).toBe(true);
  });

  it('is tried again if the outcome of that call is unknown', () => {
    const { next } = beginCall(following(3), noon + 20_000);
    expect(beginCall(next, noon + 40_000).rests).toBe(false);
  });

  it('is called about every job again once it answers, or fails at once', () => {
    expect(endCall(following(7), false, noon)).toBeUndefined();
    expect(beginCall(following(2, endCall(following(7), false, noon)), noon).rests).toBe(false);
  });
});
