import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { longest, longestFirst } from './longest-first.ts';

const suite = (name: string) => ({ path: join(import.meta.dirname, '..', name) });

describe('the order of suites', () => {
  it('begins with the longest, and leaves the others as they were', () => {
    const [first, second] = longest as [string, string];
    const given = ['core/b.test.ts', second, 'core/a.test.ts', first].map(suite);
    expect(longestFirst(given)).toEqual([first, second, 'core/b.test.ts', 'core/a.test.ts'].map(suite));
  });

  it.each(longest)('names a suite that is there: %s', (name) => {
    expect(existsSync(suite(name).path)).toBe(true);
  });
});
