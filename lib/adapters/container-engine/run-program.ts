/**
 * Runs the engine's command line, with a time limit. Secrets go by environment, never by argument: anyone who lists
 * processes sees arguments. A command that hangs is killed and counts as an operational failure.
 */
import { spawn } from 'node:child_process';
import { OperationalError } from '../../ports/errors.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface RunOptions {
  /** Absent: no limit. */
  readonly seconds?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Receives its output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** How much of each stream is kept; an engine prints less. */
const mostCharacters = 4_000_000;

/** @throws OperationalError if it cannot be started or exceeds its time limit */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { seconds, environment = {}, onOutput } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => child.kill('SIGKILL');
    const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
    const said = { out: '', error: '' };
    const hear = (stream: 'out' | 'error') => (text: string) => {
      if (said[stream].length < mostCharacters) said[stream] += text;
      onOutput?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', hear('out'));
    child.stderr.setEncoding('utf8').on('data', hear('error'));
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(
        new OperationalError(`${program} cannot be started: ${cause.message}`, {
          code: 'engine-missing',
          retryable: false,
          cause,
        }),
      );
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== null) return resolve({ code, ...said });
      const bound = seconds === undefined ? '' : `; its time limit is ${seconds} s`;
      const why = `${program} ${args[0]} was ended by ${signal}${bound}`;
      reject(new OperationalError(why, { code: 'engine-timeout', retryable: true }));
    });
  });
}
