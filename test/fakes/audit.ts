/** The audit in memory: what the real one keeps as a digest in the tenant's row is kept here as the policy itself. */
import type { InstallationId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { policyOf } from '../../lib/core/tenant-policy.ts';
import type { Audit } from '../../lib/ports/audit.ts';
import type { Rows, StoreWorld } from './world.ts';

/** Whoever writes a policy and says so. */
export function recordPolicy({ recorded }: Rows, tenant: Tenant): void {
  recorded.set(tenant.installationId, JSON.stringify(policyOf(tenant)));
}

export function createMemoryAudit(world: StoreWorld): Audit {
  return {
    recordOutsideChange: (installationId: InstallationId) =>
      world.call('audit.recordOutsideChange', (rows) => {
        const tenant = rows.tenants.get(installationId);
        const known = rows.recorded.get(installationId);
        if (!tenant || known === JSON.stringify(policyOf(tenant))) return undefined;
        const version = tenant.version + 1;
        rows.tenants.set(installationId, { ...tenant, version });
        recordPolicy(rows, tenant);
        const before: Record<string, unknown> = known === undefined ? {} : JSON.parse(known);
        const after: Record<string, unknown> = JSON.parse(JSON.stringify(policyOf(tenant)));
        const names = Object.keys({ ...before, ...after });
        const attributes = names.filter(
          (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
        );
        return { action: known === undefined ? 'first-recorded' : 'changed-outside', version, attributes };
      }),
    recordGroupChange: (change) =>
      world.call('audit.recordGroupChange', (rows) => {
        const hour = change.at.slice(0, 'yyyy-mm-ddThh'.length);
        rows.groupChanges.set(
          JSON.stringify([change.installationId, hour, change.before, change.after]),
          change,
        );
      }),
  };
}
