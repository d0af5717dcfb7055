/**
 * A job of a repository that the installation does not include runs on a machine of the tenant: GitHub gives it to any
 * runner of the organization with its labels, and tells the App nothing.
 */
import { describe, expect, it } from '@jest/globals';
import { unheardStartSeconds } from '../../lib/app/common/settings.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

async function givenListening() {
  const platform = await givenPlatform();
  platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
  await platform.accept(givenEvent());
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.confirm(machine);
  return { platform, machine };
}

/** What the lifecycle asked about, ten minutes later. */
async function looksAgain(platform: Platform) {
  platform.clock.advance(600_000);
  const asked = platform.queues.installations.splice(0);
  const bodies = asked.map((message, n) => ({ id: `m-${n}`, body: JSON.stringify(message) }));
  expect(await applyInstallationEvents(platform, bodies)).toEqual([]);
  return asked;
}

const counted = async (platform: Platform, machine: InstanceId) => ({
  tenant: (await platform.stores.tenants.get(acme))?.unknownRuns,
  machine: platform.stores.world.runner(machine)?.unknownRunAt !== undefined,
  metric: platform.telemetry.total('UnknownJobsRun'),
});
/** The next call of this kind reaches GitHub only after something else has happened. */
function justBefore({ github }: Platform, name: 'removeRunner', happens: () => Promise<unknown>) {
  const call = github[name];
  github[name] = async (...given) => {
    github[name] = call;
    await happens();
    return call(...given);
  };
}

const once = { tenant: 1, machine: true, metric: 1 };
const never = { tenant: undefined, machine: false, metric: 0 };

describe('a machine that ended by itself without a reported job', () => {
  it('is counted for its tenant, once, if GitHub removed its registration', async () => {
    const { platform, machine } = await givenListening();
    platform.github.registrations.clear();
    await platform.machineEnds(machine);
    const asked = await looksAgain(platform);
    expect(asked).toMatchObject([{ kind: 'unheard-run', instanceId: machine }]);
    platform.queues.installations.push(...asked);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(once);
  });

  it('is counted if GitHub still shows it as busy', async () => {
    const { platform, machine } = await givenListening();
    platform.github.setBusy(machine, true);
    await platform.machineEnds(machine);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(once);
  });

  it('is not counted if it was idle', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if it was idle, and both of its events asked', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    platform.queues.installations.push(...platform.queues.installations);
    expect(await looksAgain(platform)).toHaveLength(2);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if it was idle, and the reconciler removed its registration', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    await platform.reconcile();
    expect(platform.github.registrations.size).toBe(0);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if it was idle, and the reconciler removes its registration just before', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    justBefore(platform, 'removeRunner', () => platform.reconcile());
    expect(await looksAgain(platform)).toHaveLength(1);
    expect(platform.github.registrations.size).toBe(0);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if the webhook arrives while GitHub is asked', async () => {
    const { platform, machine } = await givenListening();
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    platform.github.registrations.clear();
    await platform.machineEnds(machine);
    const ended = { action: 'completed', conclusion: 'success', runnerName: machine } as const;
    justBefore(platform, 'removeRunner', () => platform.follow(givenEvent({ ...ended, jobId: JobId(2) })));
    expect(await looksAgain(platform)).toHaveLength(1);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted by the sweep if it was idle, and its registration is removed just before', async () => {
    const { platform, machine } = await givenListening();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds + unheardStartSeconds) * 1000);
    justBefore(platform, 'removeRunner', () => platform.sweep());
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(0);
    expect(platform.liveMachines()).not.toContain(machine);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if it was idle, and the sweep was about to end it', async () => {
    const { platform, machine } = await givenListening();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds + unheardStartSeconds) * 1000);
    platform.compute.dials.failCalls = 1;
    await expect(platform.sweep()).rejects.toThrow();
    expect(platform.github.registrations.size).toBe(0);
    await platform.machineEnds(machine);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if the webhook was late', async () => {
    const { platform, machine } = await givenListening();
    platform.github.registrations.clear();
    await platform.machineEnds(machine);
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'success', runnerName: machine }));
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if another job than the planned one ran on it, and only its end is reported', async () => {
    const { platform, machine } = await givenListening();
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    platform.github.registrations.clear();
    await platform.machineEnds(machine);
    const ended = { action: 'completed', conclusion: 'success', runnerName: machine } as const;
    await platform.follow(givenEvent({ ...ended, jobId: JobId(2) }));
    expect(await looksAgain(platform)).toMatchObject([{ kind: 'unheard-run', instanceId: machine }]);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is asked about by EC2’s event, even if the sweep saw its end first', async () => {
    const { platform, machine } = await givenListening();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds) * 1000);
    platform.github.registrations.clear();
    platform.compute.setState(machine, 'shutting-down');
    await platform.sweep();
    await platform.machineEnds(machine);
    expect(await looksAgain(platform)).toMatchObject([{ kind: 'unheard-run', instanceId: machine }]);
    expect(await counted(platform, machine)).toEqual(once);
  });

  it('is counted by the sweep that finds its registration gone before EC2 reports its end', async () => {
    const { platform, machine } = await givenListening();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds + unheardStartSeconds) * 1000);
    platform.github.registrations.clear();
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(machine);
    await platform.machineEnds(machine);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(once);
  });

  it('is asked about again if GitHub did not answer', async () => {
    const { platform, machine } = await givenListening();
    platform.github.registrations.clear();
    await platform.machineEnds(machine);
    platform.github.failNext('removeRunner', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await looksAgain(platform);
    expect(platform.queues.delayed.at(-1)).toEqual({ kind: 'unheard-run', delaySeconds: 60 });
    expect(await counted(platform, machine)).toEqual(never);
    await looksAgain(platform);
    expect(await counted(platform, machine)).toEqual(once);
  });

  it('is asked about again however long it lived', async () => {
    const { platform, machine } = await givenListening();
    platform.clock.advance(2 * 3_600_000);
    await platform.machineEnds(machine);
    platform.github.failNext('removeRunner', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
    await looksAgain(platform);
    expect(await looksAgain(platform)).toHaveLength(1);
  });

  it('is neither counted nor asked about again if GitHub refuses an answer', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    platform.github.failNext('removeRunner', { refusal: { kind: 'forbidden', message: 'No.' } });
    await looksAgain(platform);
    expect(platform.queues.installations).toEqual([]);
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not asked about once its row is gone', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    platform.stores.world.rows.runners.delete(machine);
    expect(await looksAgain(platform)).toHaveLength(1);
    expect(platform.github.registrations.size).toBe(1);
  });

  it('is asked about for an hour at most, since a refused call closes the tenant’s budget', async () => {
    const { platform, machine } = await givenListening();
    await platform.machineEnds(machine);
    for (let tries = 1; tries <= 6; tries++) {
      platform.github.failNext('removeRunner', { refusal: { kind: 'limited', retryAfterSeconds: 600 } });
      expect(await looksAgain(platform)).toHaveLength(1);
    }
    expect(platform.queues.installations).toEqual([]);
  });
});

describe('a machine that GitHub reports as busy, with an unknown job', () => {
  it('is counted at the second visit, and its job waits for another one', async () => {
    const { platform, machine } = await givenListening();
    platform.github.setBusy(machine, true);
    platform.clock.advance(601_000);
    await platform.reconcile();
    expect(await counted(platform, machine)).toEqual(never);
    for (let visits = 0; visits < 2; visits++) await platform.reconcile();
    expect(await counted(platform, machine)).toEqual(once);
    expect(await platform.job(1)).toMatchObject({
      state: 'waiting',
      reason: { code: 'runner-taken-by-unknown-job' },
    });
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('is not counted if it runs its own job, or has just started', async () => {
    const { platform, machine } = await givenListening();
    platform.github.setBusy(machine, true);
    for (let visits = 0; visits < 3; visits++) await platform.reconcile();
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
    platform.clock.advance(601_000);
    for (let visits = 0; visits < 3; visits++) await platform.reconcile();
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if the row of its name is another tenant’s', async () => {
    const { platform, machine } = await givenListening();
    const { runners } = platform.stores.world.rows;
    platform.github.setBusy(machine, true);
    runners.set(machine, { ...runners.get(machine)!, installationId: InstallationId(999) });
    platform.clock.advance(601_000);
    for (let visits = 0; visits < 3; visits++) await platform.reconcile();
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted before its runner listens, nor within ten minutes of that', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    platform.github.setBusy(machine, true);
    platform.clock.advance(601_000);
    for (let visits = 0; visits < 3; visits++) await platform.reconcile();
    await platform.confirm(machine);
    platform.clock.advance(599_000);
    for (let visits = 0; visits < 3; visits++) await platform.reconcile();
    expect(await counted(platform, machine)).toEqual(never);
  });

  it('is not counted if it was idle at the visit in between', async () => {
    const { platform, machine } = await givenListening();
    platform.clock.advance(601_000);
    for (const busy of [true, false, true]) {
      platform.github.setBusy(machine, busy);
      await platform.reconcile();
    }
    expect(await counted(platform, machine)).toEqual(never);
  });
});
