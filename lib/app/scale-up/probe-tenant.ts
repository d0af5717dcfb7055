/**
 * From time to time lets one job of a tenant that needs attention start: its machine finds out whether the cause is
 * gone. However many copies look at once, one of them gets the turn; until the next one, no machine is launched.
 */
import { judge } from '../../core/admission.ts';
import type { Job } from '../../core/job.ts';
import type { GroupView } from '../../core/runner-group.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { probeSeconds } from '../common/settings.ts';

export interface Look {
  readonly tenant: Tenant | undefined;
  readonly waiting: readonly Job[];
}

/**
 * @returns the same as given, or, for the holder of the turn, the tenant as if all were well, and one job that may start
 * then
 */
export async function probeTenant(
  deps: { readonly tenants: TenantStore; readonly clock: Clock },
  { tenant, waiting, tier, group }: Look & { tier: Tier; group: GroupView | undefined },
): Promise<Look> {
  const now = deps.clock.now();
  if (!tenant?.attention || now < tenant.attention.probeAt) return { tenant, waiting };
  const { attention, ...well } = tenant;
  const first = waiting.find((job) => judge(well, tier, job, group).kind === 'admit');
  if (!first) return { tenant, waiting };
  const turn = { from: attention.probeAt, to: now + probeSeconds * 1000 };
  const isMine = await deps.tenants.takeProbe(tenant.installationId, turn);
  return isMine ? { tenant: well, waiting: [first] } : { tenant, waiting };
}
