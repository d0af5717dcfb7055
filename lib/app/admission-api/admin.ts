/** The caller who manages an owner's controllers, and its dependencies. */
import { platformOwner } from '../../core/controllers/controller.ts';
import type { ControllerRecord } from '../../core/controllers/record.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { TokenSecrets } from '../../ports/token-secrets.ts';
import { type Faulty, faulty } from './fault.ts';

export interface AdminDeps {
  readonly controllers: ControllerStore;
  readonly tenants: Pick<TenantStore, 'get'>;
  readonly tokenSecrets: TokenSecrets;
  readonly clock: Clock;
}

/** The caller, for the audit. */
export interface Actor {
  /** The ARN of whoever ran a command, or `token tok_…`. */
  readonly who: string;
  readonly reason?: string;
  /** Dry run: everything is checked, nothing is written. */
  readonly isDryRun?: boolean;
}

/** The owner of the controllers. */
export interface Owner {
  readonly id: InstallationId;
  /** Absent: the platform's operator. */
  readonly tenant?: Tenant;
}

export async function findOwner(
  { tenants }: Pick<AdminDeps, 'tenants'>,
  id: InstallationId,
): Promise<Owner | Faulty> {
  if (id === platformOwner) return { id };
  const tenant = await tenants.get(id);
  if (tenant && tenant.status !== 'deleted') return { id, tenant };
  const what = tenant
    ? `${tenant.accountLogin} uninstalled the App: nothing of installation ${id} can be changed.`
    : `There is no installation ${id}.`;
  return faulty('missing', 'no-such-installation', what);
}

export function recordOf(
  deps: Pick<AdminDeps, 'clock' | 'tokenSecrets'>,
  owner: Owner,
  { who, reason }: Actor,
  change: Pick<ControllerRecord, 'action' | 'before' | 'after'>,
): ControllerRecord {
  return {
    id: deps.tokenSecrets.id(),
    at: new Date(deps.clock.now()).toISOString(),
    who,
    login: owner.tenant?.accountLogin ?? '',
    ...(reason === undefined ? {} : { reason }),
    ...change,
  };
}

export const isFaulty = (value: object): value is Faulty => 'kind' in value && value.kind === 'fault';
