/**
 * How much processor time this process and its children used, by kind: the platform's functions, the database engine,
 * and this process, which contains the other stand-ins. It misses processes that ended before they were read.
 * Source: proc(5).
 */
import { readFileSync } from 'node:fs';
import { allProcesses } from '../../lib/local/guard/processes.ts';

/** Seconds of one core. */
export interface ProcessorTime {
  readonly functions: number;
  readonly database: number;
  /** AWS's endpoint, GitHub and the benchmark itself. */
  readonly standIns: number;
  readonly all: number;
}

/** Linux counts in hundredths of a second, whatever its kernel timer does. */
const ticksPerSecond = 100;

/** @returns a function that returns the time used since now */
export function startProcessorClock(): () => ProcessorTime {
  const before = usedByProcess();
  return () => {
    const used = [...usedByProcess()].map(([id, { kind, ticks }]) => ({
      kind,
      seconds: (ticks - (before.get(id)?.ticks ?? 0)) / ticksPerSecond,
    }));
    const sum = (wanted?: Kind) =>
      used.reduce((all, { kind, seconds }) => (wanted && kind !== wanted ? all : all + seconds), 0);
    return { functions: sum('functions'), database: sum('database'), standIns: sum('standIns'), all: sum() };
  };
}

type Kind = Exclude<keyof ProcessorTime, 'all'>;

function usedByProcess(): Map<number, { readonly kind: Kind; readonly ticks: number }> {
  const byParent = Map.groupBy(allProcesses(), ({ parentId }) => parentId);
  const family = [process.pid];
  for (const id of family) family.push(...(byParent.get(id) ?? []).map((child) => child.id));
  return new Map(family.map((id) => [id, { kind: kindOf(id), ticks: ticksOf(id) }]));
}

function kindOf(id: number): Kind {
  const command = read(id, 'cmdline');
  if (command.includes('lambda/runtime.js')) return 'functions';
  return command.includes('dynoxide') ? 'database' : 'standIns';
}

function ticksOf(id: number): number {
  const stat = read(id, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Empty: the process has just ended. */
function read(id: number, file: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
