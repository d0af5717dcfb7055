/**
 * One machine's processes: the user data as a script in a session of its own, so that everything it ever starts can be
 * found and killed. The environment holds what a machine has, and nothing of this process's own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { allProcesses, killProcess } from '../guard/processes.ts';
import { powerDescriptor } from './stand-in-tools.ts';

export interface MachineProcess {
  /** Kills all of the machine's processes at once. */
  kill(): void;
  /** The script itself has ended. Processes that it started may live on. */
  readonly ended: Promise<void>;
}

export interface ProcessOptions {
  readonly bash: string;
  readonly script: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  readonly onPowerOff: () => void;
}

export function startMachineProcess(options: ProcessOptions): MachineProcess {
  const child = spawn(options.bash, [options.script], {
    cwd: options.folder,
    env: options.environment,
    // A session of its own; its id is the process's.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    stream.setEncoding('utf8').on('data', options.onOutput);
  }
  const power = child.stdio[powerDescriptor] as Readable;
  power.once('data', options.onPowerOff);
  return { kill: () => killSession(child), ended: endOf(child, options) };
}

function endOf(child: ChildProcess, options: ProcessOptions): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      options.onOutput(`The user data could not be run: ${error.message}\n`);
      resolve();
    });
    child.once('exit', () => resolve());
  });
}

function killSession(child: ChildProcess): void {
  if (child.pid === undefined) return;
  // A process may fork between look and kill; the next look finds what is left then.
  for (let look = 0; look < 10; look += 1) {
    const members = sessionMembers(child.pid);
    if (members.length === 0) break;
    for (const member of members) killProcess(member, 'SIGKILL');
  }
  for (const stream of child.stdio) stream?.destroy();
}

/** The running processes of a session (zombies do not run). */
const sessionMembers = (session: number) =>
  allProcesses()
    .filter((found) => found.session === session)
    .map(({ id }) => id);
