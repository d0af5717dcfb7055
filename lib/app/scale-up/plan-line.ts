/** Plans what the oldest jobs of a line get, within everything that limits them. It takes nothing yet. */
import { type BalancePlan, planBalance } from '../../core/balance-plan.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { spendRoom } from '../common/lease-cost.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import type { Scarcity } from '../launch/read-scarcity.ts';
import { findSupply, type Supply } from '../launch/supply.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { decideInTime, type Judging } from './decide-in-time.ts';

/** A plan for the first jobs of the line; if all of them are used up, for as many as can be used. */
export async function planLine(
  deps: BalanceDeps,
  look: {
    installationId: InstallationId;
    tenant: Tenant | undefined;
    tier: Tier;
    waiting: readonly Job[];
    pageSize: number;
    hasTurn: boolean;
    group: KnownGroup | undefined;
    scarcity: Scarcity;
    judging: Judging;
  },
): Promise<{ plan: BalancePlan; supply: Supply | undefined; pageSize: number }> {
  const { installationId, tenant, tier, hasTurn, scarcity, judging } = look;
  const group = look.group ? { group: look.group } : {};
  let { waiting, pageSize } = look;
  let supply: Supply | undefined;
  for (;;) {
    const now = deps.clock.now();
    const spend = tenant && spendRoom(deps.deployment, { tenant, tier, now });
    const look = { tenant, tier, waiting, pageSize, now, ...group, ...(spend ? { spend } : {}) };
    const own = planBalance(look);
    if (tenant && own.launch.length > 0)
      supply ??= await findSupply(deps, { tenant, tier, hasTurn, scarcity });
    const plan = supply ? planBalance({ ...look, bounds: supply.bounds }) : own;
    if (plan.worthReading <= pageSize) return { plan, supply, pageSize };
    pageSize = plan.worthReading;
    const more = await deps.jobs.listWaiting(installationId, tier.name, pageSize);
    ({ waiting } = await decideInTime(deps, judging, { tenant, tier, waiting: more, group: look.group }));
  }
}
