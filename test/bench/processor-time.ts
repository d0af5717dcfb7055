/**
 * What this process and those that it started used of the processors: the platform's functions, the stand-ins, the database's
 * engine. A process that ended before it was looked at is not in it. Source: proc(5).
 */
import { readFileSync } from 'node:fs';
import { allProcesses } from '../../lib/local/guard/processes.ts';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const ticksPerSecond = 100;

/** @returns the way to ask how many seconds of one core were used since */
export function startProcessorClock(): () => number {
  const before = ticksByProcess();
  return () => {
    const ticks = [...ticksByProcess()].map(([id, used]) => used - (before.get(id) ?? 0));
    return ticks.reduce((sum, used) => sum + used, 0) / ticksPerSecond;
  };
}

function ticksByProcess(): Map<number, number> {
  const byParent = Map.groupBy(allProcesses(), ({ parentId }) => parentId);
  const family = [process.pid];
  for (const id of family) family.push(...(byParent.get(id) ?? []).map((child) => child.id));
  return new Map(family.map((id) => [id, ticksOf(id)]));
}

function ticksOf(id: number): number {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch (error) {
    // It has just ended.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
