/** Runs many seeds in a process of their own, because in Jest's sandbox the same seeds take half as long again. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../docs/markdown.ts';

export function simulateSeeds({ from, seeds }: { readonly from: number; readonly seeds: number }) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const script = join(root, 'test', 'sim', 'sim.ts');
  // Most objects of a run are garbage after its next step: with a larger young generation, Node collects it a
  // quarter as often. And most of its code runs often enough to be worth compiling at its first call.
  const flags = ['--max-semi-space-size=64', '--always-sparkplug'];
  const args = [...flags, script, '--seed-from', String(from), '--seeds', String(seeds), '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  if (stdout === '') throw new Error(`The simulation ended with ${status}: ${stderr}`);
  return { status, ...(JSON.parse(stdout) as { seeds: number; violations: readonly unknown[] }) };
}
