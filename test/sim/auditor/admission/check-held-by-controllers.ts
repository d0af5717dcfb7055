/**
 * Once all faults have stopped, a job that is held for its controllers is decided within minutes, or refused within
 * an hour.
 */
import type { Job } from '../../../../lib/core/job.ts';
import { isHeldByControllers } from '../check-waiting.ts';
import type { Ledger, Note } from '../ledger.ts';

/** A round of questions, and a sweep that finds that its message was lost. */
const longestPendingSeconds = 400;

/** Six pauses of 1,530 s together, each with a round. */
const longestHeldSeconds = 3_600;

/** Called each minute. */
export function createHeldByControllersCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<string, { readonly held: number; readonly pending: number }>();
  return () => {
    for (const [key, job] of ledger.rows.jobs) {
      const isAsked = job.admission?.state === 'asked';
      // With a reason, it waits for GitHub's answer about its run, for as long as after a controller's failure.
      const isPending = isAsked && job.admission?.reason === undefined;
      const isOpen = isAsked || job.admission?.state === 'unavailable';
      // If it is also held for another reason, controllers cannot end that.
      if (job.state !== 'waiting' || !isOpen || !isHeldByControllers(job) || !isLookedAt(ledger, job)) {
        since.delete(key);
        continue;
      }
      const now = ledger.now();
      const before = since.get(key);
      // GitHub may accept no calls of a tenant for an hour, about which no controller can do anything.
      const isLimited = isAsked && !isPending && now < ledger.limitedUntil(job.installationId);
      const held = isLimited ? now : (before?.held ?? now);
      const pending = isPending ? (before?.pending ?? now) : now;
      since.set(key, { held, pending });
      if (now > pending + longestPendingSeconds * 1000)
        note('asked-forever', `job ${key} has waited for its controllers for ${(now - pending) / 1000} s`);
      if (now > held + longestHeldSeconds * 1000)
        note('held-forever', `job ${key} has been held by its controllers for ${(now - held) / 1000} s`);
    }
  };
}

/** A job behind many others is looked at only when its turn comes. */
const firstInLine = 10;

function isLookedAt({ rows }: Ledger, job: Job): boolean {
  const tenant = rows.tenants.get(job.installationId);
  if (tenant?.status !== 'active' || tenant.predecessor !== undefined) return false;
  const before = [...rows.jobs.values()].filter(
    (other) =>
      other.state === 'waiting' &&
      other.installationId === job.installationId &&
      other.tier === job.tier &&
      isBefore(other, job),
  );
  return before.length < firstInLine;
}

/** For jobs that came at the same moment, the smaller id comes first. */
const isBefore = (one: Job, other: Job) =>
  placeOf(one) === placeOf(other) ? one.jobId < other.jobId : placeOf(one) < placeOf(other);

const placeOf = ({ retryAt, queuedAt }: Job) => retryAt ?? queuedAt;
