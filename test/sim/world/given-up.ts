/**
 * GitHub cancels a job that no runner took within a day, and may take a second day until it does. So it can cancel a job that
 * the platform still counts on, and, more often, one that expired here can still take the machine of another job. With some
 * seeds days are short, and one tenant's jobs can never run. This draws from its own random generator.
 * Source: https://docs.github.com/en/actions/reference/limits#existing-system-limits ("queued for at least 24 hours will be
 * canceled. The actual time in queue can reach up to 48 hours before cancellation occurs")
 */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { createRandom } from '../random.ts';
import type { Account, WorldDeps } from './context.ts';
import { eventfulSeconds } from './times.ts';

export const hasShortDays = (seed: number): boolean => seed % 16 === 14 || seed % 64 === 61;

/** Most tests of waiting need longer days; with these seeds jobs expire here, and then on GitHub, while others still come. */
export const shortDays: Deployment['limits'] = {
  ...{ bootSeconds: 300, idleSeconds: 120, jobSeconds: 1_800, waitSeconds: 900 },
};

/** @returns how long GitHub keeps the next job queued */
export function keepsQueued(seed: number, { limits }: Deployment): () => number {
  const random = createRandom(seed * 6_151 + 11);
  return () => random.between(limits.waitSeconds * 1000, limits.waitSeconds * 2_000);
}

/** From some moment on, no machine may be launched for one tenant: it is suspended, or its limit is 0. */
export function stopOne(
  { scheduler, log, ports, auditor }: WorldDeps,
  seed: number,
  [account]: readonly Account[],
): void {
  if (!hasShortDays(seed)) return;
  const random = createRandom(seed * 6_151 + 13);
  const isBan = random.chance(0.3);
  scheduler.after(random.between(1, eventfulSeconds / 2) * 1000, () => {
    const installationId = InstallationId(account?.installationId ?? 0);
    const tenant = ports.stores.world.tenant(installationId);
    if (tenant?.status !== 'active') return;
    if (isBan) {
      ports.stores.world.editTenant(installationId, { status: 'suspended' });
      auditor.statusSet(installationId, 'suspended');
    } else {
      ports.stores.world.setMaxRunners(installationId, 0);
      auditor.limitsSet(installationId);
    }
    log.add(
      () => `the operator ${isBan ? 'suspends' : 'sets max_runners to 0 of'} ${installationId}, for good`,
    );
  });
}
