/** What every Audit promises: a change that nobody recorded is found, once, and what was recorded is not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationId } from '../../lib/core/ids.ts';
import { acme, medium, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
import { nobody, storedTenant, theTenant } from './support/stored.ts';

const at = '2026-11-21T13:00:00.000Z';

export function auditContract(backend: StoreBackend): void {
  describe(`Audit ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());
    const look = (id = acme) => stores.audit.recordOutsideChange(id, at);

    it('finds nothing without tenants, and nothing in the tenant manager’s own changes', async () => {
      expect(await look(nobody)).toBeUndefined();
      const tenant = await storedTenant(stores);
      expect(await look()).toBeUndefined();
      await stores.tenants.update(tenant, { status: 'suspended', suspendedBy: 'github', updatedAt: at });
      await stores.tenants.update(await theTenant(stores), { accountLogin: 'renamed', updatedAt: at });
      expect(await look()).toBeUndefined();
    });

    it('finds a manual edit once, and increments the version', async () => {
      await storedTenant(stores);
      await stores.edit(acme, { tier: medium, maxRunners: 5 });
      expect(await look()).toMatchObject({ action: 'changed-outside', version: 2 });
      expect(await look()).toBeUndefined();
      expect(await theTenant(stores)).toMatchObject({ version: 2, tier: medium, maxRunners: 5 });
    });

    it('finds an edit that fell between a look and a write of the tenant manager', async () => {
      const read = await storedTenant(stores);
      await stores.edit(acme, { maxRunners: 9 });
      expect(await stores.tenants.update(read, { accountLogin: 'renamed', updatedAt: at })).toBe('updated');
      expect(await look()).toMatchObject({ action: 'changed-outside' });
    });

    it('does not count the repositories of a runner group as a policy change', async () => {
      const tenant = await storedTenant(stores);
      const change = { installationId: acme, login: 'acme', at, group: 'builds', before: [1], after: [1, 2] };
      for (let n = 0; n < 2; n += 1) await stores.audit.recordGroupChange(change);
      expect(await look()).toBeUndefined();
      expect((await theTenant(stores)).version).toBe(tenant.version);
    });

    it('does not count leases and attention as policy changes', async () => {
      await storedTenant(stores);
      const attention = { code: 'github-limited', text: 'Wait.', since: at, probeAt: 0 } as const;
      await stores.tenants.callAttention(acme, attention);
      expect(await look()).toBeUndefined();
    });

    it('finds whatever an operator writes, and nothing if it is unchanged', async () => {
      const edits = fc.oneof<fc.Arbitrary<OperatorEdit>[]>(
        fc.record({ maxRunners: fc.integer({ min: 3, max: 9 }) }),
        fc.constantFrom<OperatorEdit>({ tier: medium }, { status: 'suspended' }, { weight: 2 }),
        fc.constantFrom<OperatorEdit>({ allowedTiers: [small] }, { runnerGroup: 'builds' }),
        fc.nat(9).map((limit) => ({ tierLimits: new Map([[small, limit]]) })),
      );
      let n = 1_000;
      await fc.assert(
        fc.asyncProperty(edits, async (edit) => {
          n += 1;
          const installationId = InstallationId(n);
          await storedTenant(stores, { installationId });
          await stores.edit(installationId, edit);
          expect(await look(installationId)).toMatchObject({ action: 'changed-outside' });
          await stores.edit(installationId, edit);
          expect(await look(installationId)).toBeUndefined();
        }),
        { numRuns: 30 },
      );
    });
  });
}
