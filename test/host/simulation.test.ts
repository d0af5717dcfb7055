import { describe, expect, it } from '@jest/globals';
import { simulate } from './sim/simulate-host.ts';

/** `npm run sim -- --host` runs any number of further seeds. */
const seeds = 60;

describe('the simulation of a single host', () => {
  const totals = { jobs: 0, machines: 0, deaths: 0 };

  it(`holds every invariant in ${seeds} runs`, async () => {
    const broken: unknown[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations, jobs, machines, deaths } = await simulate(seed);
      if (violations.length > 0) broken.push({ seed, violations });
      totals.jobs += jobs;
      totals.machines += machines;
      totals.deaths += deaths;
    }
    expect(broken).toEqual([]);
  });

  it('covers supervisors that die while jobs run on', () => {
    expect(totals.jobs).toBeGreaterThan(10 * seeds);
    expect(totals.machines).toBeGreaterThan(totals.jobs);
    expect(totals.deaths).toBeGreaterThan(seeds);
  });

  it('repeats the same run for the same seed, event for event', async () => {
    const [first, second] = [await simulate(7, { log: true }), await simulate(7, { log: true })];
    expect(first.log.length).toBeGreaterThan(50);
    expect(second.log).toEqual(first.log);
  });
});
