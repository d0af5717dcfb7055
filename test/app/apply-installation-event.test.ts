import { describe, expect, it } from '@jest/globals';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acmeAccount as account, acme, givenEvent, givenTenant, medium, small } from '../support/given.ts';
import { expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const reinstalled = InstallationId(999);

async function tell(
  platform: Platform,
  event: string,
  installationId = acme,
  repositoriesRemoved: string[] = [],
) {
  const body = JSON.stringify({
    kind: 'installation',
    event,
    installationId,
    repositoriesRemoved,
    delivery: event,
  });
  return applyInstallationEvents(platform, [{ id: event, body }]);
}
const tenantOf = (platform: Platform, installationId = acme) => platform.stores.tenants.get(installationId);

describe('applying installation events', () => {
  it('provisions an active tenant of the default tier, once GitHub confirms it', async () => {
    const platform = await givenPlatform({ tenants: [] });
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.created');
    expect(await tenantOf(platform)).toMatchObject({
      status: 'active',
      tier: small,
      maxRunners: 2,
      accountLogin: 'acme',
    });
    expect(platform.telemetry.total('TenantsProvisioned')).toBe(1);
  });

  it('gives a new tenant the limit of the default tier', async () => {
    const platform = await givenPlatform({ tenants: [], deployment: { defaultTier: medium } });
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.created');
    expect(await tenantOf(platform)).toMatchObject({ tier: medium, maxRunners: 5 });
  });

  it('ignores events about an installation that GitHub does not know', async () => {
    const platform = await givenPlatform({ tenants: [] });
    expect(await tell(platform, 'installation.created')).toEqual([]);
    expect(await tenantOf(platform)).toBeUndefined();
    expect(platform.telemetry.total('InstallationsNotBelieved')).toBe(1);
  });

  it('refuses jobs that wait for an installation once GitHub has twice said that there is none', async () => {
    const platform = await givenPlatform({ tenants: [] });
    await platform.accept(givenEvent());
    await tell(platform, 'installation.created');
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'tenant-unknown' } });
    platform.clock.advance(180_000);
    const again = platform.queues.installations.splice(0);
    expect(again).toMatchObject([{ event: 'unknown.asked-again' }]);
    await tell(platform, 'unknown.asked-again');
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-deleted' } });
    expect(platform.queues.installations).toEqual([]);
  });

  it('refuses them the first time if GitHub has also reported that it was deleted', async () => {
    const platform = await givenPlatform({ tenants: [] });
    await platform.accept(givenEvent());
    await tell(platform, 'installation.deleted');
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-deleted' } });
  });

  it('asks GitHub about jobs that wait for an installation whose event never arrived', async () => {
    const platform = await givenPlatform({ tenants: [] });
    platform.github.putInstallation(acme, account);
    await platform.accept(givenEvent());
    platform.clock.advance(60_000);
    for (let n = 0; n < 3; n++) await platform.accept({ kind: 'poke', installationId: acme, tier: small });
    expect(platform.queues.installations).toMatchObject([{ event: 'jobs.wait', installationId: acme }]);
    await tell(platform, 'jobs.wait');
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('waits for the operator if onboarding is by approval', async () => {
    const platform = await givenPlatform({ tenants: [], deployment: { onboarding: 'approve' } });
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.created');
    expect(await tenantOf(platform)).toMatchObject({ status: 'pending' });
  });

  it('suspends and unsuspends with GitHub, and never touches leases', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.github.putInstallation(acme, { ...account, suspended: true });
    await tell(platform, 'installation.suspend');
    expect(await tenantOf(platform)).toMatchObject({ status: 'suspended', suspendedBy: 'github' });
    expect(platform.telemetry.events.map(({ name }) => name)).not.toContain('runner-level-changed');
    expect(await platform.leases()).toBe(1);
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.unsuspend');
    expect(await tenantOf(platform)).toMatchObject({ status: 'active' });
    expect(await platform.leases()).toBe(1);
  });

  it('ends an uninstalled tenant: waiting jobs closed with a reason, machines terminated', async () => {
    const platform = await givenPlatform();
    await platform.accept(...[1, 2, 3].map((id) => givenEvent({ jobId: JobId(id) })));
    platform.github.deleteInstallation(acme);
    await tell(platform, 'installation.deleted');
    await platform.follow(...platform.queues.lifecycle.splice(0));
    expect(await platform.job(3)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-deleted' } });
    await platform.deliverPokes();
    await expectNothingLeft(platform);
  });

  it('does not end a tenant because GitHub once failed to show it', async () => {
    const platform = await givenPlatform();
    await platform.accept(...[1, 2, 3].map((id) => givenEvent({ jobId: JobId(id) })));
    platform.github.deleteInstallation(acme);
    await tell(platform, 'reconciler.doubts');
    platform.github.putInstallation(acme, account);
    await tell(platform, 'reconciler.doubts');
    platform.github.deleteInstallation(acme);
    platform.clock.advance(180_000);
    for (let times = 1; times <= 2; times++) {
      await tell(platform, 'reconciler.doubts');
      platform.clock.advance(60_000);
    }
    expect(await tenantOf(platform)).toMatchObject({ status: 'active' });
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
    expect(platform.queues.lifecycle).toEqual([]);
  });

  it('ends a tenant that GitHub denies twice, minutes apart, even if every event was lost', async () => {
    const platform = await givenPlatform();
    platform.github.deleteInstallation(acme);
    await tell(platform, 'reconciler.doubts');
    platform.clock.advance(180_000);
    expect(await platform.deliverInstallations()).toEqual([]);
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted', statusBeforeDeletion: 'active' });
    expect(platform.queues.installations).toEqual([]);
  });

  it.each(['installation.created', 'installation.unsuspend'])(
    'a late %s does not revive a deleted tenant',
    async (late) => {
      const platform = await givenPlatform({
        tenants: [givenTenant({ status: 'deleted', statusBeforeDeletion: 'active' })],
      });
      await tell(platform, late);
      expect(await tenantOf(platform)).toMatchObject({ status: 'deleted' });
    },
  );

  it('lets a reinstall inherit status, tier and limit by account, behind its old machines', async () => {
    const platform = await givenPlatform({
      tenants: [
        givenTenant({
          ...{ maxRunners: 7, status: 'suspended', suspendedBy: 'operator' },
          ...{ tierLimits: new Map([[small, 1]]), allowedTiers: [small], weight: 2, caps: { month: 9 } },
        }),
      ],
    });
    platform.github.deleteInstallation(acme);
    platform.github.putInstallation(reinstalled, account);
    await tell(platform, 'installation.created', reinstalled);
    expect(await tenantOf(platform, reinstalled)).toMatchObject({
      status: 'suspended',
      suspendedBy: 'operator',
      maxRunners: 7,
      tierLimits: new Map([[small, 1]]),
      allowedTiers: [small],
      weight: 2,
      caps: { month: 9 },
      predecessor: acme,
    });
    expect(platform.queues.installations).toMatchObject([{ event: 'superseded', installationId: acme }]);
    platform.clock.advance(180_000);
    expect(await platform.deliverInstallations()).toEqual([]);
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted' });
  });

  it('ends the older of two installations of an account, even while GitHub still shows both', async () => {
    const tenants = [givenTenant(), givenTenant({ installationId: reinstalled })];
    const platform = await givenPlatform({ tenants });
    await tell(platform, 'installation_target.renamed');
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted', statusBeforeDeletion: 'active' });
    expect(await tenantOf(platform, reinstalled)).toMatchObject({ status: 'active' });
    expect(platform.queues.lifecycle).toEqual([{ kind: 'drain-tenant', installationId: acme }]);
  });

  it('ends an installation if a newer one becomes known while it is provisioned', async () => {
    const platform = await givenPlatform({ tenants: [] });
    platform.github.putInstallation(acme, account);
    const { world } = platform.stores;
    world.beforeCall = (call) => {
      if (call !== 'tenants.create') return;
      world.rows.tenants.set(reinstalled, givenTenant({ installationId: reinstalled }));
      world.rows.newestOfAccounts.set(1, reinstalled);
    };
    await tell(platform, 'installation.created');
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted' });
    expect(await platform.tenants.newestOfAccount(1)).toBe(reinstalled);
  });

  it('ends a tenant again that an operator restores while it is ended', async () => {
    const platform = await givenPlatform();
    platform.github.deleteInstallation(acme);
    const { world } = platform.stores;
    world.afterCall = (call) => {
      if (call !== 'tenants.update') return;
      world.afterCall = undefined;
      world.editTenant(acme, { status: 'active' });
    };
    await tell(platform, 'installation.deleted');
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted' });
  });

  it('ends the jobs and machines of a deleted tenant while GitHub takes no calls', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'deleted' })] });
    platform.github.failNext('getInstallation', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    expect(await tell(platform, 'installation.deleted')).toEqual([]);
    expect(platform.queues.lifecycle).toEqual([{ kind: 'drain-tenant', installationId: acme }]);
  });

  it('starts nothing for an installation that becomes known after a newer one of its account', async () => {
    const older = InstallationId(50);
    const platform = await givenPlatform();
    platform.github.putInstallation(older, account);
    await platform.accept(givenEvent({ installationId: older }));
    await tell(platform, 'installation.created', older);
    expect(await tenantOf(platform, older)).toMatchObject({ status: 'deleted' });
    expect(await tenantOf(platform)).toMatchObject({ status: 'active' });
    expect(await platform.job(1, older)).toMatchObject({ outcome: 'refused' });
    expect(platform.queues.installations).toEqual([]);
  });

  it('creates the row of such an installation as deleted, in case nobody comes to end it', async () => {
    const older = InstallationId(50);
    const platform = await givenPlatform();
    platform.github.putInstallation(older, account);
    platform.stores.world.failNext('tenants.create', 'after');
    await tell(platform, 'installation.created', older);
    expect(await tenantOf(platform, older)).toMatchObject({ status: 'deleted' });
  });

  it('refuses waiting jobs of removed repositories, and no others', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    const other = { repository: 'acme/other', repositoryId: 5 };
    await platform.accept(givenEvent(), givenEvent({ jobId: JobId(2), ...other }));
    await tell(platform, 'installation_repositories.removed', acme, ['acme/other']);
    expect(await platform.job(2)).toMatchObject({
      outcome: 'refused',
      reason: { code: 'repository-removed' },
    });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('refuses no job of a removed repository that is back when the event comes', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    const repositoryId = platform.github.repositoryId('acme/app');
    await platform.accept(givenEvent({ repositoryId }), givenEvent({ jobId: JobId(2) }));
    await tell(platform, 'installation_repositories.removed', acme, ['acme/app']);
    for (const id of [1, 2]) expect(await platform.job(id)).toMatchObject({ state: 'waiting' });
  });

  it('waits with a removal until GitHub says what is left, and believes it if GitHub shows nothing', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.accept(givenEvent());
    const removed = () => tell(platform, 'installation_repositories.removed', acme, ['acme/app']);
    const refused = (kind: 'limited' | 'forbidden') =>
      ({ refusal: { kind, message: kind, retryAfterSeconds: 60 } }) as const;
    platform.github.failNext('listRepositories', refused('limited'));
    expect(await removed()).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    expect(platform.queues.installations).toMatchObject([{ repositoriesRemoved: ['acme/app'] }]);
    platform.github.failNext('listRepositories', refused('forbidden'));
    await removed();
    expect(await platform.job(1)).toMatchObject({ reason: { code: 'repository-removed' } });
  });

  it('asks GitHub nothing about a removal for which no job waits', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.accept(givenEvent());
    platform.github.listRepositories = () => Promise.reject(new Error('asked'));
    expect(await tell(platform, 'installation_repositories.removed', acme, ['acme/other'])).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('does not let GitHub’s unsuspend lift a ban on a tenant that GitHub had suspended', async () => {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, suspended: true });
    await tell(platform, 'installation.suspend');
    platform.stores.world.editTenant(acme, { status: 'suspended' });
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.unsuspend');
    expect(await tenantOf(platform)).toMatchObject({ status: 'suspended' });
  });

  it('has a new installation inherit a ban that is set while it is provisioned', async () => {
    const platform = await givenPlatform();
    platform.github.deleteInstallation(acme);
    platform.github.putInstallation(reinstalled, account);
    const { world } = platform.stores;
    let edited = false;
    world.beforeCall = (call) => {
      if (call !== 'tenants.create' || edited) return;
      edited = true;
      world.editTenant(acme, { status: 'suspended', weight: 3 });
    };
    await tell(platform, 'installation.created', reinstalled);
    expect(await tenantOf(platform, reinstalled)).toMatchObject({ status: 'suspended', weight: 3 });
  });

  it('follows a new login', async () => {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, accountLogin: 'acme-inc' });
    await tell(platform, 'installation_target.renamed');
    expect(await tenantOf(platform)).toMatchObject({ accountLogin: 'acme-inc' });
  });

  it('has the event redelivered when GitHub cannot be reached', async () => {
    const platform = await givenPlatform();
    platform.github.failNext('getInstallation', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    expect(await tell(platform, 'installation.suspend')).toEqual(['installation.suspend']);
    expect(await tenantOf(platform)).toMatchObject({ status: 'active' });
    expect(platform.telemetry.total('MessagesFailed', { reason: 'GitHub-limited' })).toBe(1);
  });

  it('asks for the event again if others always change the tenant first', async () => {
    const platform = await givenPlatform();
    platform.github.putInstallation(acme, { ...account, suspended: true });
    platform.tenants.update = async () => 'conflict';
    expect(await tell(platform, 'installation.suspend')).toEqual(['installation.suspend']);
    expect(platform.telemetry.total('MessagesFailed', { reason: 'TenantChanging' })).toBe(1);
  });

  it('does not overwrite a newer answer with an older one', async () => {
    const platform = await givenPlatform();
    const { getInstallation } = platform.github;
    let first = true;
    platform.github.getInstallation = async (installationId) => {
      const answer = await getInstallation(installationId);
      if (first) {
        first = false;
        platform.github.deleteInstallation(acme);
        await tell(platform, 'installation.deleted');
      }
      return answer.ok ? { ok: true, value: { ...answer.value, suspended: true } } : answer;
    };
    await tell(platform, 'installation.suspend');
    expect(await tenantOf(platform)).toMatchObject({ status: 'deleted' });
  });
});
