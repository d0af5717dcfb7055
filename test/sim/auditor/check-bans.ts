/**
 * A tenant that the operator suspended stays suspended, whatever the account does, until the operator lifts it or the
 * installation is gone.
 */
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { Ledger, Note } from './ledger.ts';

export function checkBans(ledger: Ledger, note: Note): void {
  for (const row of ledger.rows.tenants.values()) {
    if (!ledger.knownTenants.has(row.installationId)) inherit(ledger, row);
    if (ledger.bans.get(row.installationId) && !isBanned(row)) {
      note(
        'ban-lifted',
        `${row.installationId} is ${row.status}, set by ${row.suspendedBy ?? 'the operator'}`,
      );
    }
  }
}

/** A reinstallation inherits the predecessor's state when it is created. */
function inherit({ knownTenants, bans }: Ledger, { installationId, predecessor }: Tenant): void {
  knownTenants.add(installationId);
  if (predecessor !== undefined && bans.get(predecessor)) bans.set(installationId, true);
}

function isBanned({ status, statusBeforeDeletion, suspendedBy }: Tenant): boolean {
  if (status === 'deleted' && statusBeforeDeletion === undefined) return true;
  return (status === 'deleted' ? statusBeforeDeletion : status) === 'suspended' && suspendedBy !== 'github';
}
