import { describe, expect, it } from '@jest/globals';
import { InstallationId, type InstanceId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';
import { givenListening, labels, repairs } from '../support/reconciled.ts';

describe('registrations without a machine', () => {
  const register = (platform: Platform, name: string, online = false) =>
    platform.github.registrations.set(`acme: ${name}`, {
      installationId: acme,
      scope: { kind: 'organization', organization: 'acme' },
      name,
      labels,
      busy: false,
      online,
    });
  const names = (platform: Platform) => [...platform.github.registrations.values()].map(({ name }) => name);

  it('are removed if their row has ended, and kept if it has not', async () => {
    const { platform, machine } = await givenListening();
    await platform.reconcile();
    expect(names(platform)).toEqual([machine]);
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    await platform.machineEnds(machine);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
    expect(repairs(platform, 'registration-removed')).toBe(1);
  });

  it('are kept while a machine with a start gate is running, however long its runner is offline', async () => {
    const { platform, machine } = await givenListening();
    platform.github.registrations.clear();
    register(platform, `${machine}-gated`);
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    expect(names(platform)).toEqual([`${machine}-gated`]);
    await platform.machineEnds(machine);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
  });

  it('are removed when seen for the second time without a record, if they are ours', async () => {
    const platform = await givenPlatform();
    const stranger = 'i-0aaaaaaaaaaaaaaaa' as InstanceId;
    register(platform, stranger);
    register(platform, 'i-0bbbbbbbbbbbbbbbb', true);
    register(platform, 'build-server-3');
    await platform.reconcile();
    expect(names(platform)).toContain(stranger);
    await platform.reconcile();
    expect(names(platform)).toEqual(['i-0bbbbbbbbbbbbbbbb', 'build-server-3']);
  });

  it('are searched on the next page of an organization at each visit, and then on the first again', async () => {
    const platform = await givenPlatform();
    platform.github.listing.pageSize = 1;
    const pages: (string | undefined)[] = [];
    const { listRunners } = platform.github;
    platform.github.listRunners = async (...given) => {
      pages.push(given[2]);
      return listRunners(...given);
    };
    for (const name of ['one', 'two']) register(platform, name);
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    expect(pages).toEqual([undefined, expect.any(String), undefined]);
  });

  it('are kept if the row of that name belongs to another tenant', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    const { runners } = platform.stores.world.rows;
    runners.set(machine, { ...runners.get(machine)!, installationId: InstallationId(999) });
    for (let visits = 0; visits < 2; visits += 1) await platform.reconcile();
    expect(names(platform)).toEqual([machine]);
  });

  it('are not counted as a repair if GitHub has removed them, or reports them as busy, by then', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    for (const value of ['absent', 'busy'] as const) {
      platform.github.removeRunner = async () => ({ ok: true, value });
      await platform.reconcile();
    }
    expect(repairs(platform, 'registration-removed')).toBe(0);
  });

  it('are searched in the repositories of a user', async () => {
    const joan = InstallationId(202);
    const tenant = givenTenant({ installationId: joan, accountLogin: 'joan', accountType: 'User' });
    const platform = await givenPlatform({ tenants: [tenant] });
    const scope = { kind: 'repository', owner: 'joan', repository: 'app' } as const;
    const name = 'i-0aaaaaaaaaaaaaaaa';
    platform.github.registrations.set(`joan/app: ${name}`, {
      installationId: joan,
      scope,
      name,
      labels,
      busy: false,
    });
    await platform.reconcile();
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
  });

  it('are remembered from each repository of a user to the next visit', async () => {
    const joan = InstallationId(202);
    const account = { accountId: 5, accountLogin: 'joan', accountType: 'User' } as const;
    const platform = await givenPlatform({ tenants: [givenTenant({ installationId: joan, ...account })] });
    platform.github.putInstallation(joan, { ...account, suspended: false, repositories: ['app', 'web'] });
    for (const [n, repository] of ['app', 'web'].entries()) {
      const name = `i-0aaaaaaaaaaaaaaa${n}`;
      const scope = { kind: 'repository', owner: 'joan', repository } as const;
      const registration = { installationId: joan, scope, name, labels, busy: false };
      platform.github.registrations.set(`joan/${repository}: ${name}`, registration);
    }
    await platform.reconcile();
    expect(names(platform)).toHaveLength(2);
    await platform.reconcile();
    expect(names(platform)).toEqual([]);
  });
});
