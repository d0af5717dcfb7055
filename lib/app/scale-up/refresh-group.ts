/** Has a runner group looked up at GitHub again, if waiting jobs depend on it. */
import type { Job } from '../../core/job.ts';
import { excludedBy } from '../../core/runner-group.ts';
import type { Tenant } from '../../core/tenant.ts';
import { type KnownGroup, keepGroupKnown } from '../common/runner-groups.ts';
import type { BalanceDeps } from './balance-deps.ts';

/** Only jobs for which a group's settings are unknown and matter need a look. */
export async function refreshGroup(
  deps: BalanceDeps,
  look: { tenant: Tenant; group: KnownGroup; waiting: readonly Job[] },
): Promise<void> {
  const { tenant, group, waiting } = look;
  if (group.name === undefined && waiting.every(({ repositoryId }) => repositoryId === undefined)) return;
  const holdsJobs = waiting.some((job) => excludedBy(group, tenant.accountLogin, job) !== undefined);
  await keepGroupKnown(deps, { tenant, group, holdsJobs });
}
