import type { InstallationId, LeaseId, TierName } from '../core/ids.ts';
import type { Tenant, TenantStatus } from '../core/tenant.ts';

/**
 * The tenants. Leases are added by `LaunchStore.take` and removed by `freeLease` alone; no other method touches them.
 * Every method may throw OperationalError.
 */
export interface TenantStore {
  /** Reads consistently. */
  get(installationId: InstallationId): Promise<Tenant | undefined>;
  /** Across tenants: all installations, past ones too, of one account. May lag by a second. */
  findByAccount(accountId: number): Promise<Tenant[]>;
  create(tenant: NewTenant): Promise<'created' | 'exists'>;
  /** Writes what is given and grows `version`, if nobody else did since `version` was read. */
  update(
    installationId: InstallationId,
    version: number,
    changes: TenantChanges,
  ): Promise<'updated' | 'conflict'>;
  /** The earlier installation's machines are gone: forget it. */
  clearPredecessor(installationId: InstallationId, predecessor: InstallationId): Promise<void>;
  /** Takes a lease out of the tenant's sets. Freeing what is not there does nothing. */
  freeLeases(installationId: InstallationId, tier: TierName, leases: readonly LeaseId[]): Promise<void>;
}

export type NewTenant = Omit<Tenant, 'leases' | 'tierLeases' | 'version'>;

export interface TenantChanges {
  readonly status?: TenantStatus;
  /** null removes it. */
  readonly suspendedBy?: 'github' | 'operator' | null;
  readonly statusBeforeDeletion?: TenantStatus;
  readonly accountLogin?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}
