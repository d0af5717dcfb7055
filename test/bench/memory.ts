/**
 * The peak memory of a process of each function, after the preceding load: what Lambda would bill for, and above
 * which it would kill the process. Linux keeps the peak of each process.
 */
import { readFileSync } from 'node:fs';
import { functionNames, functionSettings } from '../../lib/contract/functions.ts';
import { judged } from './goals.ts';
import type { BenchPlatform } from './platform.ts';
import type { Report } from './result.ts';

export async function measureMemory({ laptop }: BenchPlatform): Promise<Report> {
  const results = functionNames.map((name) => {
    const peaks = laptop.functions.processIds(`${laptop.environment}-${name}`).map(peakMegabytes);
    if (peaks.length === 0) throw new Error(`There is no process of ${name} to measure.`);
    return judged(`peak memory of ${name}`, Math.max(...peaks), 'MB');
  });
  const sizes = functionNames.map((name) => `${name} ${functionSettings[name].memoryMegabytes}`).join(', ');
  return {
    results,
    notes: [
      'Peak memory: the largest process of each function after all that was measured before on the same platform; code ' +
        `of the laptop's own runtime included. The goal is 70% of what is configured (MB): ${sizes}.`,
    ],
  };
}

/** `VmHWM`: the peak resident set size. See proc(5). */
export function peakMegabytes(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${processId}/status has no VmHWM.`);
  return Number(kilobytes) / 1024;
}
