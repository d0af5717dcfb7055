/**
 * Lets an account that reinstalled the App start machines as soon as those of its former installation are gone, and
 * carries over what that one had spent.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Micros } from '../../core/micros.ts';
import { spentIn } from '../../core/spend.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { BalanceDeps } from './balance-deps.ts';

export async function forgetPredecessor(deps: BalanceDeps, tenant: Tenant): Promise<boolean> {
  if (tenant.predecessor === undefined || !(await isGone(deps, tenant.predecessor))) return false;
  const carried = await spentBefore(deps, tenant.predecessor);
  await deps.tenants.clearPredecessor(tenant.installationId, tenant.predecessor, carried);
  return true;
}

/** What an account has spent so far: after a reinstallation it has the same caps, and has used as much of them. */
async function spentBefore(
  deps: BalanceDeps,
  installationId: InstallationId,
): Promise<ReadonlyMap<string, Micros>> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return new Map();
  // Two reinstallations within a minute leave one in between that has not carried over its predecessor's spending.
  const before = tenant.predecessor === undefined ? undefined : await spentBefore(deps, tenant.predecessor);
  const periods = new Set(
    [...(tenant.spent ?? []), ...(tenant.carried ?? []), ...(before ?? [])].map(([name]) => name),
  );
  const spent = [...periods].map(
    (period) => [period, spentIn(tenant, period) + (before?.get(period) ?? 0)] as const,
  );
  return new Map(spent.filter(([, micros]) => micros !== 0));
}

/**
 * Its machines are gone for good once it is deleted and holds no lease. Two reinstallations within a minute leave
 * one in between that never had a machine: then the one before it counts.
 */
async function isGone(deps: BalanceDeps, installationId: InstallationId): Promise<boolean> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return true;
  if (tenant.status !== 'deleted' || tenant.leases > 0) return false;
  return tenant.predecessor === undefined || isGone(deps, tenant.predecessor);
}
