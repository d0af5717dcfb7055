import type { InstallationId, InstanceId, LaunchId, LeaseId, TierName } from '../core/ids.ts';
import type { Launch } from '../core/launch.ts';
import type { RateCharge } from '../core/launch-rate.ts';
import type { SharedCap, SharedUse, Waiter } from '../core/shared-cap.ts';
import type { Tenant } from '../core/tenant.ts';
import type { Tier } from '../core/tier.ts';

/** The launches, and the one transaction that all limits rest on. Every method may throw OperationalError. */
export interface LaunchStore {
  /**
   * All or nothing: adds the launch's leases to the tenant's sets, makes its jobs covered by them, and stores the launch.
   * The condition: the tenant is active, has no predecessor, its `max_runners` is what `tenant` says, and both sets have
   * room for all; each job still waits; each shared cap has room for all, and gets the leases too; and the launch rate
   * has room for it. A launch that is already stored as it is here counts as taken.
   */
  take(taking: Taking): Promise<TakeOutcome>;
  get(installationId: InstallationId, launchId: LaunchId): Promise<Launch | undefined>;
  /**
   * Moves the fence: from now to `until` the caller alone acts on the launch, which is answered as it is now. Undefined:
   * somebody else acts on it, or it is closed.
   */
  hold(launch: Launch, until: number): Promise<Launch | undefined>;
  /** While it is open: these machines have these leases, for good; others may come. */
  place(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<void>;
  /** intent → answered: these machines came, and no others will. Answering again, or when closed, does nothing. */
  answer(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<void>;
  /** intent or answered → closed. Closing again does nothing. */
  close(launch: Launch, instances: ReadonlyMap<LeaseId, InstanceId>): Promise<void>;
  /** Across tenants: launches still open whose `callUntil` has passed, longest overdue first. */
  listOverdueAcrossTenants(now: number, limit: number): Promise<Launch[]>;
  /** Across tenants: who holds and who waits for leases under a cap. Reads consistently. */
  sharedUseAcrossTenants(cap: string): Promise<SharedUse>;
  /** Puts the waiter in the line of a cap, or moves it to its new `since`. Answers with the line as it then is. */
  joinLine(cap: string, waiter: Waiter): Promise<SharedUse>;
  /** Takes it out of the line; whoever is not in it stays out. Answers with the line as it then is. */
  leaveLine(cap: string, place: { installationId: InstallationId; tier: TierName }): Promise<SharedUse>;
  /** Gives leases back to a cap. Freeing what is not there does nothing. */
  freeShared(cap: string, installationId: InstallationId, leases: readonly LeaseId[]): Promise<void>;
}

export interface Taking {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly launch: Launch;
  /** The caps over all tenants that bind here; none: no further rows are touched. */
  readonly shared?: readonly SharedCap[];
  /** What it uses of the tenant's launch rate; absent: nothing. */
  readonly rate?: RateCharge;
}

export type TakeOutcome =
  | { readonly kind: 'taken' }
  /** The tenant is not as `tenant` said; here it is as it is now (undefined: it does not exist). */
  | { readonly kind: 'tenant-changed'; readonly tenant: Tenant | undefined }
  /** A cap over all tenants has no room for this. */
  | { readonly kind: 'shared-full'; readonly cap: string }
  /** Some job no longer waits. */
  | { readonly kind: 'jobs-changed' }
  /** Another transaction was at the same rows; try again shortly. */
  | { readonly kind: 'contended' };
