/** How long calls are waited for, computed by hand. */
import { describe, expect, it } from '@jest/globals';
import { longestChain } from './critical-path.ts';

const call = (at: number, endedAt: number, latencyMs = 15) => ({ at, endedAt, latencyMs });

describe('the time that calls take at their latencies', () => {
  it('is that of one if they ran in parallel, and the sum if each waited for the one before', () => {
    expect(longestChain([call(0, 20), call(1, 30), call(2, 25)])).toBe(15);
    expect(longestChain([call(0, 20), call(20, 40), call(41, 90)])).toBe(45);
  });

  it('follows the longer branch', () => {
    expect(longestChain([call(0, 950, 900), call(0, 20), call(21, 40), call(951, 970)])).toBe(915);
    expect(longestChain([])).toBe(0);
  });
});
