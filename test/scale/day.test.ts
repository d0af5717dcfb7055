/** A hundredth of the simulated day of docs/SCALE.md: what holds for it must hold before the whole is worth its minutes. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { arrivals } from './arrivals.ts';
import type { DayReport } from './day-report.ts';
import type { Day } from './simulate-day.ts';

const script = fileURLToPath(new URL('./simulate-days.ts', import.meta.url));

/** One after the other, in a process of their own. */
function simulate(...days: readonly Omit<Day, 'copies' | 'seed'>[]): DayReport[] {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const input = JSON.stringify(days.map((day) => ({ ...day, copies: 40, seed: 1 })));
  // Most of what a day makes is gone with its next step: with more room for it, Node collects it a quarter as often.
  const args = ['--max-semi-space-size=64', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env, input });
  if (status !== 0) throw new Error(`The simulation ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as DayReport[];
}

describe('a day of 100 tenants and 10,000 jobs', () => {
  it('ends every job, breaks no limit, and uses a free lease within two seconds', () => {
    const [few, many] = simulate({ tenants: 10, jobs: 1_000 }, { tenants: 100, jobs: 10_000 });
    expect(many).toMatchObject({ jobs: 10_000, jobsDone: 10_000, limitsBroken: [], messagesFailed: 0 });
    expect(many!.freeToLaunched.samples).toBeGreaterThan(1_000);
    expect(many!.freeToLaunched.p99).toBeLessThan(2_000);
    expect(many!.callsPerJob).toBeLessThanOrEqual(1.05 * few!.callsPerJob);
  });
});

describe('a day in which EC2 is slow', () => {
  it('is found out: leases lie free for longer than two seconds', () => {
    const [slow] = simulate({ tenants: 10, jobs: 1_000, createFleetMilliseconds: 2_500 });
    expect(slow!.freeToLaunched.p99).toBeGreaterThan(2_000);
    expect(slow!.limitsBroken).toEqual([]);
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
