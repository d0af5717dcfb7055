/**
 * A repository is transferred to another account while its jobs wait, have a booting or a listening machine, or run. The
 * former owner's runners get none of them any more, and events come under the other installation, if at all. Each row of
 * the former owner is closed and each of its machines given back within the bounds that docs/ARCHITECTURE.md tells.
 */
import { describe, expect, it } from '@jest/globals';
import type { GitHubJob } from '../../lib/core/github.ts';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const elsewhere = InstallationId(202);
const queued: GitHubJob = { status: 'queued', conclusion: null, runnerName: null };
const ids = [1, 2, 3, 4];

const worlds = (['Organization', 'User'] as const).flatMap((type) =>
  (['private', 'public'] as const).flatMap((visibility) =>
    (['gone', 'redirect'] as const).map((formerNames) => ({ type, visibility, formerNames })),
  ),
);
type World = (typeof worlds)[number];

/** Job 1 runs, a machine listens for job 2, one boots for job 3, and job 4 waits. */
async function givenJobs({ type, visibility, formerNames }: World, others: readonly Tenant[] = []) {
  const tenants = [givenTenant({ accountType: type, maxRunners: 3 }), ...others];
  const platform = await givenPlatform({ tenants });
  const { github } = platform;
  const repositoryId = github.repositoryId('acme/app');
  github.setVisibility('acme/app', visibility);
  github.putGroup(acme, { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: true });
  github.setFormerNames(formerNames);
  const event = (id: number, over = {}) =>
    givenEvent({ jobId: JobId(id), runId: 1000 + id, repositoryId, visibility, ...over });
  for (const id of ids) {
    github.putJob('acme/app', JobId(id), queued, { runId: 1000 + id, labels: ['small'] });
    await platform.accept(event(id));
    // Whether a group admits public repositories is looked up first.
    await platform.deliverInstallations();
    await platform.deliverPokes();
    const machine = platform.liveMachines()[id - 1];
    if (id > 2 || !machine) continue;
    await platform.claim(machine);
    await platform.confirm(machine);
  }
  const [runner] = platform.liveMachines();
  github.putJob('acme/app', JobId(1), { ...queued, status: 'in_progress', runnerName: runner! });
  await platform.follow(event(1, { action: 'in_progress', runnerName: runner! }));
  return { platform, event, runner: runner! };
}

/** To another account, where job 1 ends on its machine. */
async function transfer(platform: Platform, runner: InstanceId): Promise<void> {
  platform.github.transferRepository(acme, 'app', 'elsewhere');
  const done: GitHubJob = { status: 'completed', conclusion: 'success', runnerName: runner };
  platform.github.putJob('elsewhere/app', JobId(1), done);
  await platform.machineEnds(runner);
}

/** It claims a job, or powers off after its idle time: GitHub gives it none. */
async function machineGoesOn(platform: Platform, machine: InstanceId): Promise<void> {
  const [row] = await platform.stores.runners.findAcrossTenants([machine]);
  if (row?.state === 'listening') {
    const idleUntil = row.listeningAt! + platform.deployment.limits.idleSeconds * 1000;
    if (platform.clock.now() >= idleUntil) await platform.machineEnds(machine);
    return;
  }
  const { action } = await platform.claim(machine);
  if (action === 'run') await platform.confirm(machine);
  else if (action !== 'again') await platform.machineEnds(machine);
}

/** What machines, functions and EC2 do, minute by minute. */
async function pass(platform: Platform, minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute++) {
    platform.clock.advance(60_000);
    for (const machine of platform.liveMachines()) await machineGoesOn(platform, machine);
    await platform.sweep();
    if (minute % 5 === 0) await platform.reconcile();
    await platform.deliverPokes();
  }
}

describe.each(worlds)('a $visibility repository of a $type, its former name $formerNames', (world) => {
  it('leaves no job and no machine behind with an account that no longer owns it', async () => {
    const { platform, runner } = await givenJobs(world);
    await transfer(platform, runner);

    await pass(platform, 30);

    for (const id of ids) expect(await platform.job(id)).toMatchObject({ state: 'done' });
    await expectNothingLeft(platform);
  });
});

describe.each(worlds.filter(({ visibility }) => visibility === 'private'))(
  'a repository of a $type that was made public before it was transferred, its former name $formerNames',
  (world) => {
    it('starts at most three machines in vain for each job', async () => {
      const { platform, runner } = await givenJobs(world);
      platform.github.setVisibility('acme/app', 'public');
      await transfer(platform, runner);

      await pass(platform, 30);

      for (const id of ids) expect(await platform.job(id)).toMatchObject({ state: 'done' });
      await expectNothingLeft(platform);
      const meant = platform.stores.world.allRunners().map(({ plannedJob }) => plannedJob);
      for (const id of ids) expect(meant.filter((jobId) => jobId === id).length).toBeLessThanOrEqual(3);
    });
  },
);

describe('a repository that went to another tenant', () => {
  it('has its end recorded there, and its waiting jobs taken over by it', async () => {
    const account = { accountId: 99, accountLogin: 'elsewhere', accountType: 'Organization' } as const;
    const other = givenTenant({ installationId: elsewhere, ...account });
    const { platform, event, runner } = await givenJobs(worlds[0]!, [other]);
    platform.github.putInstallation(elsewhere, { ...account, suspended: false, repositories: [] });
    platform.github.transferRepository(acme, 'app', 'elsewhere');
    platform.github.putInstallation(elsewhere, { ...account, suspended: false, repositories: ['app'] });
    const done: GitHubJob = { status: 'completed', conclusion: 'success', runnerName: runner };
    platform.github.putJob('elsewhere/app', JobId(1), done);
    const theirs = { installationId: elsewhere, repository: 'elsewhere/app', repositoryOwnerId: 99 };
    const end = { action: 'completed', runnerName: runner, conclusion: 'success' } as const;
    await platform.follow(event(1, { ...theirs, ...end }));
    // No event of one tenant ends a machine of another: the machine powers off by itself.
    expect(platform.liveMachines()).toContain(runner);
    await platform.machineEnds(runner);

    await pass(platform, 30);

    for (const id of ids) expect(await platform.job(id)).toMatchObject({ state: 'done' });
    expect(await platform.leases()).toBe(0);
    expect(await platform.job(1, elsewhere)).toMatchObject({ state: 'done', conclusion: 'success' });
    for (const id of [2, 3, 4]) {
      const { state, repository } = (await platform.job(id, elsewhere))!;
      expect(repository).toBe('elsewhere/app');
      expect(['waiting', 'covered']).toContain(state);
    }
  });
});

it('closes a public job that GitHub does not find under its former name, even if it shows the run', async () => {
  const world = { type: 'Organization', visibility: 'public', formerNames: 'redirect' } as const;
  const { platform, runner } = await givenJobs(world);
  await transfer(platform, runner);
  const refusal = { kind: 'not-found', message: 'Not Found' } as const;
  platform.github.failNext('getJob', ...Array.from({ length: 200 }, () => ({ refusal })));

  await pass(platform, 60);

  for (const id of ids) expect(await platform.job(id)).toMatchObject({ state: 'done' });
  await expectNothingLeft(platform);
});
