/** Counting leases of a tenant on and off in memory: one change of its row, as in the transactions of DynamoDB. */
import type { InstallationId, TierName } from '../../lib/core/ids.ts';
import { countInCap } from './lines.ts';
import type { Rows } from './world.ts';

export interface Counted {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly capRows?: readonly string[];
}

/** @param leases below zero: they go back. A tenant whose row somebody deleted counts nothing any more. */
export function countLeases(
  rows: Rows,
  { installationId, tier, capRows = [] }: Counted,
  leases: number,
): void {
  for (const key of capRows) countInCap(rows, key, leases);
  const tenant = rows.tenants.get(installationId);
  if (!tenant) return;
  const tierLeases = new Map(tenant.tierLeases).set(tier, (tenant.tierLeases.get(tier) ?? 0) + leases);
  // As the adapter reads it, a tier without leases is not there.
  if (tierLeases.get(tier) === 0) tierLeases.delete(tier);
  rows.tenants.set(installationId, {
    ...tenant,
    tierLeases,
    leases: tenant.leases + leases,
    leaseChanges: tenant.leaseChanges + 1,
  });
}
