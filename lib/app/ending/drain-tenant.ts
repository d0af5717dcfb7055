/**
 * Ends every machine of a tenant that was deleted. A launch that is still open is left to the sweep, which finishes
 * it and then calls this again. Machines that an index did not show yet are ended by the reconciler, while the
 * tenant still holds leases.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { EndDeps } from '../common/deps.ts';
import { openRowsAcrossTenants } from '../common/open-rows.ts';
import { endRunners } from './end-runners.ts';

export async function drainTenant(deps: EndDeps, installationId: InstallationId): Promise<void> {
  const tenant = await deps.tenants.get(installationId);
  if (tenant?.status !== 'deleted' || tenant.leases === 0) return;
  const open = await openRowsAcrossTenants(deps);
  const runners = open.runners.filter((runner) => runner.installationId === installationId);
  await endRunners(
    deps,
    runners.map((runner) => ({ runner, reason: 'tenant-deleted', proven: false })),
  );
  deps.telemetry.event('info', 'tenant-drained', { installationId, machines: runners.length });
}
