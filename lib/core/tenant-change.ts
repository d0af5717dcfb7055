/**
 * A tenant's next state, from the installation's current state at GitHub. GitHub is asked each time, so events may come
 * late, twice or forged: they only trigger the question. A deleted tenant stays deleted.
 */
import type { Installation, Permissions } from './github.ts';
import type { Tenant, TenantStatus } from './tenant.ts';

export interface TenantChange {
  readonly status?: TenantStatus;
  readonly suspendedBy?: 'github' | 'operator' | null;
  readonly statusBeforeDeletion?: TenantStatus;
  readonly accountLogin?: string;
  readonly permissions?: Permissions;
}

/**
 * @param now GitHub's answer; undefined: it does not know the installation
 * @returns undefined if nothing changes
 */
export function tenantChange(tenant: Tenant, now: Installation | undefined): TenantChange | undefined {
  if (tenant.status === 'deleted') return undefined;
  if (!now) return { status: 'deleted', statusBeforeDeletion: tenant.status };
  const change: TenantChange = {
    ...suspension(tenant, now.suspended),
    ...(now.accountLogin === tenant.accountLogin ? {} : { accountLogin: now.accountLogin }),
    ...(samePermissions(now.permissions, tenant.permissions) ? {} : { permissions: now.permissions }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

function samePermissions(some: Permissions, others: Permissions | undefined): boolean {
  const names = Object.keys({ ...some, ...others });
  return others !== undefined && names.every((name) => some[name] === others[name]);
}

function suspension(tenant: Tenant, suspended: boolean): TenantChange {
  if (suspended && tenant.status === 'active') return { status: 'suspended', suspendedBy: 'github' };
  if (!suspended && tenant.status === 'suspended' && tenant.suspendedBy === 'github') {
    return { status: 'active', suspendedBy: null };
  }
  return {};
}

/** How a new installation starts: as the account's previous one ended, or by the onboarding setting. */
export function firstStatus(
  installation: Installation,
  previous: Tenant | undefined,
  onboarding: 'open' | 'approve',
): { status: TenantStatus; suspendedBy?: 'github' | 'operator' } {
  const before = previous?.status === 'deleted' ? previous.statusBeforeDeletion : previous?.status;
  // An operator who edits only `status` leaves `suspended_by` empty: GitHub lifts only what GitHub suspended.
  if (before === 'suspended' && previous?.suspendedBy !== 'github') {
    return { status: 'suspended', suspendedBy: 'operator' };
  }
  const approved = onboarding === 'open' || before === 'active' || before === 'suspended';
  if (!approved) return { status: 'pending' };
  return installation.suspended ? { status: 'suspended', suspendedBy: 'github' } : { status: 'active' };
}
