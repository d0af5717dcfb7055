/**
 * One machine for each job, and for each job that another's machine took, at most one more. GitHub gives a machine any job
 * whose labels fit, so that the one meant for a taken job may stand down, or hear of none. All is read from the rows.
 */
import { expect } from '@jest/globals';
import type { World } from './world.ts';

/** @param bought the machines since the first of these jobs was queued; all jobs are over, and all is at rest */
export async function expectNoSecondSet(
  { operator }: World,
  { jobIds, bought }: { jobIds: readonly number[]; bought: readonly string[] },
): Promise<void> {
  const all = { jobs: await operator.rows('jobs'), machines: await operator.rows('runners') };
  const jobs = all.jobs.filter((row) => jobIds.includes(Number(row['job_id'])));
  const machines = all.machines.filter((row) => bought.includes(String(row['instance_id'])));
  expect(machines).toHaveLength(bought.length);

  const working = new Set(jobs.map((row) => row['runner']));
  expect(working.size).toBe(jobIds.length);
  const plans = new Map(machines.map((row) => [row['instance_id'], row['planned_job']]));
  const taken = jobs.filter((row) => plans.get(row['runner']) !== row['job_id']).map((row) => row['job_id']);
  const idle = machines.filter((row) => !working.has(row['instance_id'])).map((row) => row['planned_job']);
  const reassigned = new Set(idle.filter((jobId) => taken.includes(jobId)));
  expect(bought.length - reassigned.size).toBe(jobIds.length);
}
