/**
 * Ends every machine of a tenant that was deleted. Its lease set names them all; a launch that is still open is left
 * to the sweep, which finishes it and then comes here again.
 */
import type { InstallationId } from '../../core/ids.ts';
import { launchOfLease } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { EndDeps } from '../common/deps.ts';
import { endRunners } from './end-runners.ts';

export async function drainTenant(deps: EndDeps, installationId: InstallationId): Promise<void> {
  const tenant = await deps.tenants.get(installationId);
  if (tenant?.status !== 'deleted') return;
  const runners = await liveRunners(deps, installationId, [...tenant.leases].map(launchOfLease));
  await endRunners(
    deps,
    runners.map((runner) => ({ runner, reason: 'tenant-deleted', proven: false })),
  );
  deps.telemetry.event('info', 'tenant-drained', { installationId, machines: runners.length });
}

async function liveRunners(
  deps: EndDeps,
  installationId: InstallationId,
  launchIds: readonly ReturnType<typeof launchOfLease>[],
): Promise<Runner[]> {
  const launches = await Promise.all(
    [...new Set(launchIds)].map((launchId) => deps.launches.get(installationId, launchId)),
  );
  const instanceIds = launches.flatMap((launch) => [...(launch?.instances.values() ?? [])]);
  if (instanceIds.length === 0) return [];
  const runners = await deps.runners.findAcrossTenants(instanceIds);
  return runners.filter((runner) => runner.installationId === installationId && runner.state !== 'ended');
}
