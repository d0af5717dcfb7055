/**
 * A launch is taken only by a tenant that may launch now, and only while no machine of its account lives under
 * another installation.
 */
import type { AuditedLaunch, Books, Note } from './books.ts';
import { checkTakenRoom } from './check-leases.ts';

export function checkAccounts(books: Books, launch: AuditedLaunch, note: Note): void {
  checkTakenRoom(books, launch, note);
  const tenant = books.rows.tenants.get(launch.tenant as never);
  if (tenant?.status !== 'active') {
    note('inactive-tenant-launched', `${launch.tenant} is ${tenant?.status ?? 'unknown'}, but launched`);
    return;
  }
  const others = books.installationsOf(tenant.accountId);
  others.delete(launch.tenant);
  const elsewhere = books.live().find((machine) => others.has(machine.tenant));
  if (elsewhere) {
    note(
      'account-limit',
      `${launch.tenant} launched while ${elsewhere.id} of ${elsewhere.tenant} was running`,
    );
  }
}
