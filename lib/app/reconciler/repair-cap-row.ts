/**
 * Rewrites the rows of a cap over all tenants that have no number after a manual edit. Until then nothing starts or
 * ends under such a row, so that it need not be watched for a change, as a wrong number must; but what lives under
 * it must be read after it was found. Leases without readable rows are still counted by their tenants. The new
 * count is too low only if a tenant has such a lease, and as many of its other leases end while all this is read;
 * it is corrected once all rows can be read.
 */
import { countLeases, type LeaseCensus } from '../../core/lease-census.ts';
import type { SharedCap } from '../../core/shared-cap.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { openRowsAcrossTenants } from '../common/open-rows.ts';
import { logRepair } from './log-repair.ts';
import { tenantsPerPage } from './reconcile-settings.ts';

/** @returns why rows were left as they are */
export async function repairCapRows(
  deps: ReconcileDeps,
  cap: SharedCap,
  unreadable: readonly UnreadableRow[],
): Promise<OperationalError[]> {
  if (unreadable.length === 0) return [];
  const { runners, launches, isCut } = await openRowsAcrossTenants(deps);
  if (isCut) return leftAlone(unreadable, 'more launches or machines are open than can be counted at once');
  const census = countLeases(runners, launches);
  const { others, unread } = await leasesWithoutRows(deps, census, cap);
  if (unread.length > 0) return leftAlone(unreadable, `tenants cannot be read: ${unread.join(', ')}`);
  for (const { key } of unreadable) {
    const counted = census.byCapRow.get(key) ?? 0;
    // Unlike any number of changes that somebody may have read.
    const changes = deps.clock.now();
    if (!(await deps.launches.repairCapRow({ key, leases: counted + others, changes }))) continue;
    const reason = `${key} held no number; the rows under it hold ${counted}, and tenants count ${others} more.`;
    logRepair(deps, { kind: 'lease-count-corrected', reason });
  }
  return [];
}

const leftAlone = (rows: readonly UnreadableRow[], why: string) =>
  rows.map(({ key, error }) => {
    const message = `The launches row ${key} holds no number, and is not corrected: ${why}.`;
    return new OperationalError(message, { code: error.code, retryable: false, cause: error });
  });

/** What tenants count under the cap beyond their rows, and the first tenants that cannot be read. */
async function leasesWithoutRows(
  { tenants }: ReconcileDeps,
  { byTenant }: LeaseCensus,
  cap: SharedCap,
): Promise<{ others: number; unread: readonly number[] }> {
  let [others, cursor] = [0, undefined as string | undefined];
  do {
    const page = await tenants.listAcrossTenants({ limit: tenantsPerPage, ...(cursor ? { cursor } : {}) });
    const found = await tenants.findAcrossTenants(page.installationIds);
    const readable = new Set(found.map(({ installationId }) => installationId));
    const unread = page.installationIds.filter((installationId) => !readable.has(installationId));
    if (unread.length > 0) return { others, unread };
    for (const { installationId, tierLeases } of found) {
      const rows = byTenant.get(installationId);
      for (const [tier, leases] of tierLeases)
        if (cap.tier === undefined || cap.tier === tier)
          others += Math.max(0, leases - (rows?.get(tier) ?? 0));
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { others, unread: [] };
}
