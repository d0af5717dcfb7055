/** Which runs are judged: those that saw the whole end-to-end suite. */
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { endToEndTests, type RunResults, sawEverything } from './reporter.ts';
import { root } from './source-files.ts';

const files = endToEndTests();
const passed = (file: string) => ({
  testFilePath: join(root, 'test', 'e2e', file),
  numFailingTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
});
const run = (change: Partial<RunResults> = {}): RunResults => ({
  wasInterrupted: false,
  testResults: files.map(passed),
  ...change,
});

describe('a run is judged', () => {
  it('where every end-to-end file passed, whatever else ran', () => {
    expect(files).toContain('main-path.test.ts');
    expect(sawEverything(run(), files)).toBe(true);
    const others = [...run().testResults, { ...passed('../core/labels.test.ts'), numFailingTests: 1 }];
    expect(sawEverything(run({ testResults: others }), files)).toBe(true);
  });

  it.each<[string, Partial<RunResults>]>([
    ['a file is missing', { testResults: files.slice(1).map(passed) }],
    ['a test failed', { testResults: files.map((file) => ({ ...passed(file), numFailingTests: 1 })) }],
    [
      'tests were left out by name',
      { testResults: files.map((file) => ({ ...passed(file), numPendingTests: 1 })) },
    ],
    ['it was interrupted', { wasInterrupted: true }],
  ])('not where %s', (_, change) => expect(sawEverything(run(change), files)).toBe(false));
});
