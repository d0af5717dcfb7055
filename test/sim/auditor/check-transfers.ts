/**
 * The jobs of a repository that was transferred: the former owner's rows end without launching machine after machine,
 * to which GitHub would give no job; no other tenant's machine runs them; and if the new owner has the App, the
 * reconciler finds them.
 */
import type { WorldJob } from '../world/context.ts';
import type { Ledger, Note } from './ledger.ts';

/**
 * A machine that was on its way or claims in vain, and a few that failed because of GitHub or AWS. While GitHub accepts no calls
 * for the former owner, nobody can learn that the job is gone.
 */
const mostMachines = 3;

/** Called each minute once the faults have stopped. */
export function checkTransfers(ledger: Ledger, note: Note): void {
  const { quietSince } = ledger;
  if (quietSince === undefined) return;
  for (const { job, former, at } of ledger.transfers) {
    const since = Math.max(at, quietSince, ledger.limitedUntil(former));
    const machines = [...ledger.rows.runners.values()].filter(
      ({ plannedJob, installationId, launchedAt }) =>
        Number(plannedJob) === job.id && Number(installationId) === former && launchedAt > since,
    );
    if (machines.length > mostMachines)
      note(
        'launched-after-transfer',
        `${machines.length} machines of ${former} were launched for job ${job.id} of ${job.repository}`,
      );
  }
}

/** The new owner's tenant has its own row for the job. */
export const isHeardOf = ({ rows }: Ledger, { id, account }: WorldJob) =>
  rows.jobs.has(`${account.installationId}/${id}`);
