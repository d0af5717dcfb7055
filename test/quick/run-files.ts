/**
 * Runs test files in a few processes. Files of one group share a process, which loads a module once for all of them, and
 * takes the next file only when the one before has left nothing behind.
 */
import { type FileReport, type Limits, startWorker } from './worker-process.ts';

export interface RunOptions extends Limits {
  readonly processes: number;
  /** Files with the same answer may share a process, and undefined means a process of its own; absent: all share. */
  readonly groupOf?: (file: string) => string | undefined;
  readonly onStart?: (file: string) => void;
  /** Whether to start no more files. */
  readonly isStopped?: () => boolean;
  /** Once for each file, as soon as it is over. */
  readonly onReport: (report: FileReport) => void;
}

/** In the order given, as processes become free. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<void> {
  const { groupOf = () => '', isStopped, onStart, onReport } = options;
  const left = [...files];
  const inWork: (string | undefined)[] = [];
  const take = (isWanted: (group: string | undefined) => boolean): string | undefined => {
    const at = isStopped?.() ? -1 : left.findIndex((file) => isWanted(groupOf(file)));
    return at === -1 ? undefined : left.splice(at, 1)[0];
  };
  /** Another process for a group loads all its modules again: only where nothing else is left. */
  const takeAny = () => take((group) => group === undefined || !inWork.includes(group)) ?? take(() => true);

  /** Until none of the group is left, or the process can run no more. */
  const shareProcess = async (first: string, group: string | undefined) => {
    const worker = startWorker({ ...options, isShared: group !== undefined });
    for (let file: string | undefined = first; file !== undefined; ) {
      onStart?.(file);
      const found = await worker.run(file);
      if (typeof found === 'string') return onReport(failed(notRun(file), found));
      const next = found.isLast || group === undefined ? undefined : take((of) => of === group);
      // The last report waits for the end of the process, which may show what its files left behind.
      onReport(next === undefined ? failed(found, await worker.end()) : found);
      file = next;
    }
  };
  const work = async () => {
    for (let file = takeAny(); file !== undefined; file = takeAny()) {
      const group = groupOf(file);
      inWork.push(group);
      await shareProcess(file, group);
      inWork.splice(inWork.indexOf(group), 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, files.length) }, work));
}

const notRun = (file: string): FileReport => ({ file, tests: 0, failures: [], outcomes: [], isLast: true });

function failed(report: FileReport, message: string | undefined): FileReport {
  if (message === undefined) return report;
  return { ...report, failures: [...report.failures, { id: report.file, message }] };
}
