/**
 * Writes down which suites `.ci/run` may try once more. Suites with real processes and real clocks can fail on a machine
 * that stands still for a minute; a rule, a property or the simulator cannot, so that their failure counts at once.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { RunResults } from '../iam/reporter.ts';
import { root } from '../iam/source-files.ts';

/** One path a line, from the project's root. Absent: nothing may be tried again. */
export const secondTryFile = join(root, 'node_modules', '.cache', 'second-try');

const realClocks = ['test/e2e/', 'test/docs/', 'test/cli/', 'test/local/', 'test/package/', 'test/bench/'];
const mostSuites = 3;

export default class SecondTryReporter {
  onRunStart(): void {
    rmSync(secondTryFile, { force: true });
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    const suites = suitesToTryAgain(results);
    // A test may have run jest itself.
    rmSync(secondTryFile, { force: true });
    if (suites.length === 0) return;
    mkdirSync(dirname(secondTryFile), { recursive: true });
    writeFileSync(secondTryFile, `${suites.join('\n')}\n`);
  }
}

/** None where the run was cut short, where many fail, or where one fails that no clock can make fail. */
export function suitesToTryAgain({ wasInterrupted, testResults }: RunResults): string[] {
  const failed = testResults
    .filter(({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError)
    .map(({ testFilePath }) => relative(root, testFilePath));
  const mayBeTheClock = failed.every((path) => realClocks.some((folder) => path.startsWith(folder)));
  return wasInterrupted || failed.length > mostSuites || !mayBeTheClock ? [] : failed;
}
