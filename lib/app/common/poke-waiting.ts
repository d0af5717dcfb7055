/**
 * Pokes every tier in which a tenant's jobs wait. It reads the waiting jobs after the lease was freed. A tier that is no
 * longer configured has no queue; the sweep moves its jobs (move-tier.ts).
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Queues } from '../../ports/queues.ts';
import { isConfigured } from './configured-tier.ts';

export async function pokeWaiting(
  deps: { deployment: Pick<Deployment, 'tiers'>; jobs: JobStore; queues: Queues },
  installationId: InstallationId,
): Promise<void> {
  const waiting = await deps.jobs.tiersWithWaiting(installationId);
  const tiers = waiting.filter((tier) => isConfigured(deps, tier));
  await Promise.all(
    tiers.map((tier) => deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier })),
  );
}
