import type { Permissions } from '../core/github.ts';
import type { InstallationId, TierName } from '../core/ids.ts';
import type { Micros } from '../core/micros.ts';
import type { HeldLeases } from '../core/spend-counts.ts';
import type { Attention, Tenant, TenantStatus } from '../core/tenant.ts';

/**
 * The tenants. Only `LaunchStore.take` adds to the count of leases; only `LaunchStore.close` and `RunnerStore.end` subtract.
 * Every method may throw OperationalError.
 */
export interface TenantStore {
  /** Reads consistently. */
  get(installationId: InstallationId): Promise<Tenant | undefined>;
  /** The same, eventually consistent, at half the price: for taking leases, which compares what was read. */
  glance(installationId: InstallationId): Promise<Tenant | undefined>;
  /** Across tenants: the ten newest installations, past ones too, of one account. May lag by a second. */
  findByAccount(accountId: number): Promise<Tenant[]>;
  /** Across tenants: the newest installation that was recorded for the account in the last month. Reads consistently. */
  newestOfAccount(accountId: number): Promise<InstallationId | undefined>;
  /**
   * A page of all tenants, of whatever status, by their keys alone: one row that cannot be read hides no other. A cursor is
   * a tenant's id; the page begins after it, in the store's own order.
   */
  listAcrossTenants(page: {
    limit: number;
    cursor?: string;
  }): Promise<{ installationIds: InstallationId[]; cursor?: string }>;
  /**
   * @param policyOf the tenant whose status, plan and limits it inherits, as it was read
   * @param account the row of its account as it was read, with what it becomes. Absent: neither checked nor written
   * @returns conflict: the operator has changed what is inherited since, or it is gone; or the account's row has changed
   */
  create(
    tenant: NewTenant,
    policyOf?: Tenant,
    account?: AccountRow,
  ): Promise<'created' | 'exists' | 'conflict'>;
  /**
   * Writes what is given and increments `version`, if nobody else did since the tenant was read. A status is
   * written only over the one that was read: operators write it too, without a version.
   */
  update(read: Tenant, changes: TenantChanges): Promise<'updated' | 'conflict'>;
  /**
   * The machines of `predecessor` are gone: forget it, and keep what the account has spent before, by month and day.
   * `left` is an installation before it that is still to be looked at.
   */
  clearPredecessor(
    installationId: InstallationId,
    known: {
      readonly predecessor: InstallationId;
      readonly left?: InstallationId | undefined;
      readonly carried: ReadonlyMap<string, Micros>;
    },
  ): Promise<void>;
  /** Holds the tenant's jobs. If it already needed attention, `since` stays. */
  callAttention(installationId: InstallationId, attention: Attention): Promise<void>;
  /** The cause is gone: jobs may start. */
  clearAttention(installationId: InstallationId): Promise<void>;
  /** Advances `probeAt` from what was read. True for exactly one caller, which may try a machine. */
  takeProbe(
    installationId: InstallationId,
    probe: { readonly from: number; readonly to: number },
  ): Promise<boolean>;
  /**
   * Across tenants: the known ones among these; rows that cannot be read because of a manual edit are left out.
   * Reads consistently.
   */
  findAcrossTenants(installationIds: readonly InstallationId[]): Promise<Tenant[]>;
  /**
   * Corrects the tenant's counts of leases and the amounts of held leases, if none was taken or freed since `tenant` was read.
   * False: one was.
   */
  correctLeases(
    tenant: Tenant,
    leases: { readonly tierLeases: ReadonlyMap<TierName, number>; readonly held: HeldLeases | undefined },
  ): Promise<boolean>;
  /**
   * Sets what is spent on a day, and changes its month by the same amount, if no lease was taken, freed or counted again
   * since `tenant` was read. False: nothing was written.
   */
  correctSpent(tenant: Tenant, spent: { readonly day: string; readonly to: Micros }): Promise<boolean>;
}

export interface AccountRow {
  /** As `newestOfAccount` answered. */
  readonly recorded: InstallationId | undefined;
  /** To be recorded. */
  readonly newest: InstallationId;
}

export type NewTenant = Omit<
  Tenant,
  | 'leases'
  | 'tierLeases'
  | 'leaseChanges'
  | 'version'
  | 'admissionEpoch'
  | 'platformEpoch'
  | 'spent'
  | 'carried'
  | 'held'
  | 'settled'
  | 'lives'
  | 'livesFaded'
>;

export interface TenantChanges {
  readonly status?: TenantStatus;
  /** null removes it. */
  readonly suspendedBy?: 'github' | 'operator' | null;
  readonly statusBeforeDeletion?: TenantStatus;
  readonly accountLogin?: string;
  readonly permissions?: Permissions;
  /** ISO 8601. */
  readonly updatedAt: string;
}
