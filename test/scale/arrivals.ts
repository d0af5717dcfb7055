/**
 * When jobs come: in runs of one to eight jobs at once, three times as many at noon as at midnight, and more of them from some
 * tenants than from others, as it is with real ones. The same seed gives the same day.
 */
import { createMemoryChance } from '../fakes/clock.ts';

export interface Arrival {
  /** Milliseconds from the start of the day. */
  readonly at: number;
  /** From 0. */
  readonly tenant: number;
  readonly jobs: number;
}

const dayMilliseconds = 86_400_000;
const largestRun = 8;

/** Sorted by time; the sizes of the runs add up to `jobs`. */
export function arrivals(day: { tenants: number; jobs: number; seed: number }): Arrival[] {
  const chance = createMemoryChance(day.seed);
  const runs: Arrival[] = [];
  for (let left = day.jobs; left > 0; ) {
    const jobs = Math.min(left, 1 + Math.floor(chance.fraction() * largestRun));
    left -= jobs;
    // Half of the load comes from a quarter of the tenants.
    const reach = chance.fraction() < 0.5 ? 0.25 : 1;
    const tenant = Math.floor(chance.fraction() * reach * day.tenants);
    runs.push({ at: timeOfDay(chance.fraction), tenant, jobs });
  }
  return runs.sort((a, b) => a.at - b.at);
}

/** By rejection from a wave that is highest at noon. */
function timeOfDay(fraction: () => number): number {
  for (;;) {
    const time = fraction();
    if (fraction() * 1.5 < 1 - 0.5 * Math.cos(2 * Math.PI * time)) return Math.floor(time * dayMilliseconds);
  }
}
