/**
 * A job that GitHub holds for an approval stays held here until GitHub releases it. Events from before the hold do
 * not release it, however late they arrive, and whoever delivers them again.
 */
import type { Books, Note } from './books.ts';

/** Called as jobs are held and released. */
export function checkHeld(books: Books, note: Note): void {
  for (const [key, job] of books.rows.jobs) {
    const since = books.heldSince.get(key);
    if (job.state === 'blocked') {
      books.heldSince.set(key, job.unsettledAt ?? books.now());
      continue;
    }
    books.heldSince.delete(key);
    const isHeldOnGitHub = books.worldJobs.get(job.jobId)?.status === 'waiting';
    if (since === undefined || !isHeldOnGitHub || job.state !== 'waiting') continue;
    note('opened-although-held', `job ${key} waits for a machine, but GitHub still holds it`);
  }
}
