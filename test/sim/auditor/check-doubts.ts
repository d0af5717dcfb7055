/**
 * A job that GitHub denies is closed for that only while the denials continue: after seven minutes without an answer about it,
 * the doubt begins anew.
 */
import type { InstallationId, JobId } from '../../../lib/core/ids.ts';
import { jobKey } from '../../fakes/world.ts';
import type { AuditedCall } from './admission/check-facts.ts';
import type { Ledger, Note } from './ledger.ts';

const longestSilenceMilliseconds = 420_000;

export function createDoubtsCheck({ rows }: Ledger, note: Note) {
  /** When GitHub last denied each doubted job, by its row. */
  const denied = new Map<string, number>();

  return {
    /** After each call that doubts or ends a job. */
    called({ given }: AuditedCall): void {
      const [tenant, jobId, end] = given as [InstallationId, JobId, { at?: number; doubtedSince?: number }?];
      const key = jobKey(tenant, jobId);
      const job = rows.jobs.get(key);
      const before = denied.get(key);
      if (job?.goneSaidAt === undefined) denied.delete(key);
      else denied.set(key, job.goneSaidAt);
      if (end?.doubtedSince === undefined || job?.state !== 'done' || job.doneAt !== end.at) return;
      if (before === undefined || end.at! - before <= longestSilenceMilliseconds) return;
      const seconds = Math.round((end.at! - before) / 1000);
      note(
        'closed-after-silence',
        `job ${key} was closed after ${seconds} s in which GitHub did not deny it`,
      );
    },
  };
}
