/**
 * The only source of randomness of a log: the same seed gives the same draws in the same order. It reads no clock
 * and nothing about the machine that it runs on.
 */
import type { Chance } from '../../lib/ports/clock.ts';

export interface Random extends Chance {
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean;
  /** A whole number, at least `low`, at most `high`. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** Mulberry32 over the seed, after some mixing, so that neighbouring seeds make different runs. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const fraction = () => next() / 2 ** 32;
  const between = (low: number, high: number) => low + Math.floor(fraction() * (high - low + 1));
  return {
    fraction,
    between,
    chance: (probability) => probability > 0 && fraction() < probability,
    pick: (items) => items[between(0, items.length - 1)]!,
    id: () => Array.from({ length: 4 }, () => next().toString(16).padStart(8, '0')).join(''),
  };
}
