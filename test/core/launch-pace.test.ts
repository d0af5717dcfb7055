import { describe, expect, it } from '@jest/globals';
import {
  askTurn,
  callNow,
  type LaunchPace,
  lineUp,
  paceExpiresAt,
  slowedDown,
  spedUp,
} from '../../lib/core/launch-pace.ts';
import { noon } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { fc } from '../support/properties.ts';

const throttledAt = (pace: LaunchPace | undefined, now: number) => slowedDown(pace, { askedAt: now, now });
const slow = throttledAt(undefined, noon);
const onceASecond = { ...slow, callsPerSecond: 1, nextCallAt: noon + 1_000, lineEndsAt: noon + 1_000 };

describe('the pace of launches', () => {
  it('begins with the five calls a second by which EC2 refills its bucket', () => {
    expect(slow).toMatchObject({ callsPerSecond: 5, nextCallAt: noon + 200, turns: {} });
  });

  it('slows down with each further throttle, but not for calls that were made before it', () => {
    expect(slowedDown(slow, { askedAt: noon, now: noon + 900 })).toBe(slow);
    const slower = slowedDown(slow, { askedAt: noon + 1, now: noon + 900 });
    expect(slower.callsPerSecond).toBe(2.5);
    const slowest = [1, 2, 3, 4, 5].reduce((pace, n) => throttledAt(pace, noon + n * 10_000), slower);
    expect(slowest.callsPerSecond).toBe(0.25);
  });

  it('gives each place its turn once, one after the other', () => {
    const first = lineUp(slow, '1/small', noon);
    const second = lineUp(first.pace, '2/small', noon);
    expect([first.turn, second.turn]).toEqual([
      { kind: 'wait', at: noon + 400, fresh: true },
      { kind: 'wait', at: noon + 600, fresh: true },
    ]);
    expect(askTurn(second.pace, '2/small', noon).turn).toMatchObject({ kind: 'wait', fresh: false });
    const called = askTurn(second.pace, '1/small', noon + 400);
    expect(called.turn).toEqual({ kind: 'go', waitMilliseconds: 0 });
    expect(Object.keys(called.pace.turns)).toEqual(['2/small']);
  });

  it('lets no new caller go before a line that is longer than a function may wait', () => {
    const places = Array.from({ length: 12 }, (_, n) => `${n}/small`);
    const [short, long] = [2, 12].map((length) =>
      places.slice(0, length).reduce((pace, place) => lineUp(pace, place, noon).pace, slow),
    );
    expect(askTurn(short!, 'new/small', noon).turn).toEqual({ kind: 'go', waitMilliseconds: 200 });
    expect(askTurn(long!, 'new/small', noon).turn).toMatchObject({ kind: 'wait', fresh: true });
  });

  it('keeps the order of the line when it slows down, and wakes again those that come early', () => {
    const lined = lineUp(lineUp(slow, '1/small', noon).pace, '2/small', noon).pace;
    const slower = throttledAt(lined, noon + 3_000);
    expect(slower.turns['1/small']!.at).toBeLessThan(slower.turns['2/small']!.at);
    const early = askTurn(slower, '2/small', noon + 3_000);
    expect(early.turn).toEqual({ kind: 'wait', at: slower.turns['2/small']!.at, fresh: true });
    expect(askTurn(early.pace, '2/small', noon + 3_001).turn).toMatchObject({ fresh: false });
  });

  it('drops places that were not used within a minute of their turn', () => {
    const { pace } = lineUp(slow, '1/small', noon);
    expect(Object.keys(askTurn(pace, '2/small', noon + 30_000).pace.turns)).toEqual(['1/small']);
    expect(askTurn(pace, '2/small', noon + 63_000).pace.turns).toEqual({});
  });

  it('calls the next two at once with each success', () => {
    const lined = ['1/a', '2/a', '3/a'].reduce((pace, place) => lineUp(pace, place, noon).pace, slow);
    expect(spedUp(lined, noon).called).toEqual(['1/a', '2/a']);
  });

  /** As soon as each is allowed. */
  const calls = (count: number, from: LaunchPace) =>
    Array.from({ length: count }).reduce((pace: LaunchPace) => callNow(pace, pace.nextCallAt)!.pace, from);

  it('lets 60 calls go within two seconds of a single throttle', () => {
    const { callsPerSecond, nextCallAt } = calls(60, slow);
    expect(callsPerSecond).toBe(50);
    expect(nextCallAt - noon).toBeLessThanOrEqual(2_200);
  });

  it('grows slowly if it was too fast before', () => {
    const tooFast = calls(5, slow);
    const slower = throttledAt(tooFast, noon + 5_000);
    expect(calls(4, slower).callsPerSecond).toBeCloseTo(tooFast.callsPerSecond / 2 + 1);
  });

  it('is forgotten two minutes after the last throttle, even while many keep asking', () => {
    const recovered = calls(60, slow);
    expect(paceExpiresAt(recovered, noon + 60_000)).toBe(noon + 120_000);
    expect(paceExpiresAt(lineUp(recovered, '1/a', noon).pace, noon + 60_000)).toBe(noon + 180_000);
  });

  it('moves the line back by its new spacing when it slows down, and nobody forward', () => {
    const later = { at: noon + 60_000, calledAt: noon + 60_000 };
    const turns = {
      '3/c': later,
      '2/b': { ...later, at: noon + 5_000 },
      '1/a': { ...later, at: noon + 4_000 },
    };
    const slower = throttledAt({ ...onceASecond, turns, lineEndsAt: noon + 60_000 }, noon + 3_000);
    expect(slower.nextCallAt).toBe(noon + 5_000);
    expect(Object.entries(slower.turns).map(([place, { at }]) => [place, at - noon])).toEqual([
      ['1/a', 5_000],
      ['2/b', 7_000],
      ['3/c', 60_000],
    ]);
    expect(slower.lineEndsAt).toBe(noon + 60_000);
    expect(throttledAt({ ...onceASecond, turns }, noon + 3_000).lineEndsAt).toBe(noon + 11_000);
  });

  it('wakes those whose turn is still to come, the earliest first, and leaves the others their turns', () => {
    const at = (seconds: number) => ({ at: noon + seconds * 1000, calledAt: noon + seconds * 1000 });
    const turns = { late: at(0), third: at(9), second: at(5), first: at(4) };
    const { pace, called } = spedUp({ ...slow, turns }, noon);
    expect(called).toEqual(['first', 'second']);
    expect(pace.turns).toEqual({ late: at(0), third: at(9), second: at(0), first: at(0) });
    expect(pace.lineEndsAt).toBe(noon + 9_000);
    expect(spedUp({ ...slow, turns: {} }, noon + 7).pace.lineEndsAt).toBe(noon + 7);
  });

  it('gives a place with a turn no second one, and none at all if the line is full', () => {
    const { pace } = lineUp(onceASecond, '1/small', noon);
    expect(lineUp(pace, '1/small', noon + 500)).toEqual({
      pace,
      turn: { kind: 'wait', at: noon + 2_000, fresh: false },
    });
    const turns = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [`${n}/x`, { at: n, calledAt: n }]),
    );
    const full = { ...onceASecond, turns };
    expect(lineUp(full, '1/small', noon)).toEqual({
      pace: full,
      turn: { kind: 'wait', at: noon + 2_000, fresh: false },
    });
    const { '0/x': _first, ...others } = turns;
    expect(lineUp({ ...onceASecond, turns: others }, '1/small', noon).turn).toMatchObject({ fresh: true });
  });

  it('allows no call whose wait would be longer than two seconds', () => {
    expect(callNow({ ...onceASecond, nextCallAt: noon + 2_000 }, noon)).toMatchObject({
      waitMilliseconds: 2_000,
    });
    expect(callNow({ ...onceASecond, nextCallAt: noon + 2_001 }, noon)).toBeUndefined();
    expect(callNow({ ...onceASecond, nextCallAt: noon - 5 }, noon)).toMatchObject({ waitMilliseconds: 0 });
  });

  it('keeps the end of the line behind the next call', () => {
    const pace = { ...onceASecond, nextCallAt: noon, lineEndsAt: noon };
    expect(askTurn(pace, '1/small', noon).pace).toMatchObject({
      nextCallAt: noon + 1_000,
      lineEndsAt: noon + 1_000,
    });
    const long = { ...pace, lineEndsAt: noon + 9_000 };
    expect(askTurn(long, '1/small', noon).pace.lineEndsAt).toBe(noon + 9_000);
  });

  it('keeps the turn of a place that was woken again less than a minute ago', () => {
    const turns = { '1/a': { at: noon - 70_000, calledAt: noon - 59_999 } };
    expect(askTurn({ ...onceASecond, turns }, '2/b', noon).pace.turns).toEqual(turns);
    const missed = { '1/a': { at: noon - 70_000, calledAt: noon - 60_000 } };
    expect(askTurn({ ...onceASecond, turns: missed }, '2/b', noon).pace.turns).toEqual({});
  });

  it('is forgotten two minutes after the last call or turn', () => {
    expect(paceExpiresAt({ ...onceASecond, nextCallAt: 5, lineEndsAt: 7 }, 3)).toBe(120_007);
    expect(paceExpiresAt({ ...onceASecond, nextCallAt: 8, lineEndsAt: 7 }, 3)).toBe(120_008);
    expect(paceExpiresAt({ ...onceASecond, nextCallAt: 5, lineEndsAt: 7 }, 9)).toBe(120_009);
  });

  it('never allows two calls closer than its interval, in any order of requests', () => {
    const ask = fc.record({ place: fc.nat(5), after: fc.nat(2_500), throttled: fc.boolean() });
    const asks = fc.array(ask, { minLength: 1 });
    fc.assert(
      fc.property(asks, (moments) => {
        let pace: LaunchPace = slow;
        let now = noon;
        let allowedAt = noon;
        for (const { place, after, throttled } of nonEmpty(moments)) {
          now += after;
          if (throttled) pace = throttledAt(pace, now);
          const before = pace;
          const asked = place === 0 ? callNow(pace, now) : undefined;
          const { pace: next, turn } = asked
            ? { pace: asked.pace, turn: { kind: 'go', waitMilliseconds: asked.waitMilliseconds } as const }
            : askTurn(pace, `${place}/small`, now);
          if (turn.kind === 'go') {
            expect(now + turn.waitMilliseconds).toBeGreaterThanOrEqual(allowedAt);
            allowedAt = now + turn.waitMilliseconds + 1000 / before.callsPerSecond;
          }
          pace = next;
        }
      }),
    );
  });
});
