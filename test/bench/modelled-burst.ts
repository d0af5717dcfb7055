/**
 * A burst in virtual time: what the design achieves with AWS's latencies. Any time beyond that in a measured burst is
 * this machine's processor time.
 */
import { noon } from '../support/given.ts';
import { createModelledPlatform, type PlatformShape } from './modelled-platform.ts';

export interface BurstShape extends PlatformShape {
  readonly jobsOfEach: number;
}

export interface ModelledBurst {
  /** From the first webhook to the last CreateFleet call, seconds. */
  readonly lastSent: number;
  readonly launches: number;
  /** Failed conditions, of notes and of transactions that take leases. */
  readonly failedWrites: number;
}

export async function modelBurst(shape: BurstShape): Promise<ModelledBurst> {
  const { tenants, jobsOfEach } = shape;
  const platform = await createModelledPlatform(shape);
  const jobs = tenants * jobsOfEach;
  platform.queueJobs(Array.from({ length: jobs }, (_, n) => (n % tenants) + 1));
  await platform.runUntilServed(jobs, 60);
  const { sentAt, failedWrites } = platform.seen;
  return { lastSent: (Math.max(...sentAt) - noon) / 1000, launches: sentAt.length, failedWrites };
}
