/** Pokes every tier in which a tenant's jobs wait. It reads the waiting jobs after the lease was freed. */
import type { InstallationId } from '../../core/ids.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Queues } from '../../ports/queues.ts';

export async function pokeWaiting(
  deps: { jobs: JobStore; queues: Queues },
  installationId: InstallationId,
): Promise<void> {
  const tiers = await deps.jobs.tiersWithWaiting(installationId);
  await Promise.all(
    tiers.map((tier) => deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier })),
  );
}
