import { describe, expect, it } from '@jest/globals';
import { keptSeeds } from './seeds.ts';
import { simulate } from './simulate.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/**
 * 2,000 seeds combine every kind of fault with every other: half of them here, half in further-seeds.test.ts, since Node
 * compiles what a process runs for each process anew. `npm run sim` runs any number of further seeds.
 */
const half = { from: 1, count: 1000 };
/** The others are among those. */
const beyond = [...new Set(keptSeeds.map(({ seed }) => seed))].filter((seed) => seed > half.count);

let outcomes: ReturnType<typeof simulateSeeds> | undefined;
/** One process runs them all, at the first call: whatever has run a thousand seeds runs another one in half the time. */
const simulated = () => (outcomes ??= simulateSeeds({ ...half, also: beyond }));

describe('the simulation', () => {
  it('holds every invariant for the first 1000 seeds', () => {
    expect(simulated()).toMatchObject({ status: 0, seeds: 1000 + beyond.length, violations: [] });
  });

  it.each(keptSeeds)('holds every invariant for seed $seed, which once found: $found', ({ seed }) => {
    expect(simulated().violations.filter((violation) => violation.seed === seed)).toEqual([]);
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

  it('has machines that run jobs', () => {
    expect(simulated().machines).toBeGreaterThan(5_000);
  });
});
