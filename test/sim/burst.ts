/**
 * One tenant, many short jobs at once, and a world without faults: ideally as many machines start as there are jobs.
 * GitHub gives each job to whichever machine listens first, and boot times differ by more than the jobs last.
 */
import { createCalmWorld } from './calm-world.ts';

export interface Burst {
  readonly seed: number;
  readonly jobs: number;
  readonly longestJobSeconds: number;
  readonly maxRunners: number;
}

export interface BurstOutcome {
  readonly machines: number;
  readonly done: number;
  readonly log: readonly string[];
}

export async function burst({ seed, jobs, longestJobSeconds, maxRunners }: Burst): Promise<BurstOutcome> {
  const world = createCalmWorld({ seed, maxRunners });
  const { random, scheduler, auditor, rows, log } = world;
  await world.addTenant();
  for (let n = 0; n < jobs; n++) {
    const durationSeconds = random.between(2, longestJobSeconds);
    scheduler.after(random.between(0, 2_000), () => world.queueJob(durationSeconds));
  }
  await world.runUntil(3_600);
  const done = [...rows.jobs.values()].filter(({ outcome }) => outcome === 'completed').length;
  return { machines: auditor.ledger.machines.size, done, log: log.lines };
}
