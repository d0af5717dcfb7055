/**
 * A tenant is deleted only once its installation is gone on GitHub: a deleted id never comes back, so nothing would
 * ever correct a wrong deletion.
 */
import type { Ledger, Note } from './ledger.ts';

export function checkDeletions(ledger: Ledger, note: Note): void {
  for (const { installationId, status } of ledger.rows.tenants.values()) {
    if (status === 'deleted' && ledger.isInstalled(installationId))
      note('tenant-lost', `${installationId} is deleted here, but installed on GitHub`);
  }
}
