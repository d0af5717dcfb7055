/**
 * The runner that Jest starts: files that load alike share a Node process. Jest's sandbox looks globals up slowly, and
 * loads each module anew. Jest finds the files, sorts them and reports them.
 */
import { groupOf } from './groups.ts';
import { type JestResult, jestResult, wholeFailure } from './jest-result.ts';
import { runFiles } from './run-files.ts';
import type { FileReport } from './worker-process.ts';

/** What is used of Jest's types. */
interface JestTest {
  readonly path: string;
}

interface GlobalConfig {
  readonly maxWorkers: number;
  readonly testNamePattern?: string;
}

type Listener<Result> = (test: JestTest, result: Result) => Promise<void>;

/** A busy machine does everything many times slower than an idle one: these end only what hangs. */
const limits = { loadSeconds: 600, testSeconds: 600 };

/**
 * For each of Jest's workers: a file waits half of its time, for machines that boot, queues and timers, and another one can
 * use the processor meanwhile.
 */
const processesPerWorker = 2;

export default class SharingRunner {
  readonly #config: GlobalConfig;

  constructor(config: GlobalConfig) {
    this.#config = config;
  }

  async runTests(
    tests: readonly JestTest[],
    watcher: { isInterrupted(): boolean },
    onStart: (test: JestTest) => Promise<void>,
    onResult: Listener<JestResult>,
    onFailure: Listener<{ readonly message: string; readonly stack: string }>,
    { serial }: { readonly serial: boolean },
  ): Promise<void> {
    const { maxWorkers, testNamePattern } = this.#config;
    const byPath = new Map(tests.map((test) => [test.path, test]));
    const begun = new Map<string, number>();
    const told: Promise<void>[] = [];
    const tell = (test: JestTest, report: FileReport) => {
      const message = wholeFailure(report);
      if (message !== undefined) return onFailure(test, { message, stack: message });
      return onResult(test, jestResult(report, { start: begun.get(test.path) ?? 0, end: Date.now() }));
    };
    await runFiles([...byPath.keys()], {
      ...limits,
      ...(testNamePattern ? { titles: testNamePattern } : {}),
      processes: serial ? 1 : maxWorkers * processesPerWorker,
      groupOf,
      isStopped: () => watcher.isInterrupted(),
      onStart: (file) => {
        begun.set(file, Date.now());
        told.push(onStart(byPath.get(file)!));
      },
      onReport: (report) => void told.push(tell(byPath.get(report.file)!, report)),
    });
    await Promise.all(told);
  }
}
