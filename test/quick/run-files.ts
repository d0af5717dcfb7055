/**
 * Runs test files in a few processes that share out the files among them. Each loads a module once, for `npm run test:fast`,
 * or runs one file only, for `npm test`, so that no file sees what another one left behind.
 */
import { type FileReport, type Limits, startWorker, type Worker } from './worker-process.ts';

export interface RunOptions extends Limits {
  readonly processes: number;
  /** Each file in a process of its own, so that it shares nothing with another one. */
  readonly isApart?: boolean;
  readonly onStart?: (file: string) => void;
  /** Whether to start no more files. */
  readonly isStopped?: () => boolean;
  /** Once for each file, as soon as it is over. */
  readonly onReport: (report: FileReport) => void;
}

/** In the order given, as processes become free. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<void> {
  const left = [...files];
  const work = async () => {
    let worker: Worker | undefined;
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      if (options.isStopped?.()) break;
      worker ??= startWorker(options);
      options.onStart?.(file);
      const found = await worker.run(file);
      const isOver = typeof found === 'string';
      const report = isOver ? failed({ file, tests: 0, failures: [], outcomes: [] }, found) : found;
      const isLast = options.isApart === true || left.length === 0;
      // The last report waits for the end of the process, which may show what its file left behind.
      options.onReport(isOver || !isLast ? report : failed(report, await worker.end()));
      if (isOver || isLast) worker = undefined;
    }
    await worker?.end();
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, files.length) }, work));
}

function failed(report: FileReport, message: string | undefined): FileReport {
  if (message === undefined) return report;
  return { ...report, failures: [...report.failures, { id: report.file, message }] };
}
