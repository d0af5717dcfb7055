/**
 * Runs test files in a few processes that share out the files among them. Each loads a module once, while Jest loads it for
 * each file; `npm test` runs the same files under Jest, where no file sees what another one left behind.
 */
import { type FileReport, type Limits, startWorker, type Worker } from './worker-process.ts';

export interface RunOptions extends Limits {
  readonly processes: number;
  /** Once for each file, as soon as it is over. */
  readonly onReport: (report: FileReport) => void;
}

/** In the order given, as processes become free. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<void> {
  const left = [...files];
  const work = async () => {
    let worker: Worker | undefined;
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      worker ??= startWorker(options);
      const found = await worker.run(file);
      const isOver = typeof found === 'string';
      const report = isOver ? failed({ file, tests: 0, failures: [] }, found) : found;
      // The last report waits for the end of the process, which may show what its file left behind.
      options.onReport(isOver || left.length > 0 ? report : failed(report, await worker.end()));
      if (isOver) worker = undefined;
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, files.length) }, work));
}

function failed(report: FileReport, message: string | undefined): FileReport {
  if (message === undefined) return report;
  return { ...report, failures: [...report.failures, { id: report.file, message }] };
}
