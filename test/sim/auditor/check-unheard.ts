/**
 * Once the faults have stopped, the reconciler finds every job without webhooks within some runs, and no job waits
 * for a deleted installation.
 */

import { isHeardOf } from './check-transfers.ts';
import type { Ledger, Note } from './ledger.ts';

/** Two runs, and the time of a message. */
const longestSeconds = 700;

/** @param reconciles whether the reconciler runs with this seed */
export function createUnheardCheck(ledger: Ledger, note: Note, reconciles: boolean): () => void {
  const since = new Map<string, number>();
  return () => {
    const found = new Set([...(reconciles ? unheard(ledger) : []), ...waitingForNobody(ledger)]);
    for (const what of found) {
      if (!since.has(what)) since.set(what, ledger.now());
      const seconds = (ledger.now() - since.get(what)!) / 1000;
      if (seconds > longestSeconds) note('job-unheard', `${what}, for ${seconds} s`);
    }
    for (const what of since.keys()) if (!found.has(what)) since.delete(what);
  };
}

function unheard(ledger: Ledger): string[] {
  const { rows, worldJobs, limitedUntil, now, transfers } = ledger;
  const moved = new Set(transfers.map(({ job }) => job));
  const known = new Set([...rows.jobs.values()].map(({ jobId }) => Number(jobId)));
  return [...worldJobs.values()].flatMap((job) => {
    const { id, account, status, isUnlisted } = job;
    const tenant = rows.tenants.get(account.installationId as never);
    const isOurs = status === 'queued' && tenant?.status === 'active' && !account.suspended && !isUnlisted;
    const isLimited = tenant !== undefined && now() < limitedUntil(tenant.installationId);
    // The former owner's row does not count for the new owner.
    const isKnown = moved.has(job) ? isHeardOf(ledger, job) : known.has(id);
    return isOurs && !isLimited && !isKnown ? [`nobody has heard of job ${id}`] : [];
  });
}

const waitingForNobody = ({ rows, worldJobs }: Ledger): string[] =>
  [...rows.jobs.values()].flatMap(({ jobId, installationId, state }) => {
    const isGone = worldJobs.get(jobId)?.account.installationId !== installationId;
    const isUnknown = !rows.tenants.has(installationId);
    return state === 'waiting' && isGone && isUnknown ? [`job ${jobId} waits for ${installationId}`] : [];
  });
