/**
 * One machine's processes: the user data as a script in a session of its own, so that everything it ever starts can be
 * found and killed. The environment holds what a machine has, and nothing of this process's own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { allProcesses, killProcess, type ProcessLook } from '../guard/processes.ts';
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
  let isKilled = false;
  const kill = () => {
    if (!isKilled) killSession(child);
    isKilled = true;
  };
  return { kill, ended: endOf(child, options) };
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

/**
 * Called once: killed processes start nothing more. The script's group is killed in one call. A scan of all of this
 * host's processes, which takes milliseconds, finds the others, and a scan of the new ones confirms that none is
 * left.
 */
function killSession(child: ChildProcess): void {
  const session = child.pid;
  if (session === undefined) return;
  // After the script has ended, its process id, and so its group's, may belong to another process.
  const isGroupOurs = child.exitCode === null && child.signalCode === null;
  if (isGroupOurs) killProcess(-session, 'SIGKILL');
  const killed = new Set<number>();
  // No process joins a session from outside, and the kernel does not reuse an id within these milliseconds.
  const others = new Set<number>();
  const isLeft = ({ id, ...found }: ProcessLook) =>
    found.session === session && !killed.has(id) && !(isGroupOurs && found.group === session);
  // A process may fork between scan and kill; the next scan finds its child. A killed process cannot fork any more,
  // but it may be visible for a while.
  for (let look = 0; look < 10; look += 1) {
    const seen = allProcesses(others);
    const members = seen.filter(isLeft);
    if (members.length === 0) break;
    for (const { id, session: its } of seen) if (its !== session) others.add(id);
    for (const { id } of members) {
      killProcess(id, 'SIGKILL');
      killed.add(id);
    }
  }
  for (const stream of child.stdio) stream?.destroy();
}
