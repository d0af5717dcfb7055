/**
 * A laptop platform's processes, found by their environment: the home of machines and the database, and the code of
 * functions, are in its folder. No other process has that: a shell that someone opened in the folder is left alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { allProcesses, environmentOf, killProcess } from './processes.ts';

const variables = ['HOME', 'LAMBDA_TASK_ROOT'];

/** With all processes in their sessions, whatever their environment. */
export function processesOf(folder: string): number[] {
  const starts = variables.map((name) => `${name}=${folder}/`);
  const all = allProcesses();
  const marked = all.filter(({ id }) =>
    environmentOf(id).some((entry) => starts.some((start) => entry.startsWith(start))),
  );
  const sessions = new Set(marked.map(({ session }) => session));
  return all.filter(({ session }) => sessions.has(session)).map(({ id }) => id);
}

/** A process may fork during a look, and briefly has no environment while it starts a program: so look twice. */
const looks = 2;
const pauseMilliseconds = 50;
/** Gives up on a process that forks faster than it can be killed. */
const mostLooks = 100;

/** Returns when none is left. @throws Error that names those that cannot be killed */
export async function endProcessesOf(folder: string): Promise<void> {
  let left: number[] = [];
  for (let look = 0, empty = 0; look < mostLooks; look += 1) {
    left = processesOf(folder);
    for (const id of left) killProcess(id, 'SIGKILL');
    empty = left.length === 0 ? empty + 1 : 0;
    if (empty === looks) return;
    await sleep(pauseMilliseconds);
  }
  throw new Error(`Still alive in ${folder} after ${mostLooks} looks: ${left.join(', ')}.`);
}
