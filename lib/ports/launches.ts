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
   * All or nothing: stores the launch, adds its leases to the tenant's counts and to each cap's row, and counts the expected
   * cost of its machines as spent. The conditions: the tenant is active and has no predecessor; its `max_runners`, plan, spend
   * caps and limit for the tier are as in `tenant`; and the limits, the spend caps, each cap's row and the launch rate have room
   * for all of it. A launch that is already stored exactly like this counts as taken. Its jobs still wait, or have no rows: they
   * are covered before any machine is requested.
   */
  take(taking: Taking): Promise<TakeOutcome>;
  /**
   * Marks each planned job that waits as covered by its lease. Returns those that cannot be: they are covered by another
   * lease, run, or are over. Idempotent.
   */
  cover(launch: Launch): Promise<PlannedJob[]>;
  /**
   * For a launch in state `intent` for which EC2 was not called: removes these jobs and changes the request, or closes the
   * launch if no job is left. The same write gives back their leases and their part of the launch rate. Returns the launch as
   * it is then; undefined: another caller has it by now.
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
   * intent → answered: these machines came, and no others will. Returns the launch as it is then: the first answer stays.
   * Undefined: it is no longer stored.
   */
  answer(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<Launch | undefined>;
  /**
   * intent → closed, in one write, if a machine came for each lease: no lease goes back. The launch is listed at `lookAt`. Its
   * machines may have no rows yet, and never get them from this caller if it dies now. Returns what `answer` does.
   */
  complete(
    launch: Launch,
    instances: ReadonlyMap<LeaseId, InstanceId>,
    lookAt: number,
  ): Promise<Launch | undefined>;
  /**
   * answered → closed, and in the same moment the leases of machines that did not come go back. Closing again does nothing.
   * If machines came, the launch is listed at `lookAt`, for as long as one of them may live.
   */
  close(launch: Launch, lookAt: number): Promise<void>;
  /** Closed: its machines are looked at again then; undefined: all have ended, and it is never listed again. */
  lookAgain(launch: Launch, lookAt: number | undefined): Promise<void>;
  /**
   * If a stored launch is in no list, lists it at `lookAt`, whatever its state, and even if its row cannot be read. `listed`: it
   * was in a list already, though readers of that list may not see it yet. `gone`: it is not stored.
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
   * Across tenants: a page of at most `limit` launches whose `lookAt` is `from` or later, in that order. `next`: the place of
   * the following page, which begins with the last one again; absent: there is none. `skipped`: as above.
   */
  pageAcrossTenants(
    page: { readonly from: number; readonly limit: number },
    skipped?: UnreadableRow[],
  ): Promise<LaunchPage>;
  /**
   * Across tenants: how many leases a cap counts, row by row, and who waits. Reads consistently. Rows that hold no numbers are
   * added to `skipped`; without it they are thrown.
   */
  capUseAcrossTenants(cap: SharedCap, skipped?: UnreadableRow[]): Promise<CapUse>;
  /** Across tenants: who waits under a cap, in one row however large the cap is. Reads consistently. */
  waitersAcrossTenants(cap: SharedCap): Promise<readonly Waiter[]>;
  /** Records how many rows this cap has, before any launch counts in them. Does nothing for fewer than it has had. */
  noteCapRows(cap: SharedCap): Promise<void>;
  /** Puts the waiters in the line of a cap, or moves them to their new `since`, in one write. */
  joinLine(cap: string, ...waiters: readonly Waiter[]): Promise<void>;
  /** Takes it out of the line; no effect if it is not in the line. */
  leaveLine(cap: string, place: { installationId: InstallationId; tier: TierName }): Promise<void>;
  /** Corrects the count of a cap's row, if it has not changed since it was read. False: it has. */
  correctCapRow(row: CapRow, leases: number): Promise<boolean>;
  /** Replaces a cap's row that holds no numbers, so that no lease can be counted meanwhile. False: it holds numbers now. */
  repairCapRow(row: CapRow): Promise<boolean>;
}

export interface LaunchPage {
  readonly launches: readonly Launch[];
  readonly next?: number;
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
  /** The tenant differs from the given one; this is its present state (undefined: it does not exist). */
  | { readonly kind: 'tenant-changed'; readonly tenant: Tenant | undefined }
  /** This row of a cap over all tenants has no room for it. */
  | { readonly kind: 'cap-full'; readonly row: string }
  /** Another transaction wrote the same rows; try again shortly. */
  | { readonly kind: 'contended' };
