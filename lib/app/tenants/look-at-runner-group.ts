/**
 * Finds out what the runner group of a tenant's machines admits, and pokes whatever waits: an answer may let jobs start,
 * and otherwise costs one look that changes nothing.
 */
import type { LookAtGroup } from '../../contract/messages.ts';
import { levelNow } from '../../core/runner-level.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { lookAtGroup } from '../common/runner-groups.ts';
import type { TenantDeps } from './apply-installation-event.ts';

/** @throws OperationalError: deliver the message again */
export async function lookAtRunnerGroup(deps: TenantDeps, { installationId }: LookAtGroup): Promise<void> {
  const tenant = await deps.tenants.get(installationId);
  if (tenant?.status !== 'active' || levelNow(tenant).level !== 'organization') return;
  await lookAtGroup(deps, tenant);
  await pokeWaiting(deps, installationId);
}
