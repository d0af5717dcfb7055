import { describe, expect, test } from '@jest/globals';
import { forEachConcurrently } from '../../lib/core/for-each-concurrently.ts';

describe('many entries, some at a time', () => {
  test('starts the next one when one is done, and never more than allowed', async () => {
    const started: string[] = [];
    const finish = new Map<string, () => void>();
    const all = forEachConcurrently(['a', 'b', 'c'], 2, (entry) => {
      started.push(entry);
      const { promise, resolve } = Promise.withResolvers<void>();
      finish.set(entry, resolve);
      return promise;
    });
    expect(started).toEqual(['a', 'b']);

    finish.get('b')?.();
    await new Promise(setImmediate);
    expect(started).toEqual(['a', 'b', 'c']);

    finish.get('a')?.();
    finish.get('c')?.();
    await all;
  });

  test('rejects with the first failure', async () => {
    await expect(forEachConcurrently(['a'], 2, () => Promise.reject(new Error('the first')))).rejects.toThrow(
      'the first',
    );
  });
});
