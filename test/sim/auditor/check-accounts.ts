/**
 * A launch is taken only by a tenant that may launch now, and only while no machine of its account lives under
 * another installation.
 */

import { checkTakenRoom } from './check-leases.ts';
import type { AuditedLaunch, Ledger, Note } from './ledger.ts';

export function checkAccounts(ledger: Ledger, launch: AuditedLaunch, note: Note): void {
  checkTakenRoom(ledger, launch, note);
  const tenant = ledger.rows.tenants.get(launch.tenant as never);
  if (tenant?.status !== 'active') {
    note('inactive-tenant-launched', `${launch.tenant} is ${tenant?.status ?? 'unknown'}, but launched`);
    return;
  }
  const others = ledger.installationsOf(tenant.accountId);
  others.delete(launch.tenant);
  const elsewhere = ledger.live().find((machine) => others.has(machine.tenant));
  if (elsewhere) {
    note(
      'account-limit',
      `${launch.tenant} launched while ${elsewhere.id} of ${elsewhere.tenant} was running`,
    );
  }
}
