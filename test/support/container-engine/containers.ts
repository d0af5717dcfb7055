/**
 * The stand-in's containers: what its folder stores about each, and the processes of its session. As in a real
 * container, all of them end with the first one (keeper.sh ensures it).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Contained {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const containerFolder = (state: string, name: string) => join(state, 'containers', name);

export function readContained(state: string, name: string): Contained | undefined {
  const text = textOf(state, name, 'container.json');
  // It is being created or removed.
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Contained);
}

/** Docker's terms: https://docs.docker.com/reference/api/engine/ (ContainerState). */
export function statusOf(state: string, { name }: Contained): { Status: string; ExitCode: number } {
  const exit = textOf(state, name, 'exit');
  if (exit) return { Status: 'exited', ExitCode: Number(exit) };
  const session = textOf(state, name, 'session');
  if (session === undefined) return { Status: 'created', ExitCode: 0 };
  // Its keeper was killed with it, as when a host is switched off.
  if (processes(Number(session)).length === 0) return { Status: 'exited', ExitCode: 137 };
  return { Status: 'running', ExitCode: 0 };
}

export const isRunning = (state: string, container: Contained) =>
  statusOf(state, container).Status === 'running';

export const sessionLines = (state: string, { name }: Contained): string[] =>
  processes(Number(textOf(state, name, 'session'))).map(({ id, words }) => `1001 ${id} ${words}`);

/**
 * SIGTERM to the first process, and SIGKILL to all after the grace period. Resolves when none of its processes runs.
 */
export async function endSession(state: string, container: Contained, graceMs: number): Promise<void> {
  const session = Number(textOf(state, container.name, 'session'));
  const lateAt = Date.now() + graceMs;
  if (isRunning(state, container) && graceMs > 0)
    kill(Number(textOf(state, container.name, 'first')), 'SIGTERM');
  while (isRunning(state, container)) {
    if (Date.now() >= lateAt) for (const { id } of processes(session)) kill(id, 'SIGKILL');
    await sleep(10);
  }
}

function kill(id: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    // It ended after it was listed.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function textOf(state: string, name: string, file: string): string | undefined {
  const path = join(containerFolder(state, name), file);
  if (!existsSync(path)) return undefined;
  return readFileSync(path, 'utf8').trim();
}

/** The processes of this session. Source: proc_pid_stat(5): the session is the fourth field after the name. */
function processes(session: number): { id: number; words: string }[] {
  if (!(session > 0)) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readProcess(name, 'stat');
      const [status, , , ofSession] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(ofSession) !== session || status === 'Z') return [];
      return [{ id: Number(name), words: readProcess(name, 'cmdline').replaceAll('\0', ' ') }];
    });
}

function readProcess(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
