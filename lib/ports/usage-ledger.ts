import type { ComparisonState } from '../core/comparison-state.ts';
import type { InstallationId } from '../core/ids.ts';
import type { RollUpProgress } from '../core/roll-up-plan.ts';
import type { UsageRecord } from '../core/usage.ts';
import type { UsageSum } from '../core/usage-sum.ts';
import type { UnreadableRow } from './unreadable-row.ts';

/** Usage of past days: from the records of machines to the sums that are kept. Every method may throw OperationalError. */
export interface UsageLedger {
  /** For each of these days, in order; undefined if it was not started. */
  progress(days: readonly string[]): Promise<(RollUpProgress | undefined)[]>;
  /**
   * The records of a day, of all tenants, each tenant's together; `after` leaves out that tenant and those that come before
   * it in the same order. It reads as the caller iterates. A record that cannot be read is added to `skipped`, at the latest before
   * the next tenant's first record; without `skipped` it is thrown.
   */
  recordsByTenant(day: string, after?: InstallationId, skipped?: UnreadableRow[]): AsyncIterable<UsageRecord>;
  /** A tenant's records of a day, in no order; one that cannot be read is thrown. It reads as the caller iterates, and may lag by a second. */
  recordsOf(day: string, installationId: InstallationId): AsyncIterable<UsageRecord>;
  /** Replaces all of a tenant's sums of a day. */
  write(day: string, installationId: InstallationId, sums: readonly UsageSum[]): Promise<void>;
  /** @returns false, and writes nothing, if another run finished since `known` was read */
  save(day: string, known: RollUpProgress | undefined, now: RollUpProgress): Promise<boolean>;
  /** How the last comparison with AWS's bill ended; undefined: there was none. */
  comparison(): Promise<ComparisonState | undefined>;
}
