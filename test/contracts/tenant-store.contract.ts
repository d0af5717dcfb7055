/** What every TenantStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId } from '../../lib/core/ids.ts';
import type { Attention } from '../../lib/core/tenant.ts';
import { acme, givenTenant, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { newTenant, nobody, storedTenant, theTenant } from './support/stored.ts';

const attention: Attention = {
  code: 'permission-missing',
  text: 'Accept the permissions.',
  since: '2026-11-21T12:00:00Z',
  probeAt: 1_795_000_000_000,
};
const later = '2026-11-21T13:00:00Z';

export function tenantStoreContract(backend: StoreBackend): void {
  describe(`TenantStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    it('reads back a tenant with every field it was created with', async () => {
      const tenant = newTenant({
        status: 'suspended',
        suspendedBy: 'operator',
        statusBeforeDeletion: 'active',
        allowedTiers: [small],
        runnerLevel: 'auto',
        runnerGroup: 'builds',
        allowedRepositories: [7, 1_296_269],
        allowPublicRepositories: false,
        predecessor: InstallationId(7),
        attention,
      });

      await stores.tenants.create(tenant);

      expect(await stores.tenants.get(acme)).toEqual({
        ...tenant,
        leases: 0,
        tierLeases: new Map(),
        leaseChanges: 0,
        version: 1,
      });
    });

    it('distinguishes a tenant that may use no tier from one that may use all', async () => {
      await stores.tenants.create(newTenant({ allowedTiers: [] }));

      expect((await theTenant(stores)).allowedTiers).toEqual([]);
    });

    it('lists all tenants in pages, each once', async () => {
      const ids = [1, 2, 3].map(InstallationId);
      for (const installationId of ids) await stores.tenants.create(newTenant({ installationId }));

      const listed: InstallationId[] = [];
      let cursor: string | undefined;
      do {
        const page = await stores.tenants.listAcrossTenants({ limit: 2, ...(cursor ? { cursor } : {}) });
        expect(page.installationIds.length).toBeLessThanOrEqual(2);
        listed.push(...page.installationIds);
        cursor = page.cursor;
      } while (cursor !== undefined);

      const rest = await stores.tenants.listAcrossTenants({ limit: 9, cursor: String(listed[1]) });
      expect(rest.installationIds).toEqual(listed.slice(2));
      expect(listed.sort((a, b) => a - b)).toEqual(ids);
    });

    it('finds no tenant that was not created', async () => {
      expect(await stores.tenants.get(nobody)).toBeUndefined();
    });

    it('leaves a tenant unchanged when it is created again', async () => {
      await stores.tenants.create(newTenant({ accountLogin: 'first' }));

      expect(await stores.tenants.create(newTenant({ accountLogin: 'second' }))).toBe('exists');
      expect((await theTenant(stores)).accountLogin).toBe('first');
    });

    it('finds all installations of an account, and no other account’s', async () => {
      for (const [id, accountId] of [
        [1, 50],
        [2, 50],
        [3, 60],
      ] as const) {
        await stores.tenants.create(newTenant({ installationId: InstallationId(id), accountId }));
      }

      const found = await stores.tenants.findByAccount(50);

      expect(found.map((tenant) => tenant.installationId).sort()).toEqual([1, 2]);
    });

    it('finds the ten newest of an account that reinstalled over and over', async () => {
      const ids = [7, 100, 3, 12, 5, 1, 11, 2, 4, 9, 8, 6, 10];
      for (const id of ids)
        await stores.tenants.create(newTenant({ installationId: InstallationId(id), accountId: 50 }));

      const found = await stores.tenants.findByAccount(50);

      const inOrder = found.map((tenant) => tenant.installationId).toSorted((one, other) => one - other);
      expect(inOrder).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 100]);
    });

    it('writes what is given, keeps the rest, and increments the version', async () => {
      const before = await storedTenant(stores);
      const changes = {
        status: 'suspended',
        suspendedBy: 'github',
        permissions: { metadata: 'read' },
        updatedAt: later,
      } as const;

      expect(await stores.tenants.update(before, changes)).toBe('updated');

      expect(await theTenant(stores)).toEqual({ ...before, ...changes, version: before.version + 1 });
    });

    it('removes `suspendedBy` if that is null', async () => {
      const before = await storedTenant(stores, { status: 'suspended', suspendedBy: 'github' });

      await stores.tenants.update(before, {
        status: 'active',
        suspendedBy: null,
        updatedAt: later,
      });

      expect(await theTenant(stores)).not.toHaveProperty('suspendedBy');
    });

    it('refuses a change that was decided on an older version', async () => {
      const read = await storedTenant(stores);
      await stores.tenants.update(read, { status: 'deleted', updatedAt: later });

      expect(await stores.tenants.update(read, { status: 'active', updatedAt: later })).toBe('conflict');
      expect((await theTenant(stores)).status).toBe('deleted');
    });

    it('creates no tenant by changing one that does not exist', async () => {
      expect(
        await stores.tenants.update(
          { ...givenTenant(), installationId: nobody },
          { status: 'active', updatedAt: later },
        ),
      ).toBe('conflict');
      await stores.tenants.clearPredecessor(nobody, {
        predecessor: acme,
        carried: new Map([['2026-11', 5]]),
      });

      expect(await stores.tenants.get(nobody)).toBeUndefined();
    });

    it('forgets the given predecessor, and no other', async () => {
      await storedTenant(stores, { predecessor: InstallationId(7) });

      await stores.tenants.clearPredecessor(acme, { predecessor: InstallationId(8), carried: new Map() });
      expect((await theTenant(stores)).predecessor).toBe(7);

      await stores.tenants.clearPredecessor(acme, { predecessor: InstallationId(7), carried: new Map() });
      expect(await theTenant(stores)).not.toHaveProperty('predecessor');
    });

    it('keeps its place among the predecessors, and what those before it spent', async () => {
      const [last, left, first] = [InstallationId(7), InstallationId(6), InstallationId(5)];
      await storedTenant(stores, { predecessor: last });

      const carried = new Map([['2026-11', 5]]);
      await stores.tenants.clearPredecessor(acme, { predecessor: last, left, carried });
      expect(await theTenant(stores)).toMatchObject({ predecessor: left, carried });
      // As another copy that followed the same steps.
      await stores.tenants.clearPredecessor(acme, { predecessor: last, left: first, carried: new Map() });
      expect(await theTenant(stores)).toMatchObject({ predecessor: left, carried });

      await stores.tenants.clearPredecessor(acme, { predecessor: left, left: first, carried: new Map() });
      expect(await theTenant(stores)).toMatchObject({ predecessor: first, carried });
    });

    it('keeps since when it needs attention, until that is cleared', async () => {
      await storedTenant(stores);

      await stores.tenants.callAttention(acme, attention);
      await stores.tenants.callAttention(acme, { ...attention, text: 'Now this.', since: later });
      expect((await theTenant(stores)).attention).toEqual({ ...attention, text: 'Now this.' });

      await stores.tenants.clearAttention(acme);
      expect(await theTenant(stores)).not.toHaveProperty('attention');
    });

    it('does not overwrite a status that an operator has written since', async () => {
      const read = await storedTenant(stores);
      await stores.edit(acme, { status: 'suspended' });

      const changes = { status: 'suspended', suspendedBy: 'github', updatedAt: later } as const;
      expect(await stores.tenants.update(read, changes)).toBe('conflict');
      expect(await stores.tenants.update(read, { accountLogin: 'new', updatedAt: later })).toBe('updated');

      expect(await theTenant(stores)).toMatchObject({ status: 'suspended', accountLogin: 'new' });
      expect(await theTenant(stores)).not.toHaveProperty('suspendedBy');
    });

    it('distinguishes a ban from an existing suspension by GitHub', async () => {
      const read = await storedTenant(stores, { status: 'suspended', suspendedBy: 'github' });
      await stores.edit(acme, { status: 'suspended' });

      const lifted = { status: 'active', suspendedBy: null, updatedAt: later } as const;
      expect(await stores.tenants.update(read, lifted)).toBe('conflict');
      expect(await theTenant(stores)).not.toHaveProperty('suspendedBy');
    });

    it('fails to inherit what the operator has changed since it was read', async () => {
      const previous = await storedTenant(stores, { allowedTiers: [small] });
      const next = newTenant({ installationId: InstallationId(202) });
      await stores.edit(acme, { maxRunners: 9 });

      expect(await stores.tenants.create(next, previous)).toBe('conflict');
      expect(await stores.tenants.get(next.installationId)).toBeUndefined();
      expect(await stores.tenants.create(next, await theTenant(stores))).toBe('created');
      expect(await stores.tenants.create(next, await theTenant(stores))).toBe('exists');
    });

    it('creates one of several first installations of an account at once, and records it', async () => {
      const ids = [101, 102, 103].map((id) => InstallationId(id));
      const outcomes = await Promise.all(
        ids.map((installationId) =>
          stores.tenants.create(newTenant({ installationId }), undefined, {
            ...{ recorded: undefined, newest: installationId },
          }),
        ),
      );
      expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'created']);
      const created = ids[outcomes.indexOf('created')]!;
      expect(await stores.tenants.newestOfAccount(1)).toBe(created);
      expect(await stores.tenants.newestOfAccount(2)).toBeUndefined();
      const stored = await Promise.all(ids.map((id) => stores.tenants.get(id)));
      expect(stored.flatMap((tenant) => tenant?.installationId ?? [])).toEqual([created]);
    });

    it('creates an installation only over the account’s row that was read', async () => {
      const [first, second, third] = [acme, InstallationId(202), InstallationId(303)];
      const create = (installationId: InstallationId, recorded?: InstallationId, newest = installationId) =>
        stores.tenants.create(newTenant({ installationId }), undefined, { recorded, newest });
      expect(await create(first)).toBe('created');
      expect(await create(third, first)).toBe('created');
      expect(await create(second, first)).toBe('conflict');
      expect(await stores.tenants.get(second)).toBeUndefined();
      expect(await create(second, third, third)).toBe('created');
      expect(await stores.tenants.newestOfAccount(1)).toBe(third);
      expect(await create(second, third, third)).toBe('exists');
    });

    it('lets one of many probe whether the cause is gone', async () => {
      await storedTenant(stores, { attention });
      const probe = { from: attention.probeAt, to: attention.probeAt + 60_000 };

      const takers = Array.from({ length: 10 }, () => stores.tenants.takeProbe(acme, probe));

      expect((await Promise.all(takers)).filter((won) => won)).toHaveLength(1);
      expect((await theTenant(stores)).attention).toEqual({ ...attention, probeAt: probe.to });
      await stores.tenants.clearAttention(acme);
      expect(await stores.tenants.takeProbe(acme, { ...probe, from: probe.to })).toBe(false);
    });

    it('creates no tenant by setting attention on one that does not exist', async () => {
      await stores.tenants.callAttention(nobody, attention);
      await stores.tenants.clearAttention(nobody);
      expect(await stores.tenants.takeProbe(nobody, { from: 0, to: 1 })).toBe(false);

      expect(await stores.tenants.get(nobody)).toBeUndefined();
    });
  });
}
