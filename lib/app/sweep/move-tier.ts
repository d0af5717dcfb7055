/**
 * The configuration may change while jobs wait: a tier gets another name or other labels, or is removed. A job then moves to
 * the tier that has its labels now, as if it were queued again, with its place in the line. If there is none, it waits where
 * it is until it expires, because the operator may bring its tier back (docs/adr/0108).
 */
import type { TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { tierFor } from '../../core/labels.ts';
import type { SweepDeps } from '../common/deps.ts';

/** The waiting jobs whose labels name another tier than theirs, each with that tier. */
export type Misplaced = ReadonlyMap<Job, TierName>;

export function findMisplaced(deps: SweepDeps, jobs: readonly Job[]): Misplaced {
  // Most jobs have the same labels as another one.
  const known = new Map<string, TierName | undefined>();
  const tierNow = ({ labels }: Job) => {
    const key = JSON.stringify(labels);
    if (!known.has(key)) known.set(key, tierFor(labels, deps.deployment.tiers)?.name);
    return known.get(key);
  };
  return new Map(
    jobs.flatMap((job) => {
      const to = job.state === 'waiting' ? tierNow(job) : undefined;
      return to === undefined || to === job.tier ? [] : [[job, to] as const];
    }),
  );
}

/** @returns the job as it waits now; undefined: it changed meanwhile, and the next sweep looks again */
export async function moveTier(deps: SweepDeps, job: Job, to: TierName): Promise<Job | undefined> {
  if (!(await deps.jobs.moveTier(job, to))) return undefined;
  const { installationId, jobId, tier: from } = job;
  const about = { installationId, jobId, tier: to, from, kind: 'job-moved-to-tier' };
  deps.telemetry.event('info', 'repair', about, { Repairs: 1 });
  return { ...job, tier: to };
}
