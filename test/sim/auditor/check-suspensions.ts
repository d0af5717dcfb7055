/**
 * Once the faults have stopped, a tenant's row agrees within some runs of the reconciler with what its account did to the
 * installation, whatever was lost, and however old GitHub's answer was when the account suspended or unsuspended it.
 */
import type { Account } from '../world/context.ts';
import type { Ledger, Note } from './ledger.ts';

/** Two runs, and the time of a message. */
const longestSeconds = 700;

/** @param reconciles whether the reconciler runs with this seed */
export function createSuspensionCheck(ledger: Ledger, note: Note, reconciles: boolean): () => void {
  const since = new Map<Account, number>();
  return () => {
    if (!reconciles) return;
    for (const account of new Set([...ledger.worldJobs.values()].map((job) => job.account))) {
      if (agrees(ledger, account)) {
        since.delete(account);
        continue;
      }
      if (!since.has(account)) since.set(account, ledger.now());
      const seconds = (ledger.now() - since.get(account)!) / 1000;
      const is = account.suspended ? 'suspended' : 'not suspended';
      if (seconds > longestSeconds)
        note('suspension-unheard', `${account.login} is ${is} on GitHub, unlike its row, for ${seconds} s`);
    }
  };
}

function agrees(ledger: Ledger, { installationId = 0, suspended }: Account): boolean {
  const tenant = ledger.rows.tenants.get(installationId as never);
  // While GitHub limits the tenant, nobody can ask.
  if (!tenant || ledger.now() < ledger.limitedUntil(installationId)) return true;
  const isSuspended = tenant.status === 'suspended' && tenant.suspendedBy === 'github';
  return suspended ? tenant.status !== 'active' : !isSuspended;
}
