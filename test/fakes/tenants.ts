/** The tenants in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { Tenant } from '../../lib/core/tenant.ts';
import { hasSamePolicy } from '../../lib/core/tenant-policy.ts';
import type { TenantChanges, TenantStore } from '../../lib/ports/tenants.ts';
import { recordPolicy } from './audit.ts';
import { copyOf } from './copy.ts';
import type { StoreWorld } from './world.ts';

export function createMemoryTenantStore(world: StoreWorld): TenantStore {
  return {
    get: (installationId) => world.call('tenants.get', ({ tenants }) => tenants.get(installationId)),
    glance: (installationId) =>
      world.call('tenants.glance', (rows) => (world.past ?? rows).tenants.get(installationId)),
    findByAccount: (accountId) =>
      world.call('tenants.findByAccount', ({ tenants }) =>
        [...tenants.values()]
          .filter((tenant) => tenant.accountId === accountId)
          .sort((one, other) => other.installationId - one.installationId)
          .slice(0, 10)
          // DynamoDB promises no order of rows that are read by their keys.
          .toReversed(),
      ),
    listAcrossTenants: ({ limit, cursor }) =>
      world.call('tenants.listAcrossTenants', ({ tenants }) => {
        const left = [...tenants.keys()].sort((a, b) => a - b).filter((id) => id > Number(cursor ?? 0));
        const installationIds = left.slice(0, limit);
        return left.length > limit
          ? { installationIds, cursor: String(installationIds.at(-1)) }
          : { installationIds };
      }),
    newestOfAccount: (accountId) =>
      world.call('tenants.newestOfAccount', ({ newestOfAccounts }) => newestOfAccounts.get(accountId)),
    create: (tenant, policyOf, account) =>
      world.call('tenants.create', (rows) => {
        const { tenants, newestOfAccounts } = rows;
        if (tenants.has(tenant.installationId)) return 'exists';
        if (policyOf && !hasPolicyOf(tenants.get(policyOf.installationId), policyOf)) return 'conflict';
        if (account && newestOfAccounts.get(tenant.accountId) !== account.recorded) return 'conflict';
        if (account) newestOfAccounts.set(tenant.accountId, account.newest);
        const row = {
          ...copyOf(tenant),
          leases: 0,
          tierLeases: new Map(),
          leaseChanges: 0,
          version: 1,
        };
        tenants.set(tenant.installationId, row);
        recordPolicy(rows, row);
        return 'created';
      }),
    update: (read, changes) =>
      world.call('tenants.update', (rows) => {
        const { tenants } = rows;
        const tenant = tenants.get(read.installationId);
        if (tenant?.version !== read.version) return 'conflict';
        if (changes.status !== undefined && statusWord(tenant) !== statusWord(read)) return 'conflict';
        tenants.set(read.installationId, changed(tenant, changes));
        // What an operator wrote since it was read is not known here, and so not recorded.
        recordPolicy(rows, changed(read, changes));
        return 'updated';
      }),
    clearPredecessor: (installationId, { predecessor, left, carried }) =>
      world.call('tenants.clearPredecessor', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.predecessor !== predecessor) return;
        const { predecessor: _, ...rest } = tenant;
        tenants.set(installationId, {
          ...rest,
          ...(left === undefined ? {} : { predecessor: left }),
          ...(carried.size === 0 ? {} : { carried: new Map(carried) }),
        });
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
    findAcrossTenants: (installationIds) =>
      world.call('tenants.findAcrossTenants', ({ tenants }) =>
        [...new Set(installationIds)].flatMap((id) => tenants.get(id) ?? []),
      ),
    correctLeases: ({ installationId, leaseChanges, held: before }, { tierLeases, held }) =>
      world.call('tenants.correctLeases', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.leaseChanges !== leaseChanges) return false;
        const leases = [...tierLeases.values()].reduce((sum, count) => sum + count, 0);
        tenants.set(installationId, {
          ...tenant,
          ...heldAsSet(before, held),
          tierLeases: new Map(tierLeases),
          leases,
          leaseChanges: leaseChanges + 1,
        });
        return true;
      }),
    correctSpent: ({ installationId, spent, leaseChanges }, { day, to }) =>
      world.call('tenants.correctSpent', ({ tenants }) => {
        const tenant = tenants.get(installationId);
        if (tenant?.leaseChanges !== leaseChanges) return false;
        const change = to - (spent?.get(day) ?? 0);
        const corrected = new Map(tenant.spent);
        for (const period of [day, day.slice(0, 7)])
          corrected.set(period, (corrected.get(period) ?? 0) + change);
        tenants.set(installationId, {
          ...tenant,
          spent: new Map([...corrected].filter(([, micros]) => micros !== 0)),
          leaseChanges: leaseChanges + 1,
        });
        return true;
      }),
  };
}

/** As the row has it: what GitHub suspended has a word of its own there. */
const statusWord = ({ status, suspendedBy }: Tenant) =>
  status === 'suspended' && suspendedBy === 'github' ? 'suspended-by-github' : status;

const hasPolicyOf = (now: Tenant | undefined, read: Tenant): boolean =>
  now !== undefined && hasSamePolicy(now, read);

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

/** As the row has it: what was there and is held no more stays, as nothing. */
function heldAsSet(before: Tenant['held'], held: Tenant['held']): Pick<Tenant, 'held'> {
  if (!before && !held) return {};
  const expected = new Map([...(before?.expected.keys() ?? [])].map((day) => [day, 0]));
  const since = new Map(
    [...(before?.since ?? [])].map(([day, tiers]) => [
      day,
      new Map([...tiers.keys()].map((tier) => [tier, 0])),
    ]),
  );
  for (const [day, micros] of held?.expected ?? []) expected.set(day, micros);
  const overrun = new Map([...(before?.overrun?.keys() ?? [])].map((day) => [day, 0]));
  for (const [day, micros] of held?.overrun ?? []) overrun.set(day, micros);
  for (const [day, tiers] of held?.since ?? [])
    since.set(day, new Map([...(since.get(day) ?? []), ...tiers]));
  return { held: { expected, since, ...(overrun.size === 0 ? {} : { overrun }) } };
}
