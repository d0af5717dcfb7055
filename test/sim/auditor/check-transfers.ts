/**
 * What becomes of the jobs of a repository that was transferred: the former owner's rows end without machine after machine, which
 * GitHub would give no job; no other tenant's machine runs them; and where the new owner has the App, the reconciler finds them.
 */
import type { WorldJob } from '../world/context.ts';
import type { Books, Note } from './books.ts';

/** One that was on its way or asks in vain, and a few that GitHub or AWS failed. */
const mostMachines = 3;

/** Each minute, once nothing goes wrong any more. */
export function checkTransfers(books: Books, note: Note): void {
  const { quietSince } = books;
  if (quietSince === undefined) return;
  for (const { job, former, at } of books.transfers) {
    const since = Math.max(at, quietSince);
    const machines = [...books.rows.runners.values()].filter(
      ({ plannedJob, installationId, launchedAt }) =>
        Number(plannedJob) === job.id && Number(installationId) === former && launchedAt > since,
    );
    if (machines.length > mostMachines)
      note(
        'launched-for-what-left',
        `${machines.length} machines of ${former} were launched for job ${job.id} of ${job.repository}`,
      );
  }
}

/** The new owner's tenant has a row of its own of it. */
export const isHeardOf = ({ rows }: Books, { id, account }: WorldJob) =>
  rows.jobs.has(`${account.installationId}/${id}`);
