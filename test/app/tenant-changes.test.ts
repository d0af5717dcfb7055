/** Tenants change while their jobs run: each change has one outcome, and a reason that the tenant can be told. */
import { describe, expect, it } from '@jest/globals';
import { refusalPatienceSeconds } from '../../lib/app/common/settings.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import type { Permissions } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import {
  acmeAccount as account,
  acme,
  givenEvent,
  givenTenant,
  permissions,
  small,
} from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { denialLasts, expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const poke = { kind: 'poke', installationId: acme, tier: small };
const { organization_self_hosted_runners: _lost, ...lost } = permissions;
const as = (given: Permissions) => ({ ...account, permissions: given });

/** So many jobs, of which as many as there is room for have a machine. */
async function givenJobsAt(jobs: number, tenant: Partial<Tenant> = {}) {
  const platform = await givenPlatform({ tenants: [givenTenant(tenant)] });
  const ids = Array.from({ length: jobs }, (_, n) => JobId(n + 1));
  for (const jobId of ids) {
    platform.github.putJob('acme/app', jobId, { status: 'queued', conclusion: null, runnerName: null });
  }
  await platform.accept(...ids.map((jobId) => givenEvent({ jobId })));
  return { platform, machines: platform.liveMachines() };
}

async function tell(platform: Platform, event: string) {
  const message = { kind: 'installation', event, installationId: acme, repositoriesRemoved: [] };
  const body = JSON.stringify({ ...message, delivery: event });
  expect(await applyInstallationEvents(platform, [{ id: event, body }])).toEqual([]);
}
const edit = (platform: Platform, changes: Partial<Tenant>) =>
  platform.stores.world.editTenant(acme, changes);
const tenantOf = (platform: Platform) => platform.stores.tenants.get(acme);

describe('a tenant that the operator suspends', () => {
  it('gets no runner for a machine that has not claimed yet, and its job has the reason', async () => {
    const { platform, machines } = await givenJobsAt(1);
    edit(platform, { status: 'suspended', suspendedBy: 'operator' });
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'stand-down' });
    expect(platform.github.registrations.size).toBe(0);
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-suspended' } });
  });

  it('keeps running jobs', async () => {
    const { platform, machines } = await givenJobsAt(1);
    const machine = machines[0]!;
    await platform.claim(machine);
    await platform.confirm(machine);
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    edit(platform, { status: 'suspended', suspendedBy: 'operator' });
    await platform.accept(poke);
    expect(platform.liveMachines()).toEqual([machine]);
    expect(await platform.job(1)).toMatchObject({ state: 'running' });
  });
});

describe('a tenant that uninstalls the App before its event has arrived', () => {
  it('has its job refused once the tenant is known to be deleted, and not before', async () => {
    const { platform, machines } = await givenJobsAt(1);
    platform.github.deleteInstallation(acme);
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'again' });
    platform.clock.advance(refusalPatienceSeconds * 1000);
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'github-refused' } });
    await tell(platform, 'installation.deleted');
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-deleted' } });
  });
});

describe('a tenant that GitHub suspends before its event has arrived', () => {
  it('has its job refused', async () => {
    const { platform, machines } = await givenJobsAt(1);
    platform.github.putInstallation(acme, { ...account, suspended: true });
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ outcome: 'refused', reason: { code: 'tenant-suspended' } });
    expect((await tenantOf(platform))?.attention).toBeUndefined();
  });
});

describe('a tenant whose limit falls below what is running', () => {
  it('loses no machine, and starts none until it is below', async () => {
    const { platform, machines } = await givenJobsAt(3);
    platform.stores.world.setMaxRunners(acme, 1);
    await platform.accept(poke);
    expect(platform.liveMachines()).toEqual(machines);
    await platform.machineEnds(machines[0]!);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toEqual([machines[1]]);
    await platform.machineEnds(machines[1]!);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(1);
    await expectBalanced(platform);
  });
});

describe('a tenant that takes a permission away', () => {
  async function givenLost(jobs = 3) {
    const world = await givenJobsAt(jobs);
    world.platform.github.putInstallation(acme, as(lost));
    for (const machine of nonEmpty(world.machines)) {
      expect(await world.platform.claim(machine)).toMatchObject({ action: 'stand-down' });
      await world.platform.machineEnds(machine);
    }
    await world.platform.deliverPokes();
    return world;
  }

  it('shows what is missing and since when; its jobs wait, and buy no machines', async () => {
    const { platform } = await givenLost();
    expect(await tenantOf(platform)).toMatchObject({
      attention: {
        code: 'permission-missing',
        text: expect.stringContaining('organization_self_hosted_runners: write for acme and has none'),
        since: '2026-11-21T12:00:00.000Z',
      },
    });
    for (const jobId of [1, 2, 3]) {
      expect(await platform.job(jobId)).toMatchObject({
        state: 'waiting',
        reason: { code: 'permission-missing' },
      });
    }
    expect(platform.liveMachines()).toEqual([]);
  });

  it('tries one machine after some minutes, regardless of pokes', async () => {
    const { platform } = await givenLost();
    platform.clock.advance(600_000);
    await Promise.all([platform.accept(poke), platform.accept(poke), platform.accept(poke)]);
    const probes = platform.liveMachines();
    expect(probes).toHaveLength(1);
    await platform.claim(probes[0]!);
    await platform.machineEnds(probes[0]!);
    await platform.deliverPokes();
    expect(platform.liveMachines()).toEqual([]);
    expect((await tenantOf(platform))?.attention).toMatchObject({ since: '2026-11-21T12:00:00.000Z' });
  });

  it('starts all of its jobs again once a probe got a runner', async () => {
    const { platform } = await givenLost();
    platform.github.putInstallation(acme, account);
    platform.clock.advance(600_000);
    await platform.accept(poke);
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
    expect(await tenantOf(platform)).not.toHaveProperty('attention');
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('starts them immediately when the event reports the permission', async () => {
    const { platform } = await givenLost();
    platform.github.putInstallation(acme, account);
    await tell(platform, 'installation.new_permissions_accepted');
    await platform.deliverPokes();
    expect(await tenantOf(platform)).not.toHaveProperty('attention');
    expect(platform.liveMachines()).toHaveLength(2);
  });
});

describe('an organization that is renamed while launches are on their way', () => {
  it.each([
    ['before its event is here', async () => undefined],
    ['after its event', (platform: Platform) => tell(platform, 'installation_target.renamed')],
  ])('registers under its new name, %s', async (_when, event) => {
    const { platform, machines } = await givenJobsAt(1);
    platform.github.putInstallation(acme, { ...account, accountLogin: 'acme-inc' });
    await event(platform);
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'run' });
    expect([...platform.github.registrations.values()]).toMatchObject([
      { scope: { organization: 'acme-inc' } },
    ]);
  });
});

describe("a user's repository that left the installation", () => {
  it('has its job closed once GitHub has reported it for long, and does not affect other repositories', async () => {
    const { platform, machines } = await givenJobsAt(2, { accountType: 'User' });
    const user = { ...account, accountType: 'User' } as const;
    platform.github.putInstallation(acme, { ...user, repositories: ['other'] });
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'again' });
    platform.clock.advance(refusalPatienceSeconds * 1000);
    expect(await platform.claim(machines[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'gone-from-github' } });
    await denialLasts(platform);
    expect(await platform.job(1)).toMatchObject({
      outcome: 'cancelled',
      reason: { code: 'gone-from-github', text: expect.stringContaining('acme/app was removed') },
    });
    expect((await tenantOf(platform))?.attention).toBeUndefined();
  });
});
