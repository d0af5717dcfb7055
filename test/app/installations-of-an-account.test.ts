/** Several installations of one account: whoever reinstalls the App has machines of one installation at a time. */
import { describe, expect, it } from '@jest/globals';
import type { InstallationsMessage } from '../../lib/contract/messages.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acmeAccount as account, givenEvent, givenTenant } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const [first, second, third] = [InstallationId(101), InstallationId(102), InstallationId(103)];

const created = (installationId: InstallationId): InstallationsMessage => ({
  ...{ kind: 'installation', event: 'installation.created', installationId },
  ...{ repositoriesRemoved: [], delivery: `${installationId}` },
});

const tell = (platform: Platform, ...ids: readonly InstallationId[]) => {
  platform.queues.installations.push(...ids.map(created));
  return platform.deliverInstallations();
};

/** GitHub has these installations one after the other, and the index by account shows none of their rows yet. */
async function givenLaggingIndex(tenants: readonly Tenant[] = []): Promise<Platform> {
  const platform = await givenPlatform({ tenants });
  const { findByAccount } = platform.tenants;
  const shown = new Set(tenants.map(({ installationId }) => installationId));
  platform.tenants.findByAccount = async (id) =>
    (await findByAccount(id)).filter(({ installationId }) => shown.has(installationId));
  for (const id of [first, second, third]) platform.github.putInstallation(id, account);
  return platform;
}

const tenantOf = (platform: Platform, id: InstallationId) => platform.stores.tenants.get(id);

describe('an account’s first installations, of which the index shows none yet', () => {
  it('follow one another', async () => {
    const platform = await givenLaggingIndex();
    for (const id of [first, second, third]) await tell(platform, id);
    expect(await tenantOf(platform, first)).not.toHaveProperty('predecessor');
    expect(await tenantOf(platform, second)).toMatchObject({ predecessor: first });
    expect(await tenantOf(platform, third)).toMatchObject({ status: 'active', predecessor: second });
  });

  it('never have machines of both', async () => {
    const platform = await givenLaggingIndex();
    await tell(platform, first);
    await platform.accept(givenEvent({ installationId: first }));
    await tell(platform, second);
    await platform.accept(givenEvent({ installationId: second, jobId: 2 as never }));
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.leases(second)).toBe(0);
    await platform.deliverInstallations();
    expect(await tenantOf(platform, first)).toMatchObject({ status: 'deleted' });
  });

  it('are provisioned at the same time one after the other', async () => {
    const platform = await givenLaggingIndex();
    await tell(platform, first, second, third);
    const [one, two, three] = await Promise.all([first, second, third].map((id) => tenantOf(platform, id)));
    const followed = [one, two, three].flatMap((tenant) => tenant?.predecessor ?? []);
    expect(new Set(followed).size).toBe(followed.length);
    await platform.deliverInstallations();
    const active = [first, second, third].map(async (id) => (await tenantOf(platform, id))?.status);
    expect(await Promise.all(active)).toEqual(['deleted', 'deleted', 'active']);
  });

  it('give a ban to the next one', async () => {
    const platform = await givenLaggingIndex();
    await tell(platform, first);
    platform.stores.world.editTenant(first, { status: 'suspended' });
    await tell(platform, second);
    expect(await tenantOf(platform, second)).toMatchObject({ status: 'suspended', suspendedBy: 'operator' });
  });

  it('start nothing under an old one that becomes known last', async () => {
    const platform = await givenLaggingIndex();
    await tell(platform, second);
    await tell(platform, first);
    expect(await tenantOf(platform, first)).toMatchObject({ status: 'deleted' });
    expect(await tenantOf(platform, second)).toMatchObject({ status: 'active' });
    await tell(platform, third);
    expect(await tenantOf(platform, third)).toMatchObject({ predecessor: second });
  });

  it('are linked where the process died before or after the write', async () => {
    const platform = await givenLaggingIndex();
    for (const failure of [new Error('killed'), 'after'] as const) {
      platform.stores.world.failNext('tenants.create', failure);
      expect(await tell(platform, first)).toHaveLength(1);
    }
    await tell(platform, first);
    await tell(platform, second);
    expect(await tenantOf(platform, second)).toMatchObject({ predecessor: first });
  });
});

describe('an account whose installations an earlier version created', () => {
  it('has its next one follow the latest that the index shows', async () => {
    const gone = { status: 'deleted', statusBeforeDeletion: 'active', maxRunners: 4 } as const;
    const platform = await givenLaggingIndex([givenTenant({ installationId: first, ...gone })]);
    await tell(platform, second);
    expect(await tenantOf(platform, second)).toMatchObject({ predecessor: first, maxRunners: 4 });
    await tell(platform, third);
    expect(await tenantOf(platform, third)).toMatchObject({ predecessor: second, maxRunners: 4 });
  });

  it('follows the one that an earlier version created after a rollback, although it is not recorded', async () => {
    const platform = await givenLaggingIndex([givenTenant({ installationId: second })]);
    platform.stores.world.rows.newestOfAccounts.set(1, first);
    await tell(platform, third);
    expect(await tenantOf(platform, third)).toMatchObject({ predecessor: second });
    expect(await platform.stores.tenants.newestOfAccount(1)).toBe(third);
  });
});

describe('an account with a row that somebody deleted by hand', () => {
  it('follows its last installation whose row is there', async () => {
    const platform = await givenLaggingIndex([givenTenant({ installationId: first, status: 'deleted' })]);
    await tell(platform, second);
    platform.stores.world.rows.tenants.delete(second);
    await tell(platform, third);
    expect(await tenantOf(platform, third)).toMatchObject({ predecessor: first });
  });

  it('gets the same installation again', async () => {
    const platform = await givenLaggingIndex();
    await tell(platform, first);
    platform.stores.world.rows.tenants.delete(first);
    await tell(platform, first);
    expect(await tenantOf(platform, first)).toMatchObject({ status: 'active' });
  });

  it('loses nothing with its own row once the index shows its installations', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ installationId: first })] });
    for (const id of [second, third]) {
      platform.github.putInstallation(id, account);
      platform.stores.world.rows.newestOfAccounts.clear();
      await tell(platform, id);
    }
    expect(await tenantOf(platform, third)).toMatchObject({ predecessor: second });
  });
});
