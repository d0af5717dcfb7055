/**
 * Lets an account that reinstalled the App start machines as soon as those of its former installations are gone, and
 * carries over what those had spent. An installation that never started a machine still has its own predecessor, so an
 * account can make a long chain of them. A run follows some steps of it and keeps its place; nothing starts before the end.
 */
import type { Micros } from '../../core/micros.ts';
import { spentIn } from '../../core/spend.ts';
import type { Tenant } from '../../core/tenant.ts';
import { predecessorsPerRun } from '../common/settings.ts';
import type { BalanceDeps } from './balance-deps.ts';

/** @returns whether the tenant has no predecessor any more */
export async function forgetPredecessor(deps: BalanceDeps, tenant: Tenant): Promise<boolean> {
  const { installationId, predecessor } = tenant;
  if (predecessor === undefined) return false;
  let left: Tenant['predecessor'] = predecessor;
  let carried: ReadonlyMap<string, Micros> = tenant.carried ?? new Map();
  for (let steps = 0; left !== undefined && steps < predecessorsPerRun; steps++) {
    const former: Tenant | undefined = await deps.tenants.get(left);
    if (former && !isGone(former)) return false;
    if (former) carried = withSpentBy(former, carried);
    left = former?.predecessor;
  }
  await deps.tenants.clearPredecessor(installationId, { predecessor, left, carried });
  return left === undefined;
}

/** Its machines are gone for good once it is deleted and holds no lease; what it has spent changes no more. */
const isGone = ({ status, leases }: Tenant): boolean => status === 'deleted' && leases === 0;

/** After a reinstallation an account has the same caps, and has used as much of them. */
function withSpentBy(former: Tenant, carried: ReadonlyMap<string, Micros>): ReadonlyMap<string, Micros> {
  const periods = [...carried, ...(former.spent ?? []), ...(former.carried ?? [])].map(([name]) => name);
  const spent = periods.map(
    (period) => [period, spentIn(former, period) + (carried.get(period) ?? 0)] as const,
  );
  return new Map(spent.filter(([, micros]) => micros !== 0));
}
