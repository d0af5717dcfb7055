import { describe, expect, it } from '@jest/globals';
import { rangesOfLives } from '../../lib/core/lives.ts';
import {
  type Held,
  heldOf,
  machinesSurelyWithin,
  machinesWithin,
  reserveFor,
} from '../../lib/core/spend-reserve.ts';
import { small } from '../support/given.ts';

const hour = 3_600;
const longestSeconds = 6 * hour;
/** A machine costs a micro-dollar a second. */
const ceiling = hour;
const livesOf = (counts: Readonly<Record<number, number>>) =>
  Array.from({ length: rangesOfLives }, (_, n) => counts[n] ?? 0);
/** Up to four minutes each. */
const short = livesOf({ 2: 10_000 });
/** Of a hundred, ten live for more than four hours. */
const mixed = livesOf({ 2: 9_000, 9: 1_000 });
const held = (machines: number, over: Partial<Held> = {}): Held => ({
  ...{ machines, ageSeconds: 0, lives: short, unended: 0, ceiling, ...over },
});
const within = (micros: number, groups: readonly Held[], next = held(1)) =>
  machinesWithin(micros, { held: groups, next, longestSeconds });

describe('what machines may cost that have not ended', () => {
  it('is the cost of the longest life if the tenant has too little history', () => {
    expect(reserveFor([held(3, { lives: undefined })], longestSeconds)).toBe(3 * longestSeconds);
    expect(within(3 * longestSeconds, [], held(1, { lives: undefined }))).toBe(3);
    expect(within(3 * longestSeconds - 1, [], held(1, { lives: undefined }))).toBe(2);
  });

  it('is close to their average if they are many', () => {
    const [one, many] = [1, 1_000].map(
      (machines) => reserveFor([held(machines, { lives: mixed })], longestSeconds) / machines,
    );
    const average = 0.9 * 240 + 0.1 * longestSeconds;
    expect(one).toBeGreaterThan(longestSeconds * 0.9);
    expect(many).toBeGreaterThan(average);
    expect(many).toBeLessThan(average * 1.5);
  });

  it('is exceeded in at most one of a thousand cases', () => {
    // Of twenty machines, each long with a chance of a tenth, more than seven are long in 0.04% of all cases.
    const seven = 7 * longestSeconds + 13 * 120;
    expect(reserveFor([held(20, { lives: mixed })], longestSeconds)).toBeGreaterThan(seven);
  });

  it.each([
    [0, 0.1],
    [120, 0.1],
    [241, 0.99],
    [3 * hour, 0.99],
  ])('grows with their age: at %p seconds to at least %p of the longest life each', (ageSeconds, part) => {
    const reserve = reserveFor([held(1_000, { lives: mixed, ageSeconds })], longestSeconds);
    expect(reserve).toBeGreaterThanOrEqual(1_000 * longestSeconds * part);
    expect(reserve).toBeLessThanOrEqual(1_000 * longestSeconds);
  });

  it('is the longest life of a machine that is older than any that ended', () => {
    expect(reserveFor([held(4, { ageSeconds: 500 })], longestSeconds)).toBeGreaterThan(3.99 * longestSeconds);
  });

  it('assumes that any that has not ended may live longest, since short lives end first', () => {
    const few = livesOf({ 2: 20 });
    const [known, unknown] = [0, 20].map((unended) =>
      reserveFor([held(20, { lives: few, unended })], longestSeconds),
    );
    expect(unknown).toBeGreaterThan(known! * 1.5);
  });

  it('leaves room for as many as surely fit, and for more if they are likely to end early', () => {
    const reserved = { held: [held(2)], next: held(1), longestSeconds };
    expect(machinesSurelyWithin(10 * longestSeconds, reserved)).toBe(8);
    expect(machinesWithin(10 * longestSeconds, reserved)).toBeGreaterThan(20);
    expect(machinesWithin(longestSeconds, { ...reserved, held: [held(9, { ageSeconds: 500 })] })).toBe(0);
  });

  it('never falls with one more machine', () => {
    const reserves = [0, 1, 2, 3].map((n) =>
      reserveFor([held(n), held(n, { lives: mixed })], longestSeconds),
    );
    expect(reserves).toEqual(reserves.toSorted((a, b) => a - b));
  });
});

describe('the sum of when leases were taken', () => {
  const day = '2026-11-21';
  const start = Date.parse(day) / 1000;
  const of = (sum: number, now: number) =>
    heldOf(
      { expected: new Map(), since: new Map([[day, new Map([[small, sum]])]]) },
      { day, tier: small, now: now * 1000 },
    );

  it.each([
    [0, 0, 0],
    [start + 600, 1, 300],
    [2 * start + 100 + 500, 2, 600],
    [3 * (start + 86_399), 3, 0],
    [-start, 0, 0],
  ])('of %p implies how many there are (%p), and their age (%p)', (sum, machines, ageSeconds) => {
    expect(of(sum, start + 900)).toEqual({ machines, ageSeconds });
  });

  it('includes only the day and tier', () => {
    expect(heldOf(undefined, { day, tier: small, now: 0 })).toEqual({ machines: 0, ageSeconds: 0 });
  });
});
