import { describe, expect, test } from '@jest/globals';
import { keepNewest } from '../../lib/core/keep-newest.ts';

describe('a map that keeps the newest', () => {
  const two = () => {
    const map = new Map<string, number>();
    for (const [value, key] of ['a', 'b'].entries()) keepNewest(map, { key, value, most: 2 });
    return map;
  };

  test('drops the entry that was set longest ago', () => {
    const map = two();
    keepNewest(map, { key: 'c', value: 2, most: 2 });
    expect([...map]).toEqual([
      ['b', 1],
      ['c', 2],
    ]);
  });

  test('takes an entry that is set again for the newest', () => {
    const map = two();
    keepNewest(map, { key: 'a', value: 3, most: 2 });
    keepNewest(map, { key: 'c', value: 4, most: 2 });
    expect([...map]).toEqual([
      ['a', 3],
      ['c', 4],
    ]);
  });
});
