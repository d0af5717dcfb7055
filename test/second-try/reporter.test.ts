import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../iam/source-files.ts';
import { suitesToTryAgain } from './reporter.ts';

const suite = (path: string, numFailingTests: number) => ({
  testFilePath: join(root, path),
  numFailingTests,
  numPendingTests: 0,
  numTodoTests: 0,
});
const run = (...testResults: ReturnType<typeof suite>[]) => ({ wasInterrupted: false, testResults });

describe('what the gate may try once more', () => {
  it('is a suite with real processes, and no other', () => {
    const passed = suite('test/e2e/jobs.test.ts', 0);
    expect(suitesToTryAgain(run(passed, suite('test/e2e/repair.test.ts', 1)))).toEqual([
      'test/e2e/repair.test.ts',
    ]);
    expect(suitesToTryAgain(run(passed))).toEqual([]);
  });

  it('is nothing beside a failure that no clock explains', () => {
    const failed = suite('test/e2e/repair.test.ts', 1);
    expect(suitesToTryAgain(run(failed, suite('test/sim/sim.test.ts', 1)))).toEqual([]);
    expect(suitesToTryAgain(run(failed, suite('test/app/sweep-launches.test.ts', 1)))).toEqual([]);
  });

  it('is nothing where many fail, or the run was cut short', () => {
    const many = [1, 2, 3, 4].map((n) => suite(`test/e2e/${n}.test.ts`, 1));
    expect(suitesToTryAgain(run(...many))).toEqual([]);
    expect(suitesToTryAgain({ ...run(suite('test/e2e/1.test.ts', 1)), wasInterrupted: true })).toEqual([]);
  });
});
