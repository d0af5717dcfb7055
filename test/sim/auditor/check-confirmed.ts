/**
 * A message about a new job is confirmed only once a row has the job: afterwards nobody but the reconciler would know
 * of it.
 */
import type { Ledger, Note } from './ledger.ts';

export function checkConfirmed(ledger: Ledger, body: string, note: Note): void {
  // Most messages are about something else.
  if (!body.includes('"queued"')) return;
  const { kind, action, installationId, jobId } = JSON.parse(body) as Record<string, unknown>;
  if (kind !== 'job' || action !== 'queued' || ledger.rows.jobs.has(`${installationId}/${jobId}`)) return;
  note(
    'done-without-a-row',
    `the message about job ${installationId}/${jobId} was deleted, but the job has no row`,
  );
}
