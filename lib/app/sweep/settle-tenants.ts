/**
 * Handles each tenant's pending jobs separately: expires and refuses those that may wait no longer, and asks GitHub what
 * only GitHub knows. Each tenant has its own limits in number and time, and a failure affects only that tenant, so
 * no tenant's long line or failure delays another's. The order is random.
 */
import { forEachConcurrently } from '../../core/for-each-concurrently.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import type { SweepDeps } from '../common/deps.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import { refuseBeyondCap } from '../common/refuse-beyond-cap.ts';
import {
  asksAtOnce,
  asksPerTenant,
  settleMilliseconds,
  settleTenantMilliseconds,
  tenantsAtOnce,
} from '../common/settings.ts';
import { blockedBeyond, type Line } from './count-lines.ts';
import { type Misplaced, moveTier } from './move-tier.ts';
import type { Pending } from './read-pending.ts';
import { rotateRandomly } from './rotate-randomly.ts';
import { expire, isDue, settle } from './sweep-pending-jobs.ts';

export interface Settled {
  /** Jobs that wait again, or in another tier. */
  readonly waiting: readonly Job[];
  /** Jobs that wait no longer. */
  readonly over: ReadonlySet<Job>;
  readonly errors: readonly unknown[];
}

export async function settleTenants(
  deps: SweepDeps,
  pending: Pending,
  misplaced: Misplaced,
): Promise<Settled> {
  const waiting: Job[] = [];
  const over = new Set<Job>();
  const errors: unknown[] = [];
  const until = deps.clock.now() + settleMilliseconds;
  const tenants = [...Map.groupBy(pending.jobs, ({ installationId }) => installationId)];
  await forEachConcurrently(rotateRandomly(tenants, deps), tenantsAtOnce, async ([installationId, jobs]) => {
    const first = new Failures();
    const line = pending.lines.get(installationId);
    if (deps.clock.now() < until)
      for (const job of await refuseTooMany(deps, { installationId, jobs, line, first })) over.add(job);
    const stay = jobs.filter((job) => !over.has(job));
    const ownUntil = Math.min(until, deps.clock.now() + settleTenantMilliseconds);
    const moving = stay.flatMap((job) => (misplaced.has(job) ? [{ job, to: misplaced.get(job)! }] : []));
    await forEachConcurrently(moving, asksAtOnce, async ({ job, to }) => {
      if (deps.clock.now() >= ownUntil) return;
      const moved = await first.catch(moveTier(deps, job, to));
      if (moved) waiting.push(moved);
    });
    // What was read of a job that moves is no longer true.
    const due = stay.filter((job) => !misplaced.has(job) && isDue(deps, job, pending));
    const notAsked = new Set(due);
    const { unanswered } = pending;
    await forEachConcurrently(chosen(due, deps), asksAtOnce, async (job) => {
      if (deps.clock.now() >= ownUntil) return;
      notAsked.delete(job);
      const waits = await first.catch(settle(deps, job, unanswered));
      if (waits === undefined) unanswered.failed(job);
      if (waits) waiting.push(job);
    });
    for (const job of notAsked) unanswered.notAsked(job);
    errors.push(...first.errors);
  });
  return { waiting, over, errors };
}

/** @returns the waiting jobs that are over now */
async function refuseTooMany(
  deps: SweepDeps,
  tenant: { installationId: InstallationId; jobs: readonly Job[]; line: Line | undefined; first: Failures },
): Promise<Job[]> {
  const { installationId, jobs, line, first } = tenant;
  const most = deps.deployment.caps.waitingJobsPerTenant;
  const over: Job[] = [];
  const waiting = jobs.filter(({ state }) => state === 'waiting');
  await forEachConcurrently(waiting, asksAtOnce, async (job) => {
    if (await first.catch(expire(deps, job))) over.push(job);
  });
  if ((line?.waiting ?? 0) > most) await first.catch(refuseBeyondCap(deps, installationId));
  await forEachConcurrently(blockedBeyond(jobs, line, most), asksAtOnce, async (job) => {
    if (await first.catch(refuseBlocked(deps, job, most))) over.push(job);
  });
  return over;
}

async function refuseBlocked(deps: SweepDeps, job: Job, most: number): Promise<boolean> {
  const { installationId, jobId, tier = 'none' } = job;
  const why = reason(
    'blocked-cap',
    `${most} jobs of this installation are already waiting for approval, which is the limit; re-run the job when there are fewer.`,
  );
  const end = { outcome: 'refused', at: deps.clock.now(), reason: why } as const;
  if (!(await deps.jobs.refuseBlocked(installationId, jobId, end))) return false;
  logRefusedJob(deps, { installationId, jobId, tier, reason: why.code });
  return true;
}

/** Those that ran and lost their machine come first; if there are too many others, a random choice of them. */
function chosen(due: readonly Job[], deps: SweepDeps): Job[] {
  const ran = due.filter(({ state }) => state === 'running');
  const blocked = due.filter(({ state }) => state !== 'running');
  return [...rotateRandomly(ran, deps), ...rotateRandomly(blocked, deps)].slice(0, asksPerTenant);
}

/** Keeps one failure, since a failure for one job of a tenant mostly affects all of them. */
class Failures {
  readonly errors: unknown[] = [];

  async catch<Result>(step: Promise<Result>): Promise<Result | undefined> {
    try {
      return await step;
    } catch (error) {
      if (this.errors.length === 0) this.errors.push(error);
      return undefined;
    }
  }
}
