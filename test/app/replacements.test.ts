import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { freeReplacements } from '../../lib/core/job-rest.ts';
import { acme, givenEvent } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

type Platform = Awaited<ReturnType<typeof givenPlatform>>;
const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;

/** The first job waits for its machine, and stays queued on GitHub. */
async function givenCovered() {
  const platform = await givenPlatform();
  platform.github.putJob('acme/app', JobId(1), isQueued);
  await platform.accept(queued(1));
  return platform;
}

async function loseMachine(platform: Platform) {
  await platform.machineEnds(platform.liveMachines()[0]!);
  await platform.deliverPokes();
}

async function loseManyMachines(platform: Platform) {
  for (let lost = 0; lost <= freeReplacements; lost++) await loseMachine(platform);
}

async function listen(platform: Platform) {
  const machine = platform.liveMachines().at(-1)!;
  await platform.claim(machine);
  await platform.confirm(machine);
  return machine;
}

/** GitHub gives the newest machine to this job, which runs and ends there. */
async function runOn(platform: Platform, machine: string, jobId: number) {
  const taken = { jobId: JobId(jobId), runnerName: machine };
  await platform.follow(givenEvent({ ...taken, action: 'in_progress' }));
  await platform.follow(givenEvent({ ...taken, action: 'completed', conclusion: 'success' }));
  await platform.deliverPokes();
}

describe('a job whose machines end without running it', () => {
  it('pauses after some of them, with the reason and the time of the next one', async () => {
    const platform = await givenCovered();
    await loseManyMachines(platform);
    expect(platform.liveMachines()).toEqual([]);
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'waiting', replacements: 3, retryAt: platform.clock.now() + 60_000 });
    expect(job?.reason).toMatchObject({
      code: 'runners-lost',
      text: expect.stringMatching(/^3 machines were launched for it.*after 2026-11-21T12:01:00/),
    });
  });

  it('gets the next one after its pause, and then pauses for twice as long', async () => {
    const platform = await givenCovered();
    await loseManyMachines(platform);
    platform.clock.advance(60_000);
    await platform.sweep();
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(1);
    await loseMachine(platform);
    expect(await platform.job(1)).toMatchObject({
      replacements: 4,
      retryAt: platform.clock.now() + 120_000,
    });
  });

  it('is never given up while GitHub has it queued, and costs few machines in a day', async () => {
    const platform = await givenCovered();
    let machines = 0;
    for (let minute = 0; minute < 24 * 60 - 1; minute++) {
      if (platform.liveMachines().length > 0) {
        machines += 1;
        await loseMachine(platform);
      }
      platform.clock.advance(60_000);
      await platform.sweep();
      await platform.deliverPokes();
    }
    expect(await platform.job(1)).toMatchObject({ reason: { code: 'runners-lost' } });
    expect((await platform.job(1))?.state).not.toBe('done');
    expect(machines).toBeLessThan(40);
  });

  it('lets later jobs go first while it pauses', async () => {
    const platform = await givenCovered();
    await loseManyMachines(platform);
    await platform.accept(queued(2));
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('is closed before its next machine if GitHub says that it is over', async () => {
    const platform = await givenCovered();
    await loseManyMachines(platform);
    platform.github.putJob('acme/app', JobId(1), {
      ...isQueued,
      status: 'completed',
      conclusion: 'cancelled',
    });
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'cancelled' });
  });
});

describe('a machine that ran another job of the tenant', () => {
  it.each([
    ['that was not known here', async () => undefined],
    ['that was refused here', async (platform: Platform, jobId: number) => refuse(platform, jobId)],
    ['of the line', async (platform: Platform, jobId: number) => void (await platform.accept(queued(jobId)))],
  ])('is no failure of the job it was bought for: one %s', async (_which, prepare) => {
    const platform = await givenCovered();
    platform.stores.world.setMaxRunners(acme, 1);
    for (let unplanned = 101; unplanned <= 106; unplanned++) {
      await prepare(platform, unplanned);
      const machine = await listen(platform);
      await runOn(platform, machine, unplanned);
      expect(await platform.job(unplanned)).toMatchObject({ state: 'done', outcome: 'completed' });
    }
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(await platform.job(1)).not.toHaveProperty('replacements');
  });

  it('is none either if only its end is reported', async () => {
    const platform = await givenCovered();
    const machine = await listen(platform);
    const ended = { jobId: JobId(7), runnerName: machine, conclusion: 'success' };
    await platform.follow(givenEvent({ ...ended, action: 'completed' }));
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
    expect(await platform.job(1)).not.toHaveProperty('replacements');
  });

  it('leaves its job waiting immediately if the other one had been refused', async () => {
    const platform = await givenCovered();
    await refuse(platform, 7);
    const machine = await listen(platform);
    await platform.follow(givenEvent({ jobId: JobId(7), runnerName: machine, action: 'in_progress' }));
    expect(await platform.job(7)).toMatchObject({ state: 'running', runner: machine });
    expect(await platform.stores.runners.get(acme, machine)).toMatchObject({ ran: 7 });
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.liveMachines()).toHaveLength(2);
  });

  it('makes the job that relied on it wait, if the job that it was bought for runs elsewhere', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2));
    const [first, second] = platform.liveMachines();
    for (const machine of [first!, second!]) {
      await platform.claim(machine);
      await platform.confirm(machine);
    }
    await platform.follow(givenEvent({ jobId: JobId(1), runnerName: second!, action: 'in_progress' }));
    await platform.follow(givenEvent({ jobId: JobId(7), runnerName: first!, action: 'in_progress' }));
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });

  it('makes no job wait twice if its start is reported twice', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), queued(2));
    const second = platform.liveMachines()[1]!;
    const start = givenEvent({ jobId: JobId(1), runnerName: second, action: 'in_progress' });
    await platform.follow(start);
    await platform.follow(start);
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
  });

  it('leaves its job waiting if the other one has a machine of another tier', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), givenEvent({ jobId: JobId(2), tier: 'medium' as never }));
    const medium = (await platform.job(2))!.lease;
    const machines = await platform.stores.runners.findAcrossTenants(platform.liveMachines());
    const machine = machines.find(({ lease }) => lease === medium)!.instanceId;
    await platform.follow(givenEvent({ jobId: JobId(1), runnerName: machine, action: 'in_progress' }));
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });
});

/** The operator suspends the tenant as the job comes in, and thinks better of it. */
async function refuse(platform: Platform, jobId: number): Promise<void> {
  platform.stores.world.editTenant(acme, { status: 'suspended' });
  await platform.accept(queued(jobId));
  platform.stores.world.editTenant(acme, { status: 'active' });
  expect(await platform.job(jobId)).toMatchObject({ outcome: 'refused' });
}
