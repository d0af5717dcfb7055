/**
 * A clock that moves only when told to, and chance that repeats from its seed. `sleep` moves the clock:
 * whoever waits in a test waits no time at all.
 */
import type { Chance, Clock } from '../../lib/ports/clock.ts';

export interface MemoryClock extends Clock {
  advance(milliseconds: number): void;
}

export function createMemoryClock(start = Date.UTC(2026, 0, 1)): MemoryClock {
  let now = start;
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { now: () => now, advance, sleep: async (milliseconds) => advance(milliseconds) };
}

/** The same seed gives the same identifiers and fractions, in the same order (mulberry32). */
export function createMemoryChance(seed = 1): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    id: () => Array.from({ length: 4 }, () => next().toString(16).padStart(8, '0')).join(''),
    fraction: () => next() / 2 ** 32,
  };
}
