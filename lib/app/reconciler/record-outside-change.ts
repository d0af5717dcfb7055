/**
 * An operator may edit a tenant's row with the AWS CLI, which records nothing. The reconciler notices such an edit at its
 * next visit, by the last record, and records it. It changes nothing about the tenant.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { ReconcileDeps } from '../common/deps.ts';

export async function recordOutsideChange(
  { audit, clock, telemetry }: ReconcileDeps,
  installationId: InstallationId,
): Promise<void> {
  const change = await audit.recordOutsideChange(installationId, new Date(clock.now()).toISOString());
  if (!change) return;
  const { action, version, attributes } = change;
  const level = action === 'changed-outside' ? 'warn' : 'info';
  telemetry.event(level, action, { installationId, version, attributes });
}
