/**
 * Makes sure that a line that got some machines and waits for more is balanced again, and keeps its place among
 * others.
 */
import type { BalancePlan } from '../../core/balance-plan.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { retryDelaySeconds } from '../common/settings.ts';
import { leaveLines, updateWaitingLines, waiterOf } from '../common/shared-lines.ts';
import type { Supply } from '../launch/supply.ts';
import type { BalanceDeps } from './balance-deps.ts';
import type { Judging } from './decide-in-time.ts';

/**
 * A line that got machines and still waits is balanced again by a poke; all other lines are woken by what they wait
 * for.
 */
export async function comeAgain(
  deps: BalanceDeps,
  options: {
    installationId: InstallationId;
    tier: Tier;
    plan: BalancePlan;
    /** That this run has taken for the line. */
    machines: number;
    tenant: Tenant | undefined;
    supply: Supply | undefined;
    judging: Judging;
  },
): Promise<void> {
  const { installationId, tier, plan, machines, tenant, supply, judging } = options;
  const place = { installationId, tier: tier.name };
  if (tenant && supply) {
    const waiter = waiterOf({ tenant, tier }, deps.clock.now());
    const isStopped = plan.limitedBy === 'shared-cap';
    await updateWaitingLines(deps, { waiter, isStopped, machines, known: supply.caps });
  } else await leaveLines(deps, place);
  const goesOn = plan.more || plan.passesByItself === true;
  if (machines === 0 || !goesOn) return;
  const isPaced = plan.limitedBy === 'launch-rate';
  // The run itself sends a poke a second later.
  if (judging.isCut && !isPaced) return;
  const delaySeconds = isPaced ? retryDelaySeconds : 1;
  await deps.queues.sendToTier(tier.name, { kind: 'poke', ...place }, { delaySeconds });
}
