/** No machine is bought for a job that its runner group would give none, and nobody else waits for it. */
import { describe, expect, it } from '@jest/globals';
import { unheardStartSeconds } from '../../lib/app/common/settings.ts';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { memoryRepositoryId } from '../fakes/github-state.ts';
import {
  acme,
  acmeAccount,
  givenEvent,
  givenTenant,
  givenTier,
  noon,
  permissions,
} from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const other = InstallationId(202);
const repositoryId = memoryRepositoryId('acme/app');
const closed = (jobId: number, over = {}) =>
  givenEvent({ jobId: JobId(jobId), repositoryId, visibility: 'private', ...over });
const open = (jobId: number, over = {}) => closed(jobId, { visibility: 'public', ...over });
const builds = { id: 9, name: 'builds', visibility: 'all', allowsPublicRepositories: false } as const;
const manyRunners = { tiers: [givenTier({ maxRunners: 20 })] };
const { organization_self_hosted_runners: _organization, ...repositoriesAlone } = permissions;

const givenWorld = (tenant: Partial<Tenant> = {}) =>
  givenPlatform({ tenants: [givenTenant({ maxRunners: 9, ...tenant })], deployment: manyRunners });

/** What scale-up asked of the tenant manager is done, and what follows from it. */
async function groupIsLookedAt(platform: Platform): Promise<void> {
  expect(await platform.deliverInstallations()).toEqual([]);
  await platform.deliverPokes();
}

const waitOf = async (platform: Platform, jobId: number) => (await platform.job(jobId))?.reason?.code;

describe('a job of a public repository', () => {
  it('gets no machine from a group without public repositories, and says where to change that', async () => {
    const platform = await givenWorld();
    await platform.accept(open(1));
    expect(await waitOf(platform, 1)).toBe('group-unknown');
    await groupIsLookedAt(platform);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'public-repository' } });
    expect((await platform.job(1))?.reason?.text).toContain('“Allow public repositories”');
    expect(platform.compute.requests).toHaveLength(0);
  });

  it('gets none even if it was blocked first, by an approval', async () => {
    const platform = await givenWorld();
    await platform.follow(open(1, { action: 'waiting' }));
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance(2_000);
    await platform.accept(open(1, { receivedAt: noon + 1 }));
    for (let looks = 1; looks <= 2; looks++) await groupIsLookedAt(platform);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'public-repository' } });
    expect(platform.compute.requests).toHaveLength(0);
  });

  it('starts within minutes of a change of the setting, without an event', async () => {
    const platform = await givenWorld();
    await platform.accept(open(1));
    await groupIsLookedAt(platform);
    platform.github.putGroup(acme, { ...builds, id: 1, name: 'Default', allowsPublicRepositories: true });
    for (let minute = 1; minute <= 3; minute++) {
      platform.clock.advance(60_000);
      await platform.sweep();
      await platform.deliverPokes();
      await groupIsLookedAt(platform);
    }
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('delays neither private jobs of its tenant nor jobs of another tenant', async () => {
    const tenants = [
      givenTenant({ maxRunners: 9 }),
      givenTenant({ installationId: other, accountLogin: 'other', accountId: 2 }),
    ];
    const platform = await givenPlatform({ tenants, deployment: manyRunners });
    await platform.accept(open(1), open(2));
    await groupIsLookedAt(platform);
    await platform.accept(closed(3), closed(4, { installationId: other, repositoryOwnerId: 2 }));
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
    expect(await platform.job(4, other)).toMatchObject({ state: 'covered' });
    expect(platform.liveMachines()).toHaveLength(2);
  });

  it('hides no private job behind it, however many of them wait', async () => {
    const platform = await givenWorld();
    const held = Array.from({ length: 130 }, (_, n) => open(n + 1, { queuedAt: n }));
    await platform.accept(...held);
    await groupIsLookedAt(platform);
    await platform.accept(closed(500));
    await platform.deliverPokes();
    expect(await platform.job(500)).toMatchObject({ state: 'covered' });
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('gets no machine just because GitHub once refused to report what the group admits', async () => {
    const platform = await givenWorld();
    const refusal = { kind: 'not-found', message: 'Not Found' } as const;
    platform.github.failNext('getRunnerGroup', { refusal });
    await platform.accept(open(1));
    await groupIsLookedAt(platform);
    expect(await waitOf(platform, 1)).toBe('group-unknown');
    platform.clock.advance(130_000);
    await platform.accept(open(2));
    await groupIsLookedAt(platform);
    expect(await waitOf(platform, 1)).toBe('public-repository');
    platform.github.failNext('getRunnerGroup', { refusal });
    platform.clock.advance(130_000);
    await platform.accept(open(3));
    await groupIsLookedAt(platform);
    expect(await waitOf(platform, 3)).toBe('public-repository');
    expect(platform.compute.requests).toHaveLength(0);
  });

  it('has GitHub asked a bounded number of times while it waits', async () => {
    const platform = await givenWorld();
    let looks = 0;
    const ask = platform.github.getRunnerGroup;
    platform.github.getRunnerGroup = (...given) => {
      looks++;
      return ask(...given);
    };
    await platform.accept(open(1));
    for (let minute = 0; minute < 60; minute++) {
      await Promise.all([platform.accept(open(100 + minute)), platform.accept(open(200 + minute))]);
      await groupIsLookedAt(platform);
      platform.clock.advance(60_000);
    }
    expect(looks).toBeGreaterThanOrEqual(20);
    expect(looks).toBeLessThanOrEqual(31);
  });

  it('runs if the repository itself has the runner', async () => {
    const platform = await givenWorld({ runnerLevel: 'repository' });
    await platform.accept(open(1));
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.queues.installations).toEqual([]);
  });
});

describe('a machine that claims', () => {
  const machineOf = (platform: Platform) => platform.liveMachines()[0] as InstanceId;

  it('is not registered for a job that the group now excludes, but for the next one that it admits', async () => {
    const platform = await givenWorld({ maxRunners: 1 });
    platform.github.putGroup(acme, { ...builds, id: 1, name: 'Default', allowsPublicRepositories: true });
    await platform.accept(open(1));
    await groupIsLookedAt(platform);
    await platform.accept(open(2), closed(3));
    platform.github.putGroup(acme, { ...builds, id: 1, name: 'Default' });
    await platform.queues.sendToInstallations({ kind: 'look-at-group', installationId: acme });
    await platform.deliverInstallations();
    expect(await platform.claim(machineOf(platform))).toMatchObject({ action: 'run' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'public-repository' } });
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
  });

  it('registers in the group of that name, and in a new group of that name', async () => {
    const platform = await givenWorld({ runnerGroup: 'Builds' });
    platform.github.putGroup(acme, builds);
    await platform.accept(closed(1), closed(2));
    await groupIsLookedAt(platform);
    const [one, two] = platform.liveMachines() as [InstanceId, InstanceId];
    await platform.claim(one);
    platform.github.dropGroup(acme, builds.id);
    platform.github.putGroup(acme, { ...builds, id: 10 });
    expect(await platform.claim(two)).toMatchObject({ action: 'run' });
    expect([...platform.github.registrations.values()].map(({ groupId }) => groupId)).toEqual([9, 10]);
  });

  it('stands down if the group was deleted, and its job waits until the group exists again', async () => {
    const platform = await givenWorld({ runnerGroup: 'builds' });
    platform.github.putGroup(acme, builds);
    await platform.accept(closed(1));
    await groupIsLookedAt(platform);
    platform.github.dropGroup(acme, builds.id);
    expect(await platform.claim(machineOf(platform))).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'group-missing' } });
    platform.github.putGroup(acme, { ...builds, id: 10 });
    platform.clock.advance(180_000);
    await platform.sweep();
    await platform.deliverPokes();
    await groupIsLookedAt(platform);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });
});

describe('where runners register', () => {
  const tagsOf = (platform: Platform) =>
    platform.compute.live().map(({ tags }) => [tags.get(tagKeys.level), tags.get(tagKeys.group)]);

  it('is stored with the machine, together with its group', async () => {
    const platform = await givenWorld({ runnerGroup: 'CI/CD: “fast”' });
    platform.github.putGroup(acme, { ...builds, name: 'CI/CD: “fast”' });
    await platform.accept(closed(1));
    await groupIsLookedAt(platform);
    expect(tagsOf(platform)).toEqual([['organization', 'CI/CD: _fast_']]);
  });

  it('is the repository if the App has no more permissions, and the organization again once it has', async () => {
    const platform = await givenWorld({ permissions: repositoriesAlone });
    platform.github.putInstallation(acme, { ...acmeAccount, permissions: repositoriesAlone });
    await platform.accept(closed(1));
    expect(tagsOf(platform)).toEqual([['repository', undefined]]);
    const [machine] = platform.liveMachines() as [InstanceId];
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect([...platform.github.registrations.keys()]).toEqual([`acme/app: ${machine}`]);

    // Nobody tells of the permission: the reconciler asks.
    platform.github.putInstallation(acme, { ...acmeAccount, permissions });
    await platform.reconcile();
    await platform.deliverInstallations();
    await platform.accept(closed(2));
    expect(tagsOf(platform)).toEqual([
      ['repository', undefined],
      ['organization', 'Default'],
    ]);
  });

  it('moves to the repository within a minute if the permission was revoked while a machine boots', async () => {
    const platform = await givenWorld();
    await platform.accept(closed(1));
    platform.github.putInstallation(acme, { ...acmeAccount, permissions: repositoriesAlone });
    await platform.claim(platform.liveMachines()[0] as InstanceId);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'permission-missing' } });
    await platform.queues.sendToInstallations({
      kind: 'installation',
      event: 'reconciler.doubts',
      installationId: acme,
      repositoriesRemoved: [],
      delivery: 'd-1',
    });
    await platform.deliverInstallations();
    platform.clock.advance(61_000);
    await platform.sweep();
    await platform.deliverPokes();
    expect(tagsOf(platform).at(-1)).toEqual(['repository', undefined]);
  });

  it('costs no machine if the App may do neither, until an owner accepts its permissions', async () => {
    const platform = await givenWorld({ permissions: { actions: 'read' } });
    await platform.accept(closed(1));
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'permission-missing' } });
    expect(platform.compute.requests).toHaveLength(0);
    await platform.reconcile();
    await platform.deliverInstallations();
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('removes an idle registration of an organization’s repository, and one without a machine', async () => {
    const platform = await givenWorld({ runnerLevel: 'repository' });
    await platform.accept(closed(1));
    const [machine] = platform.liveMachines() as [InstanceId];
    await platform.claim(machine);
    await platform.confirm(machine);
    platform.clock.advance((platform.deployment.limits.idleSeconds + unheardStartSeconds) * 1000 + 1);
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);

    const scope = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
    const ghost = { installationId: acme, scope, name: machine, labels: ['small'], busy: false };
    platform.github.registrations.set(`acme/app: ${machine}`, { ...ghost, online: false });
    await platform.reconcile();
    expect([...platform.github.registrations.keys()]).toEqual([]);
  });
});
