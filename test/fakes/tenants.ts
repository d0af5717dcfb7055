/** The tenants in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { LeaseId, TierName } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { TenantChanges, TenantStore } from '../../lib/ports/tenants.ts';
import type { StoreWorld } from './world.ts';

export function createMemoryTenantStore(world: StoreWorld): TenantStore {
  return {
    get: (installationId) => world.call('tenants.get', ({ tenants }) => tenants.get(installationId)),
    findByAccount: (accountId) =>
      world.call('tenants.findByAccount', ({ tenants }) =>
        [...tenants.values()].filter((tenant) => tenant.accountId === accountId),
      ),
    listAcrossTenants: ({ limit, cursor }) =>
      world.call('tenants.listAcrossTenants', ({ tenants }) => {
        const left = [...tenants.keys()].sort((a, b) => a - b).filter((id) => id > Number(cursor ?? 0));
        const installationIds = left.slice(0, limit);
        return left.length > limit
          ? { installationIds, cursor: String(installationIds.at(-1)) }
          : { installationIds };
      }),
    create: (tenant) =>
      world.call('tenants.create', ({ tenants }) => {
        if (tenants.has(tenant.installationId)) return 'exists';
        const row = {
          ...structuredClone(tenant),
          leases: new Set<LeaseId>(),
          tierLeases: new Map(),
          version: 1,
        };
        tenants.set(tenant.installationId, row);
        return 'created';
      }),
    update: (installationId, version, changes) =>
      world.call('tenants.update', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.version !== version) return 'conflict';
        tenants.set(installationId, changed(tenant, changes));
        return 'updated';
      }),
    clearPredecessor: (installationId, predecessor) =>
      world.call('tenants.clearPredecessor', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.predecessor !== predecessor) return;
        const { predecessor: _, ...rest } = tenant;
        tenants.set(installationId, rest);
      }),
    callAttention: (installationId, attention) =>
      world.call('tenants.callAttention', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (!tenant) return;
        const since = tenant.attention?.since ?? attention.since;
        tenants.set(installationId, { ...tenant, attention: { ...attention, since } });
      }),
    clearAttention: (installationId) =>
      world.call('tenants.clearAttention', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (!tenant) return;
        const { attention: _, ...rest } = tenant;
        tenants.set(installationId, rest);
      }),
    takeProbe: (installationId, { from, to }) =>
      world.call('tenants.takeProbe', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.attention?.probeAt !== from) return false;
        tenants.set(installationId, { ...tenant, attention: { ...tenant.attention, probeAt: to } });
        return true;
      }),
    freeLeases: (installationId, tier, leases) =>
      world.call('tenants.freeLeases', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (!tenant || leases.length === 0) return undefined;
        tenants.set(installationId, without(tenant, tier, leases));
        return tenant;
      }),
  };
}

function changed(tenant: Tenant, { suspendedBy, ...changes }: TenantChanges): Tenant {
  const { suspendedBy: before, ...rest } = tenant;
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const after = suspendedBy === undefined ? before : (suspendedBy ?? undefined);
  return {
    ...rest,
    ...given,
    ...(after === undefined ? {} : { suspendedBy: after }),
    version: tenant.version + 1,
  };
}

function without(tenant: Tenant, tier: TierName, leases: readonly LeaseId[]): Tenant {
  const left = (held: ReadonlySet<LeaseId> | undefined) =>
    new Set([...(held ?? [])].filter((lease) => !leases.includes(lease)));
  const tierLeases = new Map(tenant.tierLeases).set(tier, left(tenant.tierLeases.get(tier)));
  // As in DynamoDB, a set that is empty does not exist.
  if (tierLeases.get(tier)?.size === 0) tierLeases.delete(tier);
  return { ...tenant, leases: left(tenant.leases), tierLeases };
}
