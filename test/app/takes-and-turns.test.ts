/** What a take leaves behind that only half came about, who is looked at again, and which job comes first. */
import { describe, expect, it } from '@jest/globals';
import { takePlanningTurn } from '../../lib/app/scale-up/planning-turn.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { copyOf } from '../fakes/copy.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) =>
  givenEvent({ jobId: JobId(jobId), queuedAt: noon + jobId, ...over });
const waiting = (jobId: number) =>
  givenJob({ jobId: JobId(jobId), queuedAt: noon + jobId, reason: reason('queued', 'It just came.') });
const many = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const roomFor = (maxRunners: number) =>
  givenPlatform({
    tenants: [givenTenant({ maxRunners })],
    deployment: { tiers: [givenTier({ maxRunners })] },
  });

/** Does this once, just before this call. */
function justBefore(platform: Platform, name: string, act: () => unknown): void {
  const { world } = platform.stores;
  world.beforeCall = async (call) => {
    if (call !== name) return;
    world.beforeCall = undefined;
    await act();
  };
}

/** The names of the calls from now on. */
function callsOf({ stores: { world } }: Platform): readonly string[] {
  const calls: string[] = [];
  world.beforeCall = (call) => void calls.push(call);
  return calls;
}

describe('a launch some of whose jobs are over before they have rows', () => {
  it('has used the launch rate for the others alone', async () => {
    const platform = await roomFor(9);
    const cancelled = (id: number) => queued(id, { action: 'completed', conclusion: 'cancelled' });
    justBefore(platform, 'jobs.insert', () => platform.follow(cancelled(1), cancelled(2)));
    expect(await platform.accept(...many(1, 5).map((id) => queued(id)))).toEqual([]);
    expect(platform.liveMachines()).toHaveLength(3);
    const { launchesPerMinutePerTenant } = platform.deployment.caps;
    const used = (3 * 60_000) / launchesPerMinutePerTenant;
    const { rateUsedUntil = 0 } = platform.stores.world.tenant(acme) ?? {};
    expect(rateUsedUntil - platform.clock.now()).toBe(Math.ceil(used));
    await expectBalanced(platform);
  });

  it('has no message redelivered if all of its jobs are over', async () => {
    const platform = await roomFor(9);
    justBefore(platform, 'jobs.insert', () =>
      platform.follow(queued(1, { action: 'completed', conclusion: 'cancelled' })),
    );
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(platform.liveMachines()).toEqual([]);
    await expectBalanced(platform);
  });
});

describe('new jobs', () => {
  it('are launched for immediately if another write of the tenant collided with the first attempt', async () => {
    const platform = await roomFor(9);
    const { take } = platform.launches;
    let tries = 0;
    platform.launches.take = async (taking) => (++tries === 1 ? { kind: 'contended' } : take(taking));
    const states: unknown[] = [];
    platform.stores.world.afterCall = async (call) => {
      if (call === 'jobs.insert') states.push((await platform.job(1))?.state);
    };
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(states[0]).toBe('covered');
  });

  it('are served in the order in which they were queued, and those of the same moment by their ids', async () => {
    const platform = await roomFor(3);
    const at = (jobId: number, milliseconds: number) => queued(jobId, { queuedAt: noon + milliseconds });
    await platform.accept(at(2, 9), at(8, 1), at(5, 5), at(4, 5));
    for (const id of [8, 4, 5]) expect(await platform.job(id)).toMatchObject({ state: 'covered' });
    expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
  });

  it('overtake none of a line that is longer than one look at it', async () => {
    const platform = await roomFor(11);
    await platform.stores.jobs.insert(many(1, 11).map(waiting));
    await platform.accept(queued(12));
    for (const id of nonEmpty(many(1, 11)))
      expect(await platform.job(id)).toMatchObject({ state: 'covered' });
    expect(await platform.job(12)).toMatchObject({ state: 'waiting' });
    await expectBalanced(platform);
  });

  it('overtake none that a late read misses and that is in a cap’s line with another tenant', async () => {
    const other = { installationId: InstallationId(102), accountId: 2, accountLogin: 'globex' };
    const caps = { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 2 };
    const tenants = [givenTenant(), givenTenant(other)];
    const platform = await givenPlatform({ tenants, deployment: { caps } });
    const ofOther = { installationId: other.installationId, repositoryOwnerId: 2, repository: 'globex/app' };
    await platform.accept(queued(1), queued(91, ofOther));
    const machines = platform.liveMachines();
    const { world } = platform.stores;
    world.past = copyOf(world.rows);
    await platform.accept(queued(2), queued(92, ofOther));
    // Their leases are free, and nobody has looked at the line yet.
    const ended = await platform.stores.runners.findAcrossTenants(machines);
    const at = platform.clock.now();
    await platform.stores.runners.end(ended.map((runner) => ({ runner, at, reason: 'instance-ended' })));
    await platform.accept(queued(3));
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    expect(await platform.job(3)).toMatchObject({ state: 'waiting' });
  });

  it('have rows first, and wait, while EC2 throttles', async () => {
    const platform = await roomFor(9);
    platform.compute.dials.refuseNext.push({ class: 'throttled', code: 'RequestLimitExceeded', message: '' });
    await platform.accept(queued(1));
    const states: unknown[] = [];
    platform.stores.world.afterCall = async (call) => {
      if (call === 'jobs.insert') states.push((await platform.job(2))?.state);
    };
    await platform.accept(queued(2));
    expect(states).toEqual(['waiting']);
  });
});

it('a take near a spend cap is refused if another copy took a lease since the tenant was read', async () => {
  const tenant = givenTenant({ maxRunners: 9, caps: { month: 2_800_000 } });
  const tiers = [givenTier({ maxRunners: 9 })];
  const platform = await givenPlatform({ tenants: [tenant], deployment: { tiers } });
  justBefore(platform, 'launches.take', () => platform.accept(queued(9)));
  await platform.accept(queued(1));
  expect(platform.telemetry.total('TakesRefused', { reason: 'tenant-changed' })).toBe(1);
  expect(platform.liveMachines()).toHaveLength(2);
  await expectBalanced(platform);
});

describe('a batch', () => {
  const poke = (tier = small) => ({ kind: 'poke', installationId: acme, tier });
  const down = () => new OperationalError('slow down', { code: 'ThrottlingException', retryable: true });

  it('is balanced in the tier that its poke names', async () => {
    const platform = await givenPlatform();
    await platform.stores.jobs.insert([{ ...waiting(1), tier: medium }]);
    await platform.accept(poke(medium));
    expect(await platform.job(1)).toMatchObject({ state: 'covered', tier: medium });
  });

  it('has its pokes delivered again if the line cannot be read now, and all messages about a job', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('jobs.listWaiting', down());
    expect(await platform.accept(poke())).toHaveLength(1);
    platform.stores.world.beforeCall = async (call) => {
      if (call === 'jobs.insert') throw down();
    };
    expect(await platform.accept(queued(1), queued(1))).toHaveLength(2);
  });

  it('does not count a job as new that has a row already, though it is launched for immediately', async () => {
    const platform = await roomFor(9);
    await platform.stores.jobs.insert([waiting(1)]);
    await platform.accept(queued(1));
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.telemetry.total('JobsAccepted')).toBe(0);
  });

  it('has the message of a known job delivered again if its row cannot be reached, and GitHub is not asked', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    await platform.stores.jobs.insert([waiting(1)]);
    platform.stores.world.failNext('jobs.rename', down());
    expect(await platform.accept(queued(1))).toHaveLength(1);
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(platform.queues.installations).toEqual([]);
  });

  it('that has a poke looks at its line once, and waits for no other copy', async () => {
    const platform = await roomFor(9);
    await platform.stores.jobs.insert([waiting(1)]);
    const calls = callsOf(platform);
    await platform.accept(poke(), queued(2));
    for (const id of [1, 2]) expect(await platform.job(id)).toMatchObject({ state: 'covered' });
    expect(calls).not.toContain('jobs.glanceAtWaiting');
    expect(platform.clock.now()).toBe(noon);
  });

  it.each([
    ['the table is down', {}, down()],
    ['the job fits no row', { repository: 'acme/\ud800' }, undefined],
  ])('is not balanced if %s', async (_, over, failure) => {
    const platform = await givenPlatform({ tenants: [givenTenant({ status: 'pending' })] });
    if (failure) platform.stores.world.failNext('jobs.insert', failure);
    const calls = callsOf(platform);
    expect(await platform.accept(queued(1, over))).toHaveLength(1);
    expect(calls).not.toContain('jobs.listWaiting');
  });
});

it('a job that is over before it can be refused is not counted as refused', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ status: 'suspended' })] });
  const cancelled = queued(1, { action: 'completed', conclusion: 'cancelled' });
  justBefore(platform, 'jobs.refuseWaiting', () => platform.follow(cancelled));
  await platform.accept(queued(1));
  expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'cancelled' });
  expect(platform.telemetry.total('JobsRefused')).toBe(0);
});

describe('the copy that plans for several', () => {
  const turn = (platform: Platform) => takePlanningTurn(platform, { installationId: acme, tier: small });
  /** Another copy has written job 1, and has not looked at it; job 2 is not launched for at once. */
  async function givenOthers() {
    const platform = await roomFor(9);
    await platform.stores.jobs.insert([waiting(1)]);
    const down = new OperationalError('down', { code: 'InternalServerError', retryable: true });
    platform.stores.world.failNext('tenants.glance', down);
    return platform;
  }

  it('looks again for jobs that another copy brought meanwhile', async () => {
    const platform = await givenOthers();
    justBefore(platform, 'launches.take', async () => {
      await platform.stores.jobs.insert([waiting(3)]);
      expect(await turn(platform)).toBeUndefined();
    });
    await platform.accept(queued(2));
    for (const id of [1, 2, 3]) expect(await platform.job(id)).toMatchObject({ state: 'covered' });
  });

  it('sends a poke if its turn was over before it was done', async () => {
    const platform = await givenOthers();
    justBefore(platform, 'launches.take', () => platform.clock.advance(11_000));
    await platform.accept(queued(2));
    const poke = { kind: 'poke', installationId: acme, tier: small };
    expect(platform.queues.tiers.map(({ message }) => message)).toEqual([poke]);
  });

  it('is found by its turn before anybody else plans: they leave a mark', async () => {
    const platform = await givenOthers();
    expect(await turn(platform)).toBeDefined();
    await platform.accept(queued(2));
    expect(platform.compute.requests).toEqual([]);
    const [note] = platform.notes.all.values();
    expect(note?.value).toEqual({ wanted: true });
  });
});
