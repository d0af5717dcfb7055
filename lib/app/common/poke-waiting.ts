/** Tells every tier in which jobs of a tenant wait that it is worth looking. Reads what waits after whatever was freed. */
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
