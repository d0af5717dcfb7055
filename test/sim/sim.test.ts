import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../docs/markdown.ts';
import { keptSeeds } from './seeds.ts';
import { simulate } from './simulate.ts';

/**
 * 2,000 seeds combine every kind of fault with every other; `npm run sim` runs any number of further seeds. In four parts, each
 * of which a busy machine can do within a test's time.
 */
const firstSeeds = [1, 501, 1001, 1501];
const seeds = 500;

/** In a separate process, because in Jest's sandbox the same seeds take half as long again. */
function simulateSeeds(from: number) {
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

describe('the simulation', () => {
  it.each(firstSeeds)(`holds every invariant for the ${seeds} seeds from %d on`, (from) => {
    expect(simulateSeeds(from)).toMatchObject({ status: 0, seeds, violations: [] });
  });

  it.each(keptSeeds)('holds every invariant for seed $seed, which once found: $found', async ({ seed }) => {
    expect((await simulate(seed)).violations).toEqual([]);
  });

  it('logs the same events for the same seed', async () => {
    const first = await simulate(33, { log: true });
    const second = await simulate(33, { log: true });
    expect(first.log.length).toBeGreaterThan(100);
    expect(second.log).toEqual(first.log);
  });

  it('logs other events for another seed', async () => {
    expect((await simulate(33, { log: true })).log).not.toEqual((await simulate(34, { log: true })).log);
  });

  it('has machines that run jobs', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map((seed) => simulate(seed)));
    expect(outcomes.reduce((sum, { machines }) => sum + machines, 0)).toBeGreaterThan(10);
  });
});
