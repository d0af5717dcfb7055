/**
 * Compares what a tenant counts as spent on a day with the records of its machines, once the day is over and all of its leases
 * have gone back: both are then the same, unless somebody edited the count or a fault moved it. The difference is corrected in
 * the day and in its month, in one write that changes nothing if the count has moved since it was read.
 */
import { dayOf } from '../../core/days.ts';
import { totalOf } from '../../core/price.ts';
import { isHeldOn } from '../../core/spend-reserve.ts';
import type { UsageSum } from '../../core/usage-sum.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { logRepair } from './log-repair.ts';

export interface CompareSpentDeps {
  readonly tenants: Pick<TenantStore, 'get' | 'correctSpent'>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Older days are not counted any more. */
const yesterdayMilliseconds = 86_400_000;

/** @param sums all of the tenant's sums of that day */
export async function compareSpent(
  deps: CompareSpentDeps,
  day: string,
  { installationId, sums }: Pick<UsageSum, 'installationId'> & { readonly sums: readonly UsageSum[] },
): Promise<void> {
  if (day !== dayOf(deps.clock.now() - yesterdayMilliseconds)) return;
  // A machine without a price counts what it may have cost at most, which the sums do not say.
  if (sums.some(({ unpriced }) => Object.values(unpriced).some((machines) => machines > 0))) return;
  const recorded = sums.reduce((all, { cost }) => all + totalOf(cost), 0);
  try {
    const tenant = await deps.tenants.get(installationId);
    if (!tenant || isHeldOn(tenant.held, day)) return;
    const counted = tenant.spent?.get(day) ?? 0;
    if (counted === recorded) return;
    if (!(await deps.tenants.correctSpent(tenant, { day, to: recorded }))) return;
    const reason = `It counted ${counted} micro-dollars for ${day}, and its records come to ${recorded}.`;
    logRepair(deps, { kind: 'spend-count-corrected', installationId, reason });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    deps.telemetry.event('warn', 'spend-not-compared', { installationId, day, error: error.message });
  }
}
