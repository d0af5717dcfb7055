import { describe, expect, it } from '@jest/globals';
import { keptSeeds } from './seeds.ts';
import { simulate } from './simulate.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/**
 * 2,000 seeds combine every kind of fault with every other: half of them here, half in further-seeds.test.ts, since Node
 * compiles what a process runs for each process anew. `npm run sim` runs any number of further seeds.
 */
const half = { from: 1, seeds: 1000 };

describe('the simulation', () => {
  it('holds every invariant for the first 1000 seeds', () => {
    expect(simulateSeeds(half)).toMatchObject({ status: 0, seeds: 1000, violations: [] });
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
