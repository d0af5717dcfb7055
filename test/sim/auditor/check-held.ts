/**
 * A job that GitHub holds for an approval stays held here until GitHub releases it. Events from before the hold do
 * not release it, however late they arrive, and whoever delivers them again.
 */
import type { Ledger, Note } from './ledger.ts';

/** Called as jobs are held and released. */
export function checkHeld(ledger: Ledger, note: Note): void {
  for (const [key, job] of ledger.rows.jobs) {
    const since = ledger.heldSince.get(key);
    if (job.state === 'blocked') {
      ledger.heldSince.set(key, job.unsettledAt ?? ledger.now());
      continue;
    }
    ledger.heldSince.delete(key);
    const isHeldOnGitHub = ledger.worldJobs.get(job.jobId)?.status === 'waiting';
    if (since === undefined || !isHeldOnGitHub || job.state !== 'waiting') continue;
    note('opened-although-held', `job ${key} waits for a machine, but GitHub still holds it`);
  }
}
