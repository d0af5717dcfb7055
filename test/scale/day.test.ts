/** A hundredth of the simulated day of docs/SCALE.md: what holds for it must hold before the whole is worth its minutes. */
import { describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { arrivals } from './arrivals.ts';
import { simulateDay } from './simulate-day.ts';

const copies = 40;

describe('a day of 100 tenants and 10,000 jobs', () => {
  it('ends every job, breaks no limit, and uses a free lease within two seconds', async () => {
    const few = await simulateDay({ tenants: 10, jobs: 1_000, copies, seed: 1 });
    const many = await simulateDay({ tenants: 100, jobs: 10_000, copies, seed: 1 });
    expect(many).toMatchObject({ jobs: 10_000, jobsDone: 10_000, limitsBroken: [], messagesFailed: 0 });
    expect(many.freeToLaunched.samples).toBeGreaterThan(1_000);
    expect(many.freeToLaunched.p99).toBeLessThan(2_000);
    expect(many.callsPerJob).toBeLessThanOrEqual(1.05 * few.callsPerJob);
  });
});

describe('a day in which EC2 is slow', () => {
  it('is found out: leases lie free for longer than two seconds', async () => {
    const day = { tenants: 10, jobs: 1_000, copies, seed: 1, createFleetMilliseconds: 2_500 };
    const { freeToLaunched, limitsBroken } = await simulateDay(day);
    expect(freeToLaunched.p99).toBeGreaterThan(2_000);
    expect(limitsBroken).toEqual([]);
  });
});

describe('the arrivals of a day', () => {
  const day = arrivals({ tenants: 100, jobs: 10_000, seed: 1 });

  it('are as many as asked for, in order, and the same for the same seed', () => {
    expect(day.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(10_000);
    expect(nonEmpty(day).every(({ at }, n) => n === 0 || at >= day[n - 1]!.at)).toBe(true);
    expect(arrivals({ tenants: 100, jobs: 10_000, seed: 1 })).toEqual(day);
  });

  it('come from a quarter of the tenants more than half of the time', () => {
    const busy = day.filter(({ tenant }) => tenant < 25).length / day.length;
    expect(busy).toBeGreaterThan(0.5);
    expect(new Set(day.map(({ tenant }) => tenant)).size).toBe(100);
  });
});
