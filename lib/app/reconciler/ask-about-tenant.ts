/** Has the tenant manager ask GitHub about an installation, because its events may have been lost. */
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
