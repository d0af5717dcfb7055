import { describe, expect, it } from '@jest/globals';
import { nextInTurn } from '../../lib/core/next-in-turn.ts';

const next = (items: readonly string[], after: string | undefined, count: number) =>
  nextInTurn(items, { keyOf: (item) => item, after, count });

describe('the next in turn', () => {
  it('begin at the start, in order, if none was served yet', () => {
    expect(next(['b', 'a', 'c'], undefined, 2)).toEqual(['a', 'b']);
  });

  it('come after the last one served, even if that is gone, and then from the start again', () => {
    expect(next(['a', 'c', 'd'], 'b', 2)).toEqual(['c', 'd']);
    expect(next(['a', 'c', 'd'], 'c', 3)).toEqual(['d', 'a', 'c']);
    expect(next(['a', 'b'], 'b', 5)).toEqual(['a', 'b']);
    expect(next(['a', 'b'], '', 5)).toEqual(['a', 'b']);
    expect(next(['a', 'b', 'c'], 'a', 5)).toEqual(['b', 'c', 'a']);
  });

  it('are none of an empty list', () => {
    expect(next([], 'a', 3)).toEqual([]);
  });
});
