/**
 * Judges the grants after a run of the whole end-to-end suite, and fails the run where one was never needed or a call
 * lacked one. A run of some files, or one that failed anyway, is not judged: it has not seen everything.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { evidenceFolder, readEvidence } from './evidence.ts';
import { everyPolicy } from './fresh-document.ts';
import { judge } from './judge.ts';
import { letOff } from './let-off.ts';
import { grantsOf } from './platform-policies.ts';
import { root } from './source-files.ts';

/** What of jest's results is looked at. */
export interface RunResults {
  readonly wasInterrupted: boolean;
  readonly testResults: readonly {
    readonly testFilePath: string;
    readonly numFailingTests: number;
    readonly numPendingTests: number;
    readonly numTodoTests: number;
    readonly testExecError?: unknown;
  }[];
}

export default class GrantsReporter {
  #folder: string | undefined;
  #error: Error | undefined;

  onRunStart(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'mayfly-iam-'));
    process.env[evidenceFolder] = this.#folder;
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    const folder = this.#folder;
    if (!folder) return;
    try {
      if (!sawEverything(results, endToEndTests())) return;
      const faults = judge({
        worlds: readEvidence(folder),
        everyGrant: grantsOf(everyPolicy()),
        letOff,
      });
      if (faults.length === 0) return;
      this.#error = new Error(`What functions may do is not what they need:\n- ${faults.join('\n- ')}`);
      process.stderr.write(`\n${this.#error.message}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  getLastError(): Error | undefined {
    return this.#error;
  }
}

export const endToEndTests = (): string[] =>
  readdirSync(join(root, 'test', 'e2e')).filter((file) => file.endsWith('.test.ts'));

/** Each of these files ran, whole and green. */
export function sawEverything(
  { wasInterrupted, testResults }: RunResults,
  files: readonly string[],
): boolean {
  const whole = testResults.filter(
    (result) =>
      !result.testExecError && result.numFailingTests + result.numPendingTests + result.numTodoTests === 0,
  );
  const seen = new Set(whole.map(({ testFilePath }) => testFilePath));
  return !wasInterrupted && files.every((file) => seen.has(join(root, 'test', 'e2e', basename(file))));
}
