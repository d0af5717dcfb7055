/** Machines that end together: each for itself, within bounds, and no lease before its end is written. */
import { describe, expect, it } from '@jest/globals';
import { endRunners } from '../../lib/app/ending/end-runners.ts';
import type { Ending } from '../../lib/app/ending/ending.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent, givenTenant, givenTier } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const other = InstallationId(202);
const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const roomy = { tiers: [givenTier({ maxRunners: 20 })] };

/** EC2 has ended all machines that live, and said so. */
async function endAll(platform: Platform, over: Partial<Ending> = {}) {
  const live = platform.liveMachines();
  for (const machine of live) platform.compute.setState(machine, 'terminated');
  const runners = await platform.runners.findAcrossTenants(live);
  const end = { reason: 'instance-ended', proven: true, ...over } as const;
  return endRunners(
    platform,
    runners.map((runner) => ({ ...end, runner })),
  );
}

describe('machines that end together', () => {
  it('free their leases, even if another tenant’s end cannot be written', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant(), givenTenant({ installationId: other, accountId: 2, accountLogin: 'other' })],
    });
    await platform.accept(queued(1), queued(9, { installationId: other, repositoryOwnerId: 2 }));
    const down = new OperationalError('down', { code: 'InternalServerError', retryable: true });
    platform.stores.world.failNext('runners.end', down);
    await expect(endAll(platform)).rejects.toBe(down);
    expect([await platform.leases(acme), await platform.leases(other)].toSorted()).toEqual([0, 1]);
  });

  it('are left open after five attempts if their job changes at each write', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const { end } = platform.stores.runners;
    let tries = 0;
    platform.runners.end = async (ends) => {
      tries += 1;
      const [{ runner }] = ends as [(typeof ends)[number]];
      await platform.runners.recordRan([{ instanceId: runner.instanceId, jobId: JobId(100 + tries) }]);
      return end(ends);
    };
    await expect(endAll(platform)).rejects.toMatchObject({ code: 'RunnerJobChanging', retryable: true });
    expect(tries).toBe(5);
    expect(await platform.leases()).toBe(1);
    platform.runners.end = end;
    await endAll(platform);
    expect(await platform.leases()).toBe(1);
  });

  it('have the consoles of only ten of them read', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ maxRunners: 12 })],
      deployment: roomy,
    });
    await platform.accept(...Array.from({ length: 12 }, (_, n) => queued(n + 1)));
    for (const machine of platform.compute.machines.values())
      machine.console = `last words of ${machine.instanceId}`;
    await endAll(platform, { reason: 'boot-deadline' });
    const kept = platform.stores.world.allRunners().filter(({ console }) => console !== undefined);
    expect(kept).toHaveLength(10);
    expect(kept[0]?.console).toBe(`last words of ${kept[0]?.instanceId}`);
    await expectBalanced(platform);
  });

  it('keep the last whole lines of their consoles, as far as they fit', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 4 })], deployment: roomy });
    await platform.accept(queued(1), queued(2), queued(3), queued(4));
    const line = 'x'.repeat(4_096 - 2);
    const texts = ['one\r\ntwo\n', `1\n${line}`, `1\n2\n${line}`, '\r\n'];
    for (const [n, machine] of platform.liveMachines().entries())
      platform.compute.machines.get(machine)!.console = texts[n]!;
    await endAll(platform);
    const kept = platform.stores.world.allRunners().map(({ console }) => console);
    expect(kept).toEqual(['one\ntwo', `1\n${line}`, line, undefined]);
  });

  it('have no console read if the platform ended them on purpose', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    for (const machine of platform.compute.machines.values()) machine.console = 'booting';
    await endAll(platform, { reason: 'tenant-deleted' });
    expect(platform.stores.world.allRunners()).toMatchObject([{ state: 'ended' }]);
    expect(platform.stores.world.allRunners()[0]).not.toHaveProperty('console');
  });

  it('are terminated unless EC2 has reported their end', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const asked: string[] = [];
    const { terminate } = platform.compute;
    platform.compute.terminate = async (ids) => {
      asked.push(...ids);
      return terminate(ids);
    };
    const [machine] = platform.liveMachines();
    const [runner] = platform.stores.world.allRunners();
    await endRunners(platform, [{ runner: runner!, reason: 'job-completed', proven: false }]);
    expect(asked).toEqual([machine]);
    await platform.deliverPokes();
    await endAll(platform);
    expect(asked).toEqual([machine]);
    await expectBalanced(platform);
  });
});

type State = 'booting' | 'claimed' | 'listening';

describe('the machine whose job another machine took', () => {
  /** Machine one, meant for job 1, ran job 2; machine two, meant for job 2, is left over. */
  async function givenLeftOver(tenant: Partial<Tenant>, state: State, repository: string) {
    const platform = await givenPlatform({ tenants: [givenTenant(tenant)] });
    await platform.accept(queued(1, { repository }), queued(2));
    const [one, two] = platform.liveMachines();
    await platform.claim(one!);
    await platform.confirm(one!);
    if (state !== 'booting') await platform.claim(two!);
    if (state === 'listening') await platform.confirm(two!);
    await platform.follow(queued(2, { action: 'in_progress', runnerName: one! }));
    await platform.machineEnds(one!);
    return platform;
  }
  const { organization_self_hosted_runners: _, ...ofRepositories } = givenTenant().permissions!;
  const user = { accountType: 'User' } as const;
  const fallback = { permissions: ofRepositories };

  it.each<[string, Partial<Tenant>, State, string, string]>([
    ['of an organization listens', {}, 'listening', 'acme/web', 'covered'],
    ['of a user boots', user, 'booting', 'acme/web', 'covered'],
    ['of a user listens for the same repository', user, 'listening', 'acme/app', 'covered'],
    ['of a user has its runner for another repository', user, 'claimed', 'acme/web', 'waiting'],
    ['of a user listens for another repository', user, 'listening', 'acme/web', 'waiting'],
    ['of an organization listens for another repository', fallback, 'listening', 'acme/web', 'waiting'],
  ])('gets the job that is left over if it can run it: one that %s', async (_which, tenant, ...given) => {
    const [state, repository, outcome] = given;
    const platform = await givenLeftOver(tenant, state, repository);
    const job = await platform.job(1);
    // No machine failed: nothing is counted.
    expect([job?.state, job?.reason?.code]).toEqual([
      outcome,
      outcome === 'waiting' ? 'runner-taken' : undefined,
    ]);
    expect(job).not.toHaveProperty('replacements');
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('is found if it is the third: no job waits again, and no machine starts', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 3 })], deployment: roomy });
    await platform.accept(queued(1), queued(2), queued(3));
    const [one, two, three] = platform.liveMachines();
    await platform.follow(queued(3, { action: 'in_progress', runnerName: one! }));
    await platform.follow(queued(1, { action: 'in_progress', runnerName: two! }));
    await platform.machineEnds(one!);
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    await platform.machineEnds(two!);
    const { lease } = platform.stores.world.runner(InstanceId(three!))!;
    expect(await platform.job(2)).toMatchObject({ state: 'covered', lease });
  });

  it('makes no job wait if the job that relied on it is cancelled', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2));
    const [one, two] = platform.liveMachines();
    await platform.follow(queued(1, { action: 'in_progress', runnerName: two! }));
    await platform.follow(queued(2, { action: 'completed', conclusion: 'cancelled' }));
    expect(await platform.machineEnds(one!)).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: two });
    expect(await platform.job(2)).toMatchObject({ state: 'done' });
  });
});

describe('draining a tenant', () => {
  it('ends all of its machines and nobody else’s, and none of one that is not deleted', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant(), givenTenant({ installationId: other, accountId: 2, accountLogin: 'other' })],
    });
    await platform.accept(queued(1), queued(9, { installationId: other, repositoryOwnerId: 2 }));
    const drain = { kind: 'drain-tenant', installationId: acme };
    await platform.follow(drain);
    expect(platform.liveMachines()).toHaveLength(2);
    platform.stores.world.editTenant(acme, { status: 'deleted' });
    await platform.follow(drain);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.leases(acme)).toBe(0);
    expect(await platform.leases(other)).toBe(1);
    expect(platform.stores.world.allRunners()).toContainEqual(
      expect.objectContaining({ installationId: acme, state: 'ended', endReason: 'tenant-deleted' }),
    );
    expect(await platform.follow({ ...drain, installationId: InstallationId(999) })).toEqual([]);
  });
});

describe('the end of a machine', () => {
  const unsettled = async (platform: Platform) =>
    platform.stores.world
      .allJobs()
      .filter(({ state, unsettledAt }) => state === 'running' && unsettledAt !== undefined)
      .map(({ jobId }) => Number(jobId));

  it.each([
    ['', false],
    [', also where the process dies as it closes their rows', true],
  ])('has GitHub asked about the job that runs on it, planned for it or not%s', async (_which, dies) => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2), queued(3));
    const [one, two] = platform.liveMachines();
    for (const machine of [one!, two!]) {
      await platform.claim(machine);
      await platform.confirm(machine);
    }
    await platform.follow(queued(1, { action: 'in_progress', runnerName: one! }));
    await platform.follow(queued(3, { action: 'in_progress', runnerName: two! }));
    expect(await unsettled(platform)).toEqual([]);
    if (dies) platform.stores.world.failNext('runners.end', 'after');
    await endAll(platform).catch(() => undefined);
    expect((await unsettled(platform)).toSorted()).toEqual([1, 3]);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });

  it('is logged once, with its job and its reason', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [instanceId] = platform.liveMachines();
    await endAll(platform, { reason: 'boot-deadline' });
    const about = { installationId: acme, jobId: 1, instanceId, tier: 'small', reason: 'boot-deadline' };
    const lines = platform.telemetry.events.filter(({ name }) => name === 'runner-ended');
    expect(lines).toEqual([{ level: 'info', name: 'runner-ended', fields: about }]);
    expect(platform.telemetry.total('RunnersEnded')).toBe(1);
  });

  it('is logged once if two functions end it at the same moment', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [runner] = platform.stores.world.allRunners();
    await endAll(platform);
    await endRunners(platform, [{ runner: runner!, reason: 'boot-deadline', proven: true }]);
    expect(platform.telemetry.total('RunnersEnded')).toBe(1);
    expect(platform.stores.world.allRunners()).toMatchObject([{ endReason: 'instance-ended' }]);
  });

  it('does not change its job if that relies on another machine by now', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [first] = platform.liveMachines();
    const { lease } = platform.stores.world.runner(first!)!;
    await platform.jobs.waitAgain(acme, JobId(1), lease, reason('runner-taken', 'Taken.'));
    await platform.accept({ kind: 'poke', installationId: acme, tier: 'small' });
    const covered = await platform.job(1);
    expect(covered).toMatchObject({ state: 'covered', lease: expect.not.stringMatching(lease) });
    await platform.machineEnds(first!);
    expect(await platform.job(1)).toEqual(covered);
  });

  it('releases a job that it was given while it ended', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.accept(queued(1), queued(2));
    const [runner] = platform.stores.world.allRunners();
    const [given] = platform.stores.world.allJobs().filter(({ state }) => state === 'waiting');
    platform.stores.world.afterCall = async (call) => {
      if (call !== 'usage.record') return;
      platform.stores.world.afterCall = undefined;
      expect(await platform.runners.giveJob(runner!, given!)).toBe(true);
    };
    await endAll(platform);
    const { plannedJob } = platform.stores.world.allRunners()[0]!;
    expect(plannedJob).toBe(given!.jobId);
    expect(await platform.job(given!.jobId)).toMatchObject({ state: 'waiting' });
    expect(await platform.leases()).toBe(0);
  });

  it('is neither requested from EC2 nor written again once recorded; waiting jobs are still poked', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.accept(queued(1), queued(2));
    await endAll(platform);
    platform.queues.tiers.splice(0);
    const [runner] = platform.stores.world.allRunners();
    const calls: string[] = [];
    platform.stores.world.beforeCall = (call) => void calls.push(call);
    platform.compute.dials.failCalls = 1;
    await endRunners(platform, [{ runner: runner!, reason: 'job-completed', proven: false }]);
    expect(calls).not.toContain('runners.end');
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke', installationId: acme } }]);
    expect(platform.stores.world.allRunners()).toEqual([runner]);
  });

  it('frees nothing and is reported if EC2 does not know the machine', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2));
    const [hidden, shown] = platform.liveMachines();
    platform.compute.machines.get(hidden!)!.hidden = true;
    const runners = await platform.runners.findAcrossTenants([hidden!, shown!]);
    const endings = runners.map((runner) => ({ runner, reason: 'boot-deadline', proven: false }) as const);
    expect(await endRunners(platform, endings)).toEqual([hidden]);
    expect(await platform.leases()).toBe(1);
  });

  it('wakes another tenant that waits under the same cap', async () => {
    const tenants = [
      givenTenant(),
      givenTenant({ installationId: other, accountId: 2, accountLogin: 'other' }),
    ];
    const tiers = [givenTier({ capOverAllTenants: 1 })];
    const platform = await givenPlatform({ tenants, deployment: { tiers } });
    await platform.accept(queued(1));
    await platform.accept(queued(9, { installationId: other, repositoryOwnerId: 2 }));
    platform.queues.tiers.splice(0);
    await endAll(platform, { doneJob: JobId(1) });
    expect(platform.queues.tiers.map(({ group }) => group)).toContain(other);
  });
});
