/** Once nothing goes wrong any more, a job that its controllers hold is decided within minutes, or refused within an hour. */
import type { Job } from '../../../../lib/core/job.ts';
import type { Books, Note } from '../books.ts';
import { isHeldByControllers } from '../check-waiting.ts';

/** A round of questions, and a sweep that finds out that its message was lost. */
const longestPendingSeconds = 400;

/** Six pauses of 1,530 s together, and a round with each of them. */
const longestHeldSeconds = 3_600;

/** Called each minute. */
export function createHeldByControllersCheck(books: Books, note: Note): () => void {
  const since = new Map<string, { readonly held: number; readonly pending: number }>();
  return () => {
    for (const [key, job] of books.rows.jobs) {
      const isAsked = job.admission?.state === 'asked';
      // With a reason it waits for GitHub's word about its run, for as long as after a controller's failure.
      const isPending = isAsked && job.admission?.reason === undefined;
      const isOpen = isAsked || job.admission?.state === 'unavailable';
      // What it is held for besides is somebody else's to end.
      if (job.state !== 'waiting' || !isOpen || !isHeldByControllers(job) || !isLookedAt(books, job)) {
        since.delete(key);
        continue;
      }
      const now = books.now();
      const before = since.get(key);
      const held = before?.held ?? now;
      const pending = isPending ? (before?.pending ?? now) : now;
      since.set(key, { held, pending });
      if (now > pending + longestPendingSeconds * 1000)
        note('asked-for-ever', `job ${key} waits for its controllers since ${(now - pending) / 1000} s`);
      if (now > held + longestHeldSeconds * 1000)
        note('held-for-ever', `job ${key} is held by its controllers since ${(now - held) / 1000} s`);
    }
  };
}

/** Whoever waits behind many others is looked at when its turn comes, and not before. */
const firstInLine = 10;

function isLookedAt({ rows }: Books, job: Job): boolean {
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

/** Of those that came in the same moment the smaller id. */
const isBefore = (one: Job, other: Job) =>
  placeOf(one) === placeOf(other) ? one.jobId < other.jobId : placeOf(one) < placeOf(other);

const placeOf = ({ retryAt, queuedAt }: Job) => retryAt ?? queuedAt;
