import { describe, expect, it } from '@jest/globals';
import { beginCall, type Circuit, endCall } from '../../lib/core/controllers/circuit.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const following = (timeouts: number, from?: Circuit) =>
  Array.from({ length: timeouts }).reduce<Circuit | undefined>((known) => endCall(known, true, noon), from);

describe('a controller whose calls time out', () => {
  it.each([0, 1, 2])('is called after %i timeouts in a row', (timeouts) => {
    expect(beginCall(following(timeouts), noon).rests).toBe(false);
  });

  it('is skipped for 20 s after the third', () => {
    expect(beginCall(following(3), noon + 19_999).rests).toBe(true);
    expect(beginCall(following(3), noon + 20_000).rests).toBe(false);
  });

  it('then gets one trial call, and the others wait for its outcome', () => {
    const { next } = beginCall(following(3), noon + 20_000);
    expect(beginCall(next, noon + 20_001).rests).toBe(true);
    expect(beginCall(endCall(next, true, noon + 30_000), noon + 49_999).rests).toBe(true);
  });

  it('gets another trial call if the outcome of the first is unknown', () => {
    const { next } = beginCall(following(3), noon + 20_000);
    expect(beginCall(next, noon + 40_000).rests).toBe(false);
  });

  it('is called for every job again once it answers, or fails at once', () => {
    expect(endCall(following(7), false, noon)).toBeUndefined();
    expect(beginCall(following(2, endCall(following(7), false, noon)), noon).rests).toBe(false);
  });
});
