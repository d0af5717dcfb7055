/**
 * What is known of an account's installations. The index by account may lack what was written within the last seconds, so the
 * newest installation is recorded in a row of the account, too, in the transaction that creates its tenant. That row is read
 * consistently, and first: no installation is in neither. The index alone has those that were created before there was
 * such a row, or after somebody deleted it.
 */
import { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { AccountRow, TenantStore } from '../../ports/tenants.ts';

export interface AccountNow extends AccountRow {
  /** The latest of the other installations whose rows are there. */
  readonly latest: Tenant | undefined;
  /**
   * GitHub's ids grow: of two installations of an account, the one with the lower id was uninstalled before the other was
   * created, whatever a late event caused here. Of two reinstallations within seconds only the newer one may start.
   */
  readonly isSuperseded: boolean;
}

export async function readAccount(
  { tenants }: { readonly tenants: TenantStore },
  { accountId, installationId }: { readonly accountId: number; readonly installationId: InstallationId },
): Promise<AccountNow> {
  const recorded = await tenants.newestOfAccount(accountId);
  const shown = await tenants.findByAccount(accountId);
  const last = recorded === undefined ? undefined : await tenants.get(recorded);
  const others = [...shown, ...(last ? [last] : [])]
    .filter((tenant) => tenant.installationId !== installationId)
    .sort((one, other) => other.installationId - one.installationId);
  const newest = InstallationId(Math.max(installationId, recorded ?? 0, others[0]?.installationId ?? 0));
  return { recorded, newest, latest: others[0], isSuperseded: newest !== installationId };
}
