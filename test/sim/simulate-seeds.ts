/** Runs many seeds in a process of their own, with V8's flags that suit them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../docs/markdown.ts';

interface Seeds {
  readonly from: number;
  readonly count: number;
  /** Further ones, one by one. */
  readonly also?: readonly number[];
}

interface Outcomes {
  readonly seeds: number;
  readonly machines: number;
  readonly violations: readonly { readonly seed: number; readonly invariant: string }[];
}

export function simulateSeeds({ from, count, also = [] }: Seeds) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const script = join(root, 'test', 'sim', 'sim.ts');
  // Most objects of a run are garbage after its next step: with a larger young generation, Node collects it a
  // quarter as often. And most of its code runs often enough to be worth compiling at its first call.
  const flags = ['--max-semi-space-size=64', '--always-sparkplug'];
  const which = [
    '--seed-from',
    `${from}`,
    '--seeds',
    `${count}`,
    ...also.flatMap((seed) => ['--also', `${seed}`]),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, script, ...which, '--json'], {
    encoding: 'utf8',
    env,
  });
  if (stdout === '') throw new Error(`The simulation ended with ${status}: ${stderr}`);
  return { status, ...(JSON.parse(stdout) as Outcomes) };
}
