/** What the tests of bounds share: events, and a machine that has a job. */
import { JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acme, givenEvent, givenTenant, givenTier, small } from './given.ts';
import { givenPlatform } from './platform.ts';

export const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
export const poke = { kind: 'poke', installationId: acme, tier: small } as const;
export const onGitHub = (status: 'queued' | 'waiting' | 'in_progress' | 'completed') =>
  ({ status, conclusion: status === 'completed' ? 'cancelled' : null, runnerName: null }) as const;
export const installation = (event: string) =>
  ({ kind: 'installation', event, installationId: acme, repositoriesRemoved: [], delivery: event }) as const;

export const hour = 3_600;

/** Job 1 has a machine whose runner listens. */
export async function givenListening(tenant: Partial<Tenant> = {}, spot = false) {
  const tiers = [givenTier({ spot, maxRunners: 5 })];
  const platform = await givenPlatform({ tenants: [givenTenant(tenant)], deployment: { tiers } });
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.confirm(machine);
  return { platform, machine };
}
