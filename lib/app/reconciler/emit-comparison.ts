/**
 * Reports as a metric for how many days records and AWS's bill differ, by the operator's last comparison. The platform
 * itself reads no bill: it may belong to another account.
 */
import { type ComparisonState, isUpToDate } from '../../core/comparison-state.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { UsageLedger } from '../../ports/usage-ledger.ts';

export interface EmitComparisonDeps {
  readonly usage: Pick<UsageLedger, 'comparison'>;
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, 'now'>;
}

/** @throws OperationalError */
export async function emitComparison({ usage, telemetry, clock }: EmitComparisonDeps): Promise<void> {
  const state: ComparisonState | undefined = await usage.comparison();
  if (state && isUpToDate(state, clock.now())) telemetry.count('BillMismatchDays', {}, state.daysApart);
}
