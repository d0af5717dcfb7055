import type { InstallationId, InstanceId, LaunchId, LeaseId, TierName } from '../core/ids.ts';
import type { Launch, PlannedJob } from '../core/launch.ts';
import type { RateCharge } from '../core/launch-rate.ts';
import type { CapCharge, CapRow, CapUse, SharedCap, Waiter } from '../core/shared-cap.ts';
import type { Tenant } from '../core/tenant.ts';
import type { Tier } from '../core/tier.ts';
import type { UnreadableRow } from './unreadable-row.ts';

/** The launches, and the one transaction that enforces all limits. Every method may throw OperationalError. */
export interface LaunchStore {
  /**
   * All or nothing: counts the launch's leases on the tenant, and stores the launch. The condition: the tenant is active, has
   * no predecessor, its `max_runners`, plan, spend caps and limit for the tier are what `tenant` says, and both limits have room
   * for all; what the machines are expected to cost is counted as spent, and no cap is less than what is spent then;
   * each cap's row has room for all, and counts them too; and the launch rate has room for it. A launch that is already
   * stored as it is here counts as taken. Its jobs still wait, or have no rows: they are covered before any machine is asked for.
   */
  take(taking: Taking): Promise<TakeOutcome>;
  /**
   * Marks each planned job that waits as covered by its lease. Returns those that cannot be: they are covered by another
   * lease, run, or are over. Idempotent.
   */
  cover(launch: Launch): Promise<PlannedJob[]>;
  /**
   * For a launch that is `intent` and for which EC2 was not called: it goes on without these jobs, with another
   * request, or is closed if no job is left. In the same write their leases and their part of the launch rate go
   * back. Answers with the launch as it then stands; undefined: another caller has it by now.
   */
  shrink(launch: Launch, gone: Shrinking): Promise<Launch | undefined>;
  get(installationId: InstallationId, launchId: LaunchId): Promise<Launch | undefined>;
  /**
   * Moves the fence: from now to `until` only the caller acts on the launch, which is returned as it is now.
   * Undefined: another caller has it, or it is closed.
   */
  hold(launch: Launch, until: number): Promise<Launch | undefined>;
  /** While it is open: these machines have these leases, for good; others may come. */
  place(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<void>;
  /**
   * intent → answered: these machines came, and no others will. Answers with the launch as it then stands: the first answer
   * stays. Undefined: it is not stored any more.
   */
  answer(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<Launch | undefined>;
  /**
   * intent → closed, in one write, where a machine came for each lease: nothing goes back. It is listed at
   * `lookAt`. Its machines may have no rows yet, and never get any from this caller if it dies now. Answers as
   * `answer` does.
   */
  complete(
    launch: Launch,
    instances: ReadonlyMap<LeaseId, InstanceId>,
    lookAt: number,
  ): Promise<Launch | undefined>;
  /**
   * answered → closed, and in the same moment the leases of machines that did not come go back. Closing again does nothing.
   * Where machines came, the launch is listed at `lookAt`, for as long as one of them may live.
   */
  close(launch: Launch, lookAt: number): Promise<void>;
  /** Closed: its machines are looked at again then; undefined: all have ended, and it is never listed again. */
  lookAgain(launch: Launch, lookAt: number | undefined): Promise<void>;
  /**
   * Lists a stored launch at `lookAt`, whatever its state, and even if its row cannot be read, if its row puts it
   * in no list. `listed`: its row puts it in one, though readers of the list may not see that yet. `gone`: it is
   * not stored.
   */
  relist(launchId: LaunchId, lookAt: number): Promise<'listed-again' | 'listed' | 'gone'>;
  /**
   * Across tenants: of the launches without `lookAt`, those still open whose `callUntil` has passed, longest overdue first. Rows
   * that cannot be read are added to `skipped`; without it they are thrown.
   */
  listOverdueAcrossTenants(now: number, limit: number, skipped?: UnreadableRow[]): Promise<Launch[]>;
  /** Across tenants: launches whose `lookAt` has passed, open ones too, longest overdue first. `skipped`: as above. */
  listWatchedAcrossTenants(now: number, limit: number, skipped?: UnreadableRow[]): Promise<Launch[]>;
  /**
   * Across tenants: how many leases a cap counts, row by row, and who waits. Reads consistently. Rows that hold no numbers are
   * added to `skipped`; without it they are thrown.
   */
  capUseAcrossTenants(cap: SharedCap, skipped?: UnreadableRow[]): Promise<CapUse>;
  /** Across tenants: who waits under a cap, in one row however large the cap is. Reads consistently. */
  waitersAcrossTenants(cap: SharedCap): Promise<readonly Waiter[]>;
  /** Records how many rows this cap has, before any launch counts in them. Does nothing for fewer than it has had. */
  noteCapRows(cap: SharedCap): Promise<void>;
  /** Puts the waiter in the line of a cap, or moves it to its new `since`. */
  joinLine(cap: string, waiter: Waiter): Promise<void>;
  /** Takes it out of the line; no effect if it is not in the line. */
  leaveLine(cap: string, place: { installationId: InstallationId; tier: TierName }): Promise<void>;
  /** Sets what a cap's row counts, if it still changed as often as was read. False: it has changed since. */
  correctCapRow(row: CapRow, leases: number): Promise<boolean>;
  /** Writes a cap's row that holds no numbers, where no lease can be counted meanwhile. False: it holds numbers by now. */
  mendCapRow(row: CapRow): Promise<boolean>;
}

export interface Taking {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly launch: Launch;
  /**
   * A row of each cap over all tenants that applies here, in which the launch is to count; none: no further rows
   * are written.
   */
  readonly caps?: readonly CapCharge[];
  /** No lease may have been taken or freed since `tenant` was read: what it holds may cost more than expected. */
  readonly asRead?: boolean;
  /** What it uses of the tenant's launch rate; absent: nothing. */
  readonly rate?: RateCharge;
}

export interface Shrinking {
  readonly without: readonly PlannedJob[];
  /** Milliseconds. */
  readonly rateBack: number;
}

export type TakeOutcome =
  | { readonly kind: 'taken' }
  /** The tenant is not as `tenant` said; here it is as it is now (undefined: it does not exist). */
  | { readonly kind: 'tenant-changed'; readonly tenant: Tenant | undefined }
  /** This row of a cap over all tenants has no room for it. */
  | { readonly kind: 'cap-full'; readonly row: string }
  /** Another transaction was at the same rows; try again shortly. */
  | { readonly kind: 'contended' };
