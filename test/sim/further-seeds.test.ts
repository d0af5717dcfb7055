import { expect, it } from '@jest/globals';
import { simulateSeeds } from './simulate-seeds.ts';

/** The second half of the 2,000 seeds of sim.test.ts: it may run beside the first one. */
it('holds every invariant for the 1000 seeds from 1001 on', () => {
  expect(simulateSeeds({ from: 1001, count: 1000 })).toMatchObject({
    status: 0,
    seeds: 1000,
    violations: [],
  });
});
