/**
 * How long a job pauses after its machines ended without running it. It is never given up: the pauses grow,
 * which limits its cost, and GitHub reports when it is over. A machine that ran another job of the tenant
 * did not fail, and does not count.
 */
import type { TierName } from './ids.ts';
import type { Job } from './job.ts';
import { type Reason, reason } from './reason.ts';

/** What a job keeps when it waits again. */
export interface Rest {
  /** Where it waits. */
  readonly tier: TierName;
  /** Its state from now on. */
  readonly replacements: number;
  /** Absent: it may have a machine at once. Otherwise its place in the line is at this time. */
  readonly retryAt?: number;
}

export interface Again {
  readonly reason: Reason;
  readonly rest?: Rest;
}

/** This many machines may end without running the job before it rests for the first time. */
export const freeReplacements = 2;
const firstPauseSeconds = 60;
const longestPauseSeconds = 3600;

/** Another machine ended without running it. `why` is what happened to that one. */
export function afterLoss(job: Job, why: Reason, now: number): Again {
  const replacements = (job.replacements ?? 0) + 1;
  if (!job.tier) return { reason: why };
  const { tier } = job;
  if (replacements <= freeReplacements) return { reason: why, rest: { tier, replacements } };
  return restingUntil(job, now + pauseSeconds(replacements) * 1000, replacements);
}

/** GitHub kept refusing its machine a runner: it rests in any case. */
export function afterRefusal(job: Job, why: Reason, now: number): Again {
  const replacements = (job.replacements ?? 0) + 1;
  if (!job.tier) return { reason: why };
  const retryAt = now + pauseSeconds(Math.max(replacements, freeReplacements + 1)) * 1000;
  return { reason: why, rest: { tier: job.tier, replacements, retryAt } };
}

function restingUntil(job: Job, retryAt: number, replacements: number): Again {
  const why = reason(
    'runners-lost',
    `${replacements} machines were launched for it, but none of them ran a job; the next one starts after ${new Date(retryAt).toISOString()}. Check the organization's runner groups, and the log of its last machine.`,
  );
  return job.tier ? { reason: why, rest: { tier: job.tier, replacements, retryAt } } : { reason: why };
}

function pauseSeconds(replacements: number): number {
  return Math.min(firstPauseSeconds * 2 ** (replacements - freeReplacements - 1), longestPauseSeconds);
}

export const isResting = ({ retryAt }: Job, now: number): boolean => retryAt !== undefined && now < retryAt;
