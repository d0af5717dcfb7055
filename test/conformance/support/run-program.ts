/**
 * Runs a program to its end, within a bound, and gives what it said. The program has a process group of its own, which is
 * killed as a whole when the time is up, so that nothing it started stays behind.
 */
import { spawn } from 'node:child_process';
import { ToolMissing } from './check.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Many times what it takes on an idle machine: this ends only what hangs. */
  readonly seconds: number;
  /** How to get it, where there is none. Default: to install what is called so. */
  readonly remedy?: string;
  readonly folder?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** @throws ToolMissing where there is no such command; Error where it did not end in time */
export async function runProgram(program: Program): Promise<Ended> {
  const { command, args, seconds, remedy = `Install ${command}.`, folder, variables } = program;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(folder ? { cwd: folder } : {}),
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const said = { out: '', error: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.error += text;
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, seconds * 1000);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isThere = cause.code !== 'ENOENT';
      const missing = isThere ? `${command} cannot be started (${cause.message})` : `there is no ${command}`;
      reject(new ToolMissing(missing, remedy));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (isLate) reject(new Error(`${command} ${args.join(' ')} did not end in ${seconds} seconds.`));
      else resolve({ code, ...said });
    });
  });
}
