/** The fakes share frozen rows between readers: none of them can change what another one reads. */
import { describe, expect, it } from '@jest/globals';
import { createMemoryStores } from '../fakes/stores.ts';
import { acme, small } from '../support/given.ts';
import { newTenant } from './support/stored.ts';

describe('a tenant in memory', () => {
  const given = async () => {
    const limits = new Map([[small, 1]]);
    const { tenants } = createMemoryStores();
    await tenants.create({ ...newTenant(), allowedTiers: [small], tierLimits: limits });
    return { limits, tenant: (await tenants.get(acme))! };
  };

  it('refuses changes by a reader, at any depth', async () => {
    const { tenant } = await given();
    expect(() => Object.assign(tenant, { maxRunners: 9 })).toThrow(TypeError);
    expect(() => Object.assign(tenant.allowedTiers!, { 0: 'large' })).toThrow(TypeError);
    const change = (limits: unknown) => (limits as Map<string, number>).set('small', 9);
    expect(() => change(tenant.tierLimits)).toThrow('copy it before you change it');
  });

  it('is not what its writer holds, who may change that', async () => {
    const { limits, tenant } = await given();
    limits.set(small, 9);
    expect(tenant.tierLimits).toEqual(new Map([[small, 1]]));
  });
});
