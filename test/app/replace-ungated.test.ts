/** Machines that claimed before their tenant had a start gate: none of them is left to run a job unasked. */
import { describe, expect, it } from '@jest/globals';
import { noteUnregistered } from '../../lib/app/common/unknown-run.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { givenRules, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const globex = InstallationId(202);
const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), repositoryId: 11, ...over });

/** Job 1 has a machine whose runner listens, and that asks nobody. */
async function givenListening() {
  const platform = await givenPlatform();
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.confirm(machine);
  const allow = () => platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
  return { platform, machine, allow };
}

describe('a machine without a start gate', () => {
  it('gets no more jobs once its tenant has a list, and its own job gets a machine with a gate', async () => {
    const { platform, machine, allow } = await givenListening();
    allow();
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);
    expect(platform.telemetry.total('SweepsCut')).toBe(0);

    await platform.deliverPokes();
    const [first, next] = platform.liveMachines();
    expect(first).toBe(machine);
    // Of a job that lost a machine claim asks first.
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    expect(await platform.claim(next!)).toMatchObject({ action: 'run', gate: true });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.telemetry.total('Repairs', { kind: 'ungated-machine-replaced' })).toBe(1);
    await expectBalanced(platform);
  });

  it('stays if its tenant has none', async () => {
    const { platform, machine } = await givenListening();
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('keeps the job that GitHub reported', async () => {
    const { platform, machine, allow } = await givenListening();
    await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }));
    allow();
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
    expect(platform.github.registrations.size).toBe(1);
  });

  it('keeps a job that GitHub has not reported yet, and its registration', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.setBusy(machine, true);
    allow();
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('keeps it even if an earlier sweep died before it asked GitHub', async () => {
    const { platform, machine, allow } = await givenListening();
    await noteUnregistered(platform, machine);
    platform.github.setBusy(machine, true);
    allow();
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.telemetry.total('Repairs', { kind: 'ungated-machine-replaced' })).toBe(0);
  });

  it('keeps running if GitHub wrongly reports it as idle and no start was reported', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.setBusy(machine, false);
    allow();
    for (let visits = 0; visits < 3; visits += 1) await platform.sweep();
    expect(platform.liveMachines()).toContain(machine);
    const ended = { action: 'completed', conclusion: 'success', runnerName: machine } as const;
    await platform.follow(queued(1, ended));
    expect(await platform.job(1)).toMatchObject({ outcome: 'completed', runner: machine });
  });

  it('is not ended for a missing registration, which GitHub also removes after a job', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.registrations.clear();
    allow();
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('keeps its job however often GitHub has no registration of it', async () => {
    const { platform, allow } = await givenListening();
    platform.github.registrations.clear();
    allow();
    for (let visits = 0; visits < 3; visits += 1) await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('gets no more jobs once GitHub shows its registration, even if late', async () => {
    const { platform, allow } = await givenListening();
    const [shown] = platform.github.registrations;
    platform.github.registrations.clear();
    allow();
    await platform.sweep();
    platform.github.registrations.set(...shown!);
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('gets no more jobs if the row of its own job has expired', async () => {
    const { platform, allow } = await givenListening();
    platform.stores.world.rows.jobs.clear();
    allow();
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);
  });

  it('is distinguished from one with a gate by what it reported when its runner started', async () => {
    const { platform, allow } = await givenListening();
    allow();
    await platform.accept(queued(2));
    const second = platform.liveMachines()[1]!;
    await platform.claim(second);
    await platform.confirm(second, undefined, true);
    await platform.sweep();
    const left = [...platform.github.registrations.values()];
    expect(left.map(({ name }) => name)).toEqual([`${second}-gated`]);
  });
});

/** As an administrator enables the tenant's first one. */
const enable = (platform: Platform) => putControllers(platform.controllers, givenRules({}, 'false'));

/** Job 1 has a machine that claimed, and has not confirmed. */
async function givenClaimed() {
  const platform = await givenPlatform();
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  expect(await platform.claim(machine)).not.toHaveProperty('gate');
  return { platform, machine };
}

describe('a machine that boots while the first controller is enabled and disabled again', () => {
  it('claims with a gate, since it may not confirm without one', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const machine = platform.liveMachines()[0]!;
    const { tenants } = platform.stores.world.rows;
    const before = tenants.get(acme)!;
    tenants.set(acme, { ...before, allowedRepositories: [11] });
    await platform.sweep();
    tenants.set(acme, before);

    expect(await platform.claim(machine)).toMatchObject({ action: 'run', gate: true });
    expect([...platform.github.registrations.values()]).toMatchObject([{ name: `${machine}-gated` }]);
    expect(await platform.confirm(machine, undefined, true)).toBe(true);
  });
});

describe('a machine that has claimed without a gate when the first controller is enabled', () => {
  it('does not get to listen, and its job waits for another', async () => {
    const { platform, machine } = await givenClaimed();
    await enable(platform);
    await platform.sweep();

    expect(await platform.confirm(machine)).toBe(false);
    await platform.machineEnds(machine);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
    await expectBalanced(platform);
  });

  it('listens if it has asked again since and got the gate', async () => {
    const { platform, machine } = await givenClaimed();
    platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
    await platform.sweep();

    expect(await platform.claim(machine)).toMatchObject({ action: 'run', gate: true });
    expect(await platform.confirm(machine, undefined, true)).toBe(true);
  });

  it('counts as listening if it confirms while the sweep looks', async () => {
    const { platform, machine } = await givenClaimed();
    await enable(platform);
    const { requireGate } = platform.runners;
    let isFirst = true;
    platform.runners.requireGate = async (...given) => {
      if (isFirst) await platform.confirm(machine);
      isFirst = false;
      return requireGate(...given);
    };
    await platform.sweep();

    expect(platform.github.registrations.size).toBe(0);
  });

  it('keeps its registration if it confirms with a gate while the sweep looks', async () => {
    const { platform, machine } = await givenClaimed();
    platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
    await platform.claim(machine);
    const { requireGate } = platform.runners;
    platform.runners.requireGate = async (...given) => {
      await platform.confirm(machine, undefined, true);
      return requireGate(...given);
    };
    await platform.sweep();

    const left = [...platform.github.registrations.values()].map(({ name }) => name);
    expect(left).toContain(`${machine}-gated`);
  });

  it('is marked by the next sweep if its row cannot be written, which this sweep reports', async () => {
    const { platform, machine } = await givenClaimed();
    await enable(platform);
    platform.stores.world.failNext('runners.requireGate', new Error('not now'));
    await expect(platform.sweep()).rejects.toThrow('1 parts of the sweep failed');
    await platform.sweep();

    expect(await platform.confirm(machine)).toBe(false);
  });
});

describe('a machine that listens without a gate when the first controller is enabled', () => {
  it('gets no more jobs, and its own job waits for another machine', async () => {
    const { platform } = await givenListening();
    await enable(platform);
    await platform.sweep();

    expect(platform.github.registrations.size).toBe(0);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-ended' } });
    await expectBalanced(platform);
  });

  it('is checked each minute until GitHub reports whether it has a job', async () => {
    const { platform, machine } = await givenListening();
    await enable(platform);
    const { removeRunner } = platform.github;
    let asked = 0;
    platform.github.removeRunner = async (...given) => {
      asked += 1;
      if (asked > 1) return removeRunner(...given);
      return { ok: false, refusal: { kind: 'limited', message: 'slow down', retryAfterSeconds: 1 } };
    };
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(1);
    platform.clock.advance(60_000);
    platform.github.setBusy(machine, true);
    await platform.sweep();
    await platform.sweep();

    expect(asked).toBe(2);
  });

  it('has its job released by the next sweep if this one dies after removing the registration', async () => {
    const { platform } = await givenListening();
    await enable(platform);
    platform.stores.world.failNext('jobs.waitAgain', new Error('It dies.'));
    await expect(platform.sweep()).rejects.toThrow();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await platform.sweep();

    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });
});

const jobs = 20 + 1;
const many = givenTenant({ maxRunners: jobs, tierLimits: new Map([[small, jobs]]) });

/** All that have been launched. */
async function listening(platform: Platform): Promise<void> {
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
}

describe('where the machines of many tenants have no gate', () => {
  it('those of a tenant take turns, even if GitHub does not answer about the first', async () => {
    const platform = await givenPlatform({ tenants: [many] });
    await platform.accept(...Array.from({ length: jobs }, (_, n) => queued(n + 1)));
    await listening(platform);
    platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
    const asked = new Set<string>();
    platform.github.removeRunner = async (_tenant, _place, name) => {
      asked.add(name);
      return { ok: false, refusal: { kind: 'forbidden', message: 'Forbidden' } };
    };
    for (let sweeps = 0; sweeps < 5; sweeps += 1) await platform.sweep();

    expect(asked.size).toBe(jobs);
  });

  it('each tenant has its own share, and its own failures', async () => {
    const few = givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex' });
    const platform = await givenPlatform({ tenants: [many, few] });
    await platform.accept(...Array.from({ length: jobs }, (_, n) => queued(n + 1)));
    await platform.accept(
      queued(100, { installationId: globex, repository: 'globex/app', repositoryOwnerId: 2 }),
    );
    await listening(platform);
    expect(platform.github.registrations.size).toBe(jobs + 1);
    for (const tenant of [acme, globex])
      platform.stores.world.editTenant(tenant, { allowedRepositories: [11] });
    await platform.sweep();

    const left = [...platform.github.registrations.values()];
    expect(left).toHaveLength(1);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);
  });
});
