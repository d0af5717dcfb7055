/**
 * An account's last installation before a new one. The index by account may lack what was written within the last seconds, so
 * an account that reinstalls twice in a moment could have two installations follow the same one, and both would have
 * machines. Rows are read by their keys, and each names its successor. While the index shows none of an account's
 * installations, nothing links them.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { TenantStore } from '../../ports/tenants.ts';

/** More installations than an account can make within the seconds that an index lags. */
const mostSuccessors = 20;

/** @param shown the latest that the index shows */
export async function lastInstallation(
  { tenants }: { readonly tenants: TenantStore },
  shown: Tenant,
  before: InstallationId,
): Promise<Tenant> {
  let last = shown;
  for (let steps = 0; steps < mostSuccessors; steps++) {
    if (last.successor === undefined || last.successor === before) break;
    const next = await tenants.get(last.successor);
    if (!next) break;
    last = next;
  }
  return last;
}
