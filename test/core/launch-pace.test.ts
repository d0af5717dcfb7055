import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { askTurn, callNow, type LaunchPace, lineUp, slowedDown, spedUp } from '../../lib/core/launch-pace.ts';
import { noon } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';

const slow = slowedDown(undefined, noon);

describe('the pace of launches', () => {
  it('begins with one call a second', () => {
    expect(slow).toMatchObject({ callsPerSecond: 1, nextCallAt: noon + 1000, turns: {} });
  });

  it('slows down with each further throttle, but not for calls that were made before it', () => {
    expect(slowedDown(slow, noon + 2_999)).toBe(slow);
    const slower = slowedDown(slow, noon + 3_000);
    expect(slower.callsPerSecond).toBe(0.5);
    const slowest = [1, 2, 3, 4].reduce((pace, n) => slowedDown(pace, noon + n * 10_000), slower);
    expect(slowest.callsPerSecond).toBe(0.25);
  });

  it('gives places turns one after the other, and each its turn once', () => {
    const first = lineUp(slow, '1/small', noon);
    const second = lineUp(first.pace, '2/small', noon);
    expect([first.turn, second.turn]).toEqual([
      { kind: 'wait', at: noon + 2_000, fresh: true },
      { kind: 'wait', at: noon + 3_000, fresh: true },
    ]);
    expect(askTurn(second.pace, '2/small', noon).turn).toMatchObject({ kind: 'wait', fresh: false });
    const called = askTurn(second.pace, '1/small', noon + 2_000);
    expect(called.turn).toEqual({ kind: 'go', waitMilliseconds: 0 });
    expect(askTurn(called.pace, '1/small', noon + 2_000).turn).toMatchObject({ kind: 'wait', fresh: true });
  });

  it('keeps the order of the line when it slows down, and calls those up again who come early', () => {
    const lined = lineUp(lineUp(slow, '1/small', noon).pace, '2/small', noon).pace;
    const slower = slowedDown(lined, noon + 3_000);
    expect(slower.turns['1/small']!.at).toBeLessThan(slower.turns['2/small']!.at);
    const early = askTurn(slower, '2/small', noon + 3_000);
    expect(early.turn).toEqual({ kind: 'wait', at: slower.turns['2/small']!.at, fresh: true });
    expect(askTurn(early.pace, '2/small', noon + 3_001).turn).toMatchObject({ fresh: false });
  });

  it('forgets who did not come within a minute of its turn', () => {
    const { pace } = lineUp(slow, '1/small', noon);
    expect(askTurn(pace, '2/small', noon + 30_000).turn.kind).toBe('wait');
    expect(askTurn(pace, '2/small', noon + 63_000).turn.kind).toBe('go');
  });

  it('doubles with each success, up to four calls a second, and calls the next two at once', () => {
    const lined = ['1/a', '2/a', '3/a'].reduce((pace, place) => lineUp(pace, place, noon).pace, slow);
    const faster = spedUp(lined, noon);
    expect(faster.called).toEqual(['1/a', '2/a']);
    expect(faster.pace.callsPerSecond).toBe(2);
    expect(spedUp(spedUp(faster.pace, noon).pace, noon).pace.callsPerSecond).toBe(4);
  });

  it('never lets two calls closer than its spacing, whoever asks and when', () => {
    const ask = fc.record({ place: fc.nat(5), after: fc.nat(2_500), throttled: fc.boolean() });
    const asks = fc.array(ask, { minLength: 1 });
    fc.assert(
      fc.property(asks, (moments) => {
        let pace: LaunchPace = slow;
        let now = noon;
        let allowedAt = noon;
        for (const { place, after, throttled } of nonEmpty(moments)) {
          now += after;
          if (throttled) pace = slowedDown(pace, now);
          const asked = place === 0 ? callNow(pace, now) : undefined;
          const { pace: next, turn } = asked
            ? { pace: asked.pace, turn: { kind: 'go', waitMilliseconds: asked.waitMilliseconds } as const }
            : askTurn(pace, `${place}/small`, now);
          if (turn.kind === 'go') {
            expect(now + turn.waitMilliseconds).toBeGreaterThanOrEqual(allowedAt);
            allowedAt = now + turn.waitMilliseconds + 1000;
          }
          pace = next;
        }
      }),
    );
  });
});
