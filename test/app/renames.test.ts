/**
 * Accounts and repositories are renamed while their jobs wait. GitHub leads on from a former name or answers 404, and no
 * event need have come: a job is lost by neither.
 */
import { describe, expect, it } from '@jest/globals';
import { inRepository } from '../../lib/app/common/in-repository.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import type { GitHubJob } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenJob, givenTenant } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const queued: GitHubJob = { status: 'queued', conclusion: null, runnerName: null };
const kinds = [
  { type: 'Organization', runnerLevel: 'organization' },
  { type: 'Organization', runnerLevel: 'repository' },
  { type: 'User', runnerLevel: 'repository' },
] as const;
const worlds = kinds.flatMap((kind) =>
  (['gone', 'redirect'] as const).flatMap((formerNames) => [
    { ...kind, formerNames, what: 'the account', rename: 'account' as const, now: 'acme-inc/app' },
    { ...kind, formerNames, what: 'the repository', rename: 'repository' as const, now: 'acme/web' },
  ]),
);
type World = (typeof worlds)[number];

/** One job, its machine, and a name that changes then. */
async function givenRenamed(world: World, after: (platform: Platform) => Promise<unknown> = async () => 0) {
  const { type: accountType, runnerLevel } = world;
  const platform = await givenPlatform({ tenants: [givenTenant({ accountType, runnerLevel })] });
  const { github } = platform;
  const repositoryId = github.repositoryId('acme/app');
  github.setFormerNames(world.formerNames);
  github.putJob('acme/app', JobId(1), queued, { runId: 1000, labels: ['small'] });
  await platform.accept(givenEvent({ repositoryId }));
  await after(platform);
  if (world.rename === 'account') github.renameAccount(acme, 'acme-inc');
  else github.renameRepository(acme, 'app', 'web');
  const [machine] = platform.liveMachines();
  return { platform, machine: machine!, repositoryId };
}

describe.each(worlds)(
  '$what of a $type is renamed: $runnerLevel runners, former name $formerNames',
  (world) => {
    it('gets a runner', async () => {
      const { platform, machine } = await givenRenamed(world);
      expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
      const [registration] = [...platform.github.registrations.values()];
      const { scope } = registration!;
      const owner = world.now.split('/')[0];
      expect(scope.kind === 'organization' ? scope.organization : scope.owner).toBe(owner);
    });

    it('gets a second machine when the first one failed', async () => {
      const { platform, machine } = await givenRenamed(world);
      await platform.machineEnds(machine);
      await platform.deliverPokes();
      const [second] = platform.liveMachines();
      expect(await platform.claim(second!)).toMatchObject({ action: 'run' });
      expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
    });

    it('keeps waiting when the reconciler asks about it', async () => {
      const { platform } = await givenRenamed(world, async ({ stores }) =>
        stores.world.setMaxRunners(acme, 0),
      );
      await platform.machineEnds(platform.liveMachines()[0]!);
      platform.clock.advance(11 * 60_000);
      await platform.reconcile();
      expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    });

    it('is settled by GitHub’s report', async () => {
      const { platform, machine } = await givenRenamed(world);
      await platform.claim(machine);
      await platform.confirm(machine);
      await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
      await platform.machineEnds(machine);
      const done: GitHubJob = { status: 'completed', conclusion: 'failure', runnerName: machine };
      platform.github.putJob(world.now, JobId(1), done);
      platform.clock.advance(61_000);
      await platform.sweep();
      expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'failure' });
    });

    it('keeps its runner while that is busy, even if no start was reported', async () => {
      const { platform, machine } = await givenRenamed(world, async (before) => {
        const [booted] = before.liveMachines();
        await before.claim(booted!);
        await before.confirm(booted!);
        before.github.setBusy(booted!, true);
      });
      platform.clock.advance(601_000);
      await platform.sweep();
      expect(platform.liveMachines()).toEqual([machine]);
    });
  },
);

describe('a repository that was transferred', () => {
  it.each(['gone', 'redirect'] as const)(
    'has its job closed once GitHub has reported for long that it is gone: %s',
    async (formerNames) => {
      const platform = await givenPlatform({ tenants: [givenTenant({ accountType: 'User' })] });
      const repositoryId = platform.github.repositoryId('acme/app');
      await platform.accept(givenEvent({ repositoryId }));
      platform.github.setFormerNames(formerNames);
      platform.github.transferRepository(acme, 'app', 'elsewhere');
      expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'again' });
      expect(await platform.job(1)).toMatchObject({ state: 'covered' });
      for (let minute = 1; minute <= 15; minute += 1) {
        platform.clock.advance(60_000);
        for (const machine of platform.liveMachines()) await platform.claim(machine);
        await platform.sweep();
        await platform.deliverPokes();
      }
      expect(await platform.job(1)).toMatchObject({ state: 'done', reason: { code: 'gone-from-github' } });
    },
  );

  it('does not affect jobs of a repository that has its name now', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.accept(givenEvent({ repositoryId: 7 }), givenEvent({ jobId: JobId(2), repositoryId: 8 }));
    const removed = { repositoriesRemoved: ['acme/app'], repositoryIdsRemoved: [7] };
    const event = { kind: 'installation', event: 'x', installationId: acme, ...removed, delivery: 'd' };
    await applyInstallationEvents(platform, [{ id: 'm', body: JSON.stringify(event) }]);
    expect(await platform.job(1)).toMatchObject({ reason: { code: 'repository-removed' } });
    expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
  });
});

describe('a name that GitHub does not give just now', () => {
  it('loses no job', async () => {
    const [world] = worlds.filter(
      ({ formerNames, rename }) => formerNames === 'gone' && rename === 'repository',
    );
    const { platform } = await givenRenamed(world!, async ({ stores }) =>
      stores.world.setMaxRunners(acme, 0),
    );
    await platform.machineEnds(platform.liveMachines()[0]!);
    platform.clock.advance(11 * 60_000);
    platform.github.failNext('getRepository', { refusal: { kind: 'limited', retryAfterSeconds: 9 } });
    await platform.reconcile();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });
});

describe('an account that was renamed without an event', () => {
  it('is asked about, and its row gets the new name', async () => {
    const platform = await givenPlatform();
    platform.github.renameAccount(acme, 'acme-inc');
    await platform.reconcile();
    const bodies = platform.queues.installations
      .splice(0)
      .map((message, n) => ({ id: `${n}`, body: JSON.stringify(message) }));
    await applyInstallationEvents(platform, bodies);
    expect((await platform.stores.tenants.get(acme))?.accountLogin).toBe('acme-inc');
  });

  it('gives its new name from an event to a job', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const runnerName = platform.liveMachines()[0]!;
    await platform.follow(givenEvent({ action: 'in_progress', runnerName, repository: 'acme-inc/app' }));
    expect(await platform.job(1)).toMatchObject({ repository: 'acme-inc/app' });
  });
});

describe('a repository that is renamed each time that it is looked up', () => {
  it('is requested under three names, and then counts as not found', async () => {
    const { github, jobs } = await givenPlatform();
    const repositoryId = github.repositoryId('acme/app');
    github.setFormerNames('gone');
    const called: string[] = [];
    const answer = await inRepository({ github, jobs }, givenJob({ repositoryId }), async (name) => {
      called.push(name);
      github.renameRepository(acme, name.split('/')[1]!, `app-${called.length}`);
      return github.getJob(acme, name, JobId(1));
    });
    expect(called).toEqual(['acme/app', 'acme/app-1', 'acme/app-2']);
    expect(answer).toMatchObject({ ok: false, refusal: { kind: 'not-found' } });
  });
});
