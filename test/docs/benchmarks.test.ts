import { expect, it } from '@jest/globals';
import { metrics } from '../../lib/contract/metrics.ts';
import { read } from './markdown.ts';

it('names no metric of a phase that there is not', () => {
  const named = [...read('docs/BENCHMARKS.md').matchAll(/`(\w+Milliseconds)`/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(7);
  expect(named.filter((name) => !(name in metrics))).toEqual([]);
});
