/** New jobs that nothing keeps from a machine: one write of the row, and what becomes of them whoever dies in between. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenJob, givenTenant, noon, small } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) =>
  givenEvent({ jobId: JobId(jobId), queuedAt: noon + jobId, ...over });

/** Does this once, just before the rows of new jobs are written. */
function beforeRows(platform: Platform, act: () => Promise<unknown>): void {
  const { world } = platform.stores;
  world.beforeCall = async (call) => {
    if (call !== 'jobs.insert') return;
    world.beforeCall = undefined;
    await act();
  };
}

describe('a new job that can have a machine immediately', () => {
  it('has its row written once, and never waits', async () => {
    const platform = await givenPlatform();
    const writes: string[] = [];
    platform.stores.world.beforeCall = (call) => {
      if (/^(jobs|launches)\.(insert|cover|take|setWaitReasons)$/.test(call)) writes.push(call);
    };
    await platform.accept(queued(1), queued(2));
    expect(writes).toEqual(['launches.take', 'jobs.insert']);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 1 });
    expect((await platform.job(1))?.reason).toBeUndefined();
    expect(platform.compute.requests).toHaveLength(1);
    expect(platform.telemetry.total('JobsAccepted')).toBe(2);
    await expectBalanced(platform);
  });

  it('is tried three times while other copies are faster, and then recorded as waiting', async () => {
    const platform = await givenPlatform();
    let tries = 0;
    const { take } = platform.launches;
    platform.launches.take = async (taking) => {
      tries += 1;
      return tries <= 3 ? { kind: 'tenant-changed', tenant: taking.tenant } : take(taking);
    };
    let recorded: unknown;
    platform.stores.world.afterCall = async (call) => {
      if (call === 'jobs.insert') recorded ??= (await platform.job(1))?.state;
    };
    await platform.accept(queued(1));
    expect(recorded).toBe('waiting');
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('is measured in the log line of its launch, and one that waits in its own log line', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1, { receivedAt: platform.clock.now() - 40 }), queued(2), queued(3));
    const { events } = platform.telemetry;
    const linesOf = (event: string) =>
      events.filter(({ name }) => name === event).map(({ fields }) => fields);
    expect(linesOf('launch')).toMatchObject([{ jobIds: [1, 2], result: 'started' }]);
    expect(linesOf('jobs-accepted')).toMatchObject([{ jobIds: [3] }]);
    expect(platform.telemetry.total('JobsAccepted')).toBe(3);
  });

  it('leaves the younger ones waiting if there is not room for all', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(3), queued(1), queued(2));
    expect((await platform.job(1))?.state).toBe('covered');
    expect((await platform.job(2))?.state).toBe('covered');
    expect(await platform.job(3)).toMatchObject({ state: 'waiting', reason: { code: 'tenant-limit' } });
    await expectBalanced(platform);
  });

  it('is recorded as waiting if a tenant under the same cap cannot be read', async () => {
    const platform = await givenPlatform({
      deployment: { caps: { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60, machinesInAll: 5 } },
    });
    platform.stores.world.beforeCall = async (call) => {
      if (call === 'launches.capUseAcrossTenants')
        throw new OperationalError('A row is broken.', { code: 'UnreadableRow', retryable: false });
    };
    expect(await platform.accept(queued(1))).not.toEqual([]);
    platform.stores.world.beforeCall = undefined;
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('overtakes no waiting job', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.stores.jobs.insert([givenJob({ jobId: JobId(1) })]);
    await platform.accept(queued(2));
    expect((await platform.job(1))?.state).toBe('covered');
    expect((await platform.job(2))?.state).toBe('waiting');
  });

  it.each([
    [
      'at once if there is room for older ones too, which are left to their own copy',
      3,
      'covered',
      'waiting',
    ],
    ['after older ones if there is not room for all', 2, 'waiting', 'covered'],
  ])('is served %s', async (_, maxRunners, atFirst, older) => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners })] });
    const justWritten = { code: 'queued', text: '' } as const;
    await platform.stores.jobs.insert([givenJob({ jobId: JobId(1), reason: justWritten })]);
    const first: unknown[] = [];
    platform.stores.world.afterCall = async (call) => {
      if (call === 'jobs.insert') first.push((await platform.job(2))?.state);
    };
    await platform.accept(queued(2), ...(atFirst === 'waiting' ? [queued(3)] : []));
    expect(first).toEqual([atFirst]);
    expect(await platform.job(1)).toMatchObject({ state: older });
    await expectBalanced(platform);
  });

  it('has a controller in dry run asked about it, and is redelivered if the message to it fails', async () => {
    const asked = givenController({
      id: 'ctl_2',
      state: 'dry_run',
      scopes: [givenScope({ kind: 'installation' })],
    });
    const platform = await givenPlatform();
    await putControllers(platform.controllers, givenRules({}, 'false'), asked);
    await platform.accept(queued(1, { repositoryId: 7 }));
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.queues.admission).toMatchObject([{ jobId: 1 }]);
    platform.queues.failNext(1, new OperationalError('down', { code: 'Down', retryable: true }));
    expect(await platform.accept(queued(2, { repositoryId: 7 }))).toHaveLength(1);
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });

  it('gets a machine, and its message is done, if its controllers cannot be read at first', async () => {
    const platform = await givenPlatform();
    await putControllers(platform.controllers, givenRules({}, 'false'));
    const down = new OperationalError('down', { code: 'InternalServerError', retryable: true });
    platform.stores.world.failNext('controllers.policyOf', down);
    expect(await platform.accept(queued(1, { repositoryId: 7 }))).toEqual([]);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('gets one machine if two copies receive it at the same moment', async () => {
    const platform = await givenPlatform();
    await Promise.all([platform.accept(queued(1)), platform.accept(queued(1))]);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
    await expectBalanced(platform);
  });

  it('gets none if it is over before it has its row', async () => {
    const platform = await givenPlatform();
    const cancelled = queued(1, { action: 'completed', conclusion: 'cancelled' });
    beforeRows(platform, () => platform.follow(cancelled));
    await platform.accept(queued(1));
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'cancelled' });
    await expectNothingLeft(platform);
  });

  it('does not keep others from machines if no row can hold it', async () => {
    const platform = await givenPlatform();
    const failed = await platform.accept(queued(1, { repository: 'acme/app\ud800' }), queued(2));
    expect(failed).toEqual(['m-1']);
    expect(platform.liveMachines()).toHaveLength(1);
    expect((await platform.job(2))?.state).toBe('covered');
    await expectBalanced(platform);
  });

  it('gets its row in the next attempt, and its machine immediately, if the table throttled the first', async () => {
    const platform = await givenPlatform();
    const throttled = new OperationalError('slow down', { code: 'ThrottlingException', retryable: true });
    platform.stores.world.failNext('jobs.insert', throttled);
    expect(await platform.accept(queued(1), queued(2))).toEqual([]);
    expect(platform.liveMachines()).toHaveLength(2);
    await expectBalanced(platform);
  });

  it('keeps its lease if its row was written but the answer was lost', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('jobs.insert', 'after');
    expect(await platform.accept(queued(1), queued(2))).toEqual([]);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 1 });
    await expectBalanced(platform);
  });

  it('is left to a poke if EC2 is slow to report dry pools: the function has no time for another call', async () => {
    const platform = await givenPlatform();
    const dry = { class: 'capacity', code: 'InsufficientInstanceCapacity', message: '' } as const;
    platform.compute.dials.refuseNext.push(dry, dry);
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      platform.clock.advance(5_000);
      return launch(request);
    };
    await platform.accept(queued(1));
    expect(platform.compute.requests).toHaveLength(1);
    platform.compute.launch = launch;
    await platform.accept(queued(2));
    expect((await platform.job(1))?.state).toBe('waiting');
    await expectBalanced(platform);
  });

  it('is recorded as waiting if its tenant cannot be read', async () => {
    const platform = await givenPlatform();
    const down = () => new OperationalError('down', { code: 'InternalServerError', retryable: true });
    for (const look of ['tenants.glance', 'tenants.get'] as const)
      platform.stores.world.failNext(look, down());
    expect(await platform.accept(queued(1))).toEqual(['m-1']);
    expect((await platform.job(1))?.state).toBe('waiting');
    expect(await platform.accept(queued(1))).toEqual([]);
    expect((await platform.job(1))?.state).toBe('covered');
    await expectBalanced(platform);
  });

  it('waits with all others while EC2 throttles: one copy plans for all', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 9 })] });
    const throttled = { class: 'throttled', code: 'RequestLimitExceeded', message: '' } as const;
    platform.compute.dials.refuseNext.push(throttled);
    await platform.accept(queued(1));
    const covered: string[] = [];
    platform.stores.world.beforeCall = (call) => void (call === 'launches.cover' && covered.push(call));
    await platform.accept(queued(2));
    for (let second = 0; second < 30; second++) {
      platform.clock.advance(1_000);
      await platform.deliverPokes();
    }
    expect(covered.length).toBeGreaterThan(0);
    expect(platform.liveMachines()).toHaveLength(2);
    await expectBalanced(platform);
  });
});

describe('a launch whose caller died before its jobs had rows', () => {
  it('is closed by the sweep: EC2 was not called for its machines; the messages are delivered again', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('jobs.insert', new Error('died'));
    expect(await platform.accept(queued(1), queued(2))).toEqual(['m-1', 'm-2']);
    expect(await platform.leases()).toBe(2);

    platform.clock.advance(61_000);
    await platform.sweep();
    expect(platform.compute.requests).toEqual([]);
    await expectNothingLeft(platform);

    expect(await platform.accept(queued(1), queued(2))).toEqual([]);
    expect(platform.liveMachines()).toHaveLength(2);
    await expectBalanced(platform);
  });

  it('is carried out for those of its jobs that were redelivered meanwhile', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('jobs.insert', new Error('died'));
    await platform.accept(queued(1), queued(2));
    await platform.accept(queued(1));
    expect((await platform.job(1))?.state).toBe('waiting');

    platform.clock.advance(61_000);
    await platform.sweep();
    expect((await platform.job(1))?.state).toBe('covered');
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
    await expectBalanced(platform);
  });

  it('is carried out for all of them if the rows were written but the answer was lost', async () => {
    const platform = await givenPlatform();
    for (let tries = 0; tries < 3; tries++) platform.stores.world.failNext('jobs.insert', 'after');
    expect(await platform.accept(queued(1), queued(2))).toEqual(['m-1', 'm-2']);
    expect(await platform.accept(queued(1), queued(2))).toEqual([]);
    expect(platform.liveMachines()).toEqual([]);

    platform.clock.advance(61_000);
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(2);
    expect(await platform.stores.jobs.listWaiting(acme, small, 10)).toEqual([]);
    await expectBalanced(platform);
  });
});
