import { describe, expect, it } from '@jest/globals';
import { burst } from './burst.ts';

const shapes = [
  { jobs: 60, longestJobSeconds: 10, maxRunners: 60 },
  { jobs: 60, longestJobSeconds: 40, maxRunners: 60 },
  { jobs: 60, longestJobSeconds: 20, maxRunners: 20 },
];

describe('a burst of jobs that are shorter than the differences in boot time', () => {
  it.each(shapes)(
    'starts at most 3% more machines than jobs ($jobs of up to $longestJobSeconds s, $maxRunners at once)',
    async (shape) => {
      let machines = 0;
      let jobs = 0;
      for (let seed = 1; seed <= 3; seed++) {
        const outcome = await burst({ ...shape, seed });
        expect(outcome.done).toBe(shape.jobs);
        machines += outcome.machines;
        jobs += shape.jobs;
      }
      expect(machines / jobs).toBeLessThanOrEqual(1.03);
      expect(machines).toBeGreaterThanOrEqual(jobs * 0.97);
    },
  );
});
