/**
 * Runs test files in a few processes that share out the files among them. Each loads a module once, while Jest loads it for
 * each file; `npm test` runs the same files under Jest, where no file sees what another one left behind.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface WorkerSettings {
  readonly testSeconds: number;
}

export interface TestFailure {
  /** Its file, describes and title. */
  readonly id: string;
  readonly message: string;
}

export interface FileReport {
  readonly file: string;
  readonly tests: number;
  readonly failures: readonly TestFailure[];
}

export interface RunOptions extends WorkerSettings {
  readonly processes: number;
  /** As soon as a file is over. */
  readonly onReport: (report: FileReport) => void;
}

const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** In the order given, as processes become free. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<void> {
  const left = [...files];
  const work = async () => {
    let worker = startWorker(options);
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      if (worker.exitCode !== null || worker.signalCode !== null) worker = startWorker(options);
      options.onReport(await reportOf(worker, file));
    }
    worker.kill();
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, files.length) }, work));
}

function startWorker({ testSeconds }: WorkerSettings): ChildProcess {
  const settings: WorkerSettings = { testSeconds };
  return fork(script, [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
}

/** Of a worker that ended: a failure of the file that it ran, with what it said last. */
function reportOf(worker: ChildProcess, file: string): Promise<FileReport> {
  const { promise, resolve } = Promise.withResolvers<FileReport>();
  const said: Buffer[] = [];
  const hear = (text: Buffer) => void said.push(text);
  const told = (report: unknown) => {
    process.stderr.write(Buffer.concat(said));
    done(report as FileReport);
  };
  const ended = (status: number | null, signal: string | null) => {
    const message = `Its process ended with ${signal ?? status}.\n${Buffer.concat(said)}`;
    done({ file, tests: 0, failures: [{ id: file, message }] });
  };
  const done = (report: FileReport) => {
    worker.off('message', told).off('close', ended);
    worker.stderr?.off('data', hear);
    resolve(report);
  };
  worker.once('message', told).once('close', ended);
  worker.stderr?.on('data', hear);
  worker.send(file);
  return promise;
}
