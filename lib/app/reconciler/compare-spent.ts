/**
 * Compares what a tenant counts as spent on a day with the records of its machines, and corrects the day and its
 * month. The tenant is read first. Its row should equal the records of the machines that had ended by then, plus the
 * expected cost of the leases held then. The row also counts those machines, so that records written since are not
 * taken for a difference. Nothing is written if a lease was taken or freed since, or if the count has changed.
 */
import { dayMilliseconds, dayOf } from '../../core/days.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Micros } from '../../core/micros.ts';
import { totalOf } from '../../core/price.ts';
import { isHeldComplete, isHeldOn } from '../../core/spend-reserve.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { UsageRecord } from '../../core/usage.ts';
import type { UsageSum } from '../../core/usage-sum.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { UsageLedger } from '../../ports/usage-ledger.ts';
import { logRepair } from './log-repair.ts';
import { recordsCompared } from './reconcile-settings.ts';

export interface CompareSpentDeps {
  readonly tenants: Pick<TenantStore, 'get' | 'correctSpent'>;
  readonly usage: Pick<UsageLedger, 'recordsOf'>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

interface Asked {
  readonly installationId: InstallationId;
  readonly day: string;
  /** All of the tenant's sums of that day, as they were read before: if they agree, records are not read again. */
  readonly sums?: readonly UsageSum[];
}

export async function compareSpent(deps: CompareSpentDeps, { installationId, day, sums }: Asked) {
  const now = deps.clock.now();
  // Days before yesterday are not counted any more.
  if (day < dayOf(now - dayMilliseconds) || sums?.some(isUnpriced)) return;
  const summed = sums?.reduce((all, { cost }) => all + totalOf(cost), 0);
  try {
    const tenant = await deps.tenants.get(installationId);
    if (!tenant || !isHeldComplete(tenant)) return;
    const counted = tenant.spent?.get(day) ?? 0;
    if (summed !== undefined && counted === dueOf(tenant, day, summed)) return;
    const recorded = await recordedOf(deps, tenant, day);
    if (recorded === undefined) return;
    const due = dueOf(tenant, day, recorded);
    if (counted === due || !(await deps.tenants.correctSpent(tenant, { day, to: due }))) return;
    const reason = `It counted ${counted} micro-dollars for ${day}, but its records and leases add up to ${due}.`;
    logRepair(deps, { kind: 'spend-count-corrected', installationId, reason });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    deps.telemetry.event('warn', 'spend-not-compared', { installationId, day, error: error.message });
  }
}

/** A machine without a price counts what it may have cost at most, which neither sums nor records say. */
const isUnpriced = ({ unpriced }: UsageSum) => Object.values(unpriced).some((machines) => machines > 0);

const dueOf = ({ held }: Tenant, day: string, recorded: Micros): Micros =>
  recorded + (held?.expected.get(day) ?? 0);

/** What the machines cost that had ended when the tenant was read. Undefined: the records do not say. */
async function recordedOf(
  { usage, clock }: CompareSpentDeps,
  tenant: Tenant,
  day: string,
): Promise<Micros | undefined> {
  // Of a day that is over, and of which nothing is held, all machines have ended.
  const isOver = day < dayOf(clock.now()) && !isHeldOn(tenant.held, day);
  const settled = isOver ? undefined : (tenant.settled?.get(day) ?? 0);
  if (settled !== undefined && settled > recordsCompared) return undefined;
  const found = { machines: 0, cost: 0 };
  for await (const record of usage.recordsOf(day, tenant.installationId)) {
    if (hasNoPrice(record) || found.machines === settled) return undefined;
    found.machines += 1;
    found.cost += totalOf(record.cost);
  }
  return settled === undefined || found.machines === settled ? found.cost : undefined;
}

const hasNoPrice = ({ unpriced }: UsageRecord) => unpriced.length > 0;
