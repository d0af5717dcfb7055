/**
 * Seeds of the simulator as tests that judge mutants: of the use cases, most decisions are about time and order, and an
 * invariant sees what no example thought of. `npm test` runs 2,000 of them, so this file is not one of its suites.
 */
import { describe, expect, it } from '@jest/globals';
import { simulate } from '../sim/simulate.ts';

/** As many as take a few seconds together: whatever survives all of them has run that long. */
const seeds = 40;

describe('the simulation', () => {
  it.each(Array.from({ length: seeds }, (_, n) => n + 1))(
    'holds every invariant for seed %i',
    async (seed) => {
      expect((await simulate(seed)).violations).toEqual([]);
    },
  );
});
