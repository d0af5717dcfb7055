/**
 * Writes anew the row of a cap over all tenants in which a hand left no number. Until then nothing starts or ends under that row,
 * so that it need not be watched for a change, as a wrong number must. The new count is never too low: leases without rows are still
 * counted by their tenants.
 */
import type { LeaseCensus } from '../../core/lease-census.ts';
import type { SharedCap } from '../../core/shared-cap.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { logRepair } from './log-repair.ts';
import { tenantsPerPage } from './reconcile-settings.ts';

export async function mendCapRow(
  deps: ReconcileDeps,
  census: LeaseCensus,
  { cap, key }: { cap: SharedCap; key: string },
): Promise<void> {
  const others = await leasesWithoutRows(deps, census, cap);
  // The sweep names the row each minute.
  if (others === undefined) return;
  const counted = census.byCapRow.get(key) ?? 0;
  // Unlike any number of changes that somebody may have read.
  const changes = deps.clock.now();
  if (!(await deps.launches.mendCapRow({ key, leases: counted + others, changes }))) return;
  const reason = `${key} held no number; the rows under it hold ${counted}, and tenants count ${others} more.`;
  logRepair(deps, { kind: 'lease-count-corrected', reason });
}

/** @returns what tenants count under the cap beyond their rows; undefined: not all tenants can be read */
async function leasesWithoutRows(
  { tenants }: ReconcileDeps,
  { byTenant }: LeaseCensus,
  cap: SharedCap,
): Promise<number | undefined> {
  let [all, cursor] = [0, undefined as string | undefined];
  do {
    const page = await tenants.listAcrossTenants({ limit: tenantsPerPage, ...(cursor ? { cursor } : {}) });
    const found = await tenants.findAcrossTenants(page.installationIds);
    if (found.length < page.installationIds.length) return undefined;
    for (const { installationId, tierLeases } of found) {
      const rows = byTenant.get(installationId);
      for (const [tier, leases] of tierLeases)
        if (cap.tier === undefined || cap.tier === tier) all += Math.max(0, leases - (rows?.get(tier) ?? 0));
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}
