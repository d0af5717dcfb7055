/**
 * The parent's side of one process that runs test files. The time limits are kept here: a process that spins cannot end
 * itself.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that takes longer is killed, and its file has failed. */
export interface Limits {
  /** To start and to load a file, and to end after the last one. */
  readonly loadSeconds: number;
  /** For each test with its hooks, and for the hooks of each suite. */
  readonly testSeconds: number;
  /** For what a file leaves behind, such as a server that closes, to go away. */
  readonly restSeconds?: number;
  /** A process that holds more runs no other file: a fresh one is faster than a full one. */
  readonly mostBytes?: number;
  /** A pattern of the titles of tests to run; absent: all. */
  readonly titles?: string | undefined;
}

export interface TestFailure {
  /** Its file, describes and title. */
  readonly id: string;
  readonly message: string;
}

/** How one declared test ended. `pending`: its title is not among those asked for. */
export interface TestOutcome {
  /** Of its describes, from the outside in, and its own. */
  readonly titles: readonly string[];
  readonly status: 'passed' | 'failed' | 'pending';
  readonly milliseconds: number;
  readonly messages: readonly string[];
}

export interface FileReport {
  readonly file: string;
  readonly tests: number;
  readonly failures: readonly TestFailure[];
  readonly outcomes: readonly TestOutcome[];
  /** Its process is for no other file: the file left something behind there, or the process holds much memory. */
  readonly isLast: boolean;
}

/** From the process: the test that begins, or the report of the file when it is over. */
export type WorkerMessage = { readonly begun: string } | FileReport;

export interface Worker {
  /** @returns its report, or how the process ended instead; such a process can run nothing more */
  readonly run: (file: string) => Promise<FileReport | string>;
  /** @returns how the process ended, unless it ended as it should */
  readonly end: () => Promise<string | undefined>;
}

const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** What the process is told at its start. */
export interface WorkerOptions
  extends Pick<Limits, 'titles'>,
    Required<Pick<Limits, 'restSeconds' | 'mostBytes'>> {
  /** Whether other files may follow, so that none may leave anything behind. */
  readonly isShared: boolean;
}

export function startWorker(limits: Limits & Pick<WorkerOptions, 'isShared'>): Worker {
  const { loadSeconds, testSeconds, restSeconds = 10, mostBytes = 700e6, titles, isShared } = limits;
  const options: WorkerOptions = { restSeconds, mostBytes, titles, isShared };
  const child = fork(script, [JSON.stringify(options)], {
    // To the standard error: what Jest prints with `--json` stays as it is.
    stdio: ['ignore', 2, 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const { promise: ended, resolve: setEnded } = Promise.withResolvers<string>();
  child.on('error', (error) => setEnded(String(error)));
  child.on('close', (status, signal) => setEnded(signal ?? String(status)));
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let step = '';
  let previous = '';
  let timer: NodeJS.Timeout | undefined;
  let isGivenUp = false;

  const begin = (name: string, seconds: number) => {
    clearTimeout(timer);
    step = name;
    timer = setTimeout(() => giveUp(`${name} was not over after ${seconds} s.`), seconds * 1000);
  };
  const giveUp = (reason: string) => {
    isGivenUp = true;
    said += `${reason}\n`;
    child.kill('SIGKILL');
    // A process that a test started may hold it open.
    child.stderr?.destroy();
  };
  const ending = async () => {
    const status = await ended;
    clearTimeout(timer);
    return {
      isFine: status === '0' && !isGivenUp,
      message: `Its process ended with ${status} during ${step}.\n${said}`,
    };
  };
  const passOn = () => {
    process.stderr.write(said);
    said = '';
  };

  return {
    run: (file) => {
      const { promise, resolve } = Promise.withResolvers<FileReport | string>();
      const hear = (message: unknown) => {
        const heard = message as WorkerMessage;
        if ('begun' in heard) return begin(heard.begun, testSeconds);
        clearTimeout(timer);
        child.off('message', hear);
        previous = ` after ${file}`;
        passOn();
        resolve(heard);
      };
      begin(`the load of ${file}${previous}`, loadSeconds);
      child.on('message', hear);
      void ending().then(({ message }) => resolve(message));
      child.send(file, (error) => error && giveUp(String(error)));
      return promise;
    },
    end: async () => {
      begin(`its end${previous}`, loadSeconds);
      // Node emits no `close` for a child that the parent disconnected.
      child.send('', (error) => error && giveUp(String(error)));
      const { isFine, message } = await ending();
      if (!isFine) return message;
      passOn();
      return undefined;
    },
  };
}
