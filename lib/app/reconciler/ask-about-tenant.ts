/** What became of an installation, its own events may have failed to say; the tenant manager asks GitHub. */
import type { Tenant } from '../../core/tenant.ts';
import type { ReconcileDeps } from '../common/deps.ts';

export async function askAboutTenant(
  deps: ReconcileDeps,
  { installationId }: Pick<Tenant, 'installationId'>,
): Promise<void> {
  await deps.queues.sendToInstallations({
    kind: 'installation',
    event: 'reconciler.doubts',
    installationId,
    repositoriesRemoved: [],
    delivery: 'reconciler',
  });
}
