/** The end of a machine whose job's end GitHub never reported, and which EC2 did not report either. */
import { describe, expect, it } from '@jest/globals';
import type { InstanceId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, expectNothingLeft, type Platform } from '../support/platform.ts';
import { givenListening, minutes } from '../support/swept.ts';

/** GitHub said that the job began; then nobody says anything any more. */
async function givenRunning() {
  const { platform, machine } = await givenListening();
  await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine, jobId: 1 as never }));
  return { platform, machine };
}

/** Five minutes, in which the sweep runs each minute and the reconciler at the end. */
async function passFiveMinutes(platform: Platform): Promise<void> {
  for (let minute = 1; minute <= 5; minute++) {
    platform.clock.advance(minutes(1));
    await platform.sweep();
  }
  await platform.reconcile();
  await platform.follow(...platform.queues.lifecycle.splice(0));
}

const endsSilently = ({ compute }: Platform, machine: InstanceId, state = 'terminated') =>
  compute.setState(machine, state);

const forget = ({ compute }: Platform, machine: InstanceId) => {
  compute.machines.get(machine)!.hidden = true;
};

/** How often EC2 was asked about machines by their ids. */
function countDescribed({ compute }: Platform) {
  const { describe } = compute;
  const counted = { calls: 0 };
  compute.describe = (ids) => {
    counted.calls += 1;
    return describe(ids);
  };
  return counted;
}

const unheard = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'machine-end-unheard' });

describe('a machine whose end nobody reported', () => {
  it.each(['shutting-down', 'terminated'])(
    'frees its lease within two runs if EC2 says %s',
    async (state) => {
      const { platform, machine } = await givenRunning();
      for (let runs = 0; runs < 3; runs++) await passFiveMinutes(platform);
      endsSilently(platform, machine, state);
      await passFiveMinutes(platform);
      expect(await platform.leases()).toBe(1);
      await passFiveMinutes(platform);
      expect(await platform.leases()).toBe(0);
      expect(await platform.runners.get(acme, machine)).toMatchObject({
        state: 'ended',
        endReason: 'instance-ended',
      });
      expect(unheard(platform)).toBe(1);
    },
  );

  it('is terminated within two runs if EC2 has stopped it, as for a retirement of its host', async () => {
    const { platform, machine } = await givenRunning();
    for (let runs = 0; runs < 3; runs++) await passFiveMinutes(platform);
    endsSilently(platform, machine, 'stopped');
    await passFiveMinutes(platform);
    expect(platform.liveMachines()).toEqual([machine]);
    await passFiveMinutes(platform);
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.leases()).toBe(0);
  });

  it('has GitHub asked how its job ended', async () => {
    const { platform, machine } = await givenRunning();
    for (let runs = 0; runs < 3; runs++) await passFiveMinutes(platform);
    endsSilently(platform, machine);
    platform.github.putJob('acme/app', 1 as never, {
      status: 'completed',
      conclusion: 'failure',
      runnerName: machine,
    });
    for (let runs = 0; runs < 3; runs++) await passFiveMinutes(platform);
    expect(await platform.job(1)).toMatchObject({ state: 'done', conclusion: 'failure', runner: machine });
    await expectNothingLeft(platform);
  });

  it('keeps its lease for 65 minutes after its launch if EC2 does not know it', async () => {
    const { platform, machine } = await givenRunning();
    forget(platform, machine);
    const launchedAt = platform.stores.world.runner(machine)!.launchedAt;
    while (platform.clock.now() < launchedAt + minutes(60)) await passFiveMinutes(platform);
    expect(await platform.leases()).toBe(1);
    expect(unheard(platform)).toBe(0);
    endsSilently(platform, machine);
    await passFiveMinutes(platform);
    expect(await platform.leases()).toBe(0);
    expect(unheard(platform)).toBe(1);
  });

  it('is told to end before its absence counts, so that none is freed that runs', async () => {
    const { platform, machine } = await givenRunning();
    platform.clock.advance(minutes(120));
    const terminated: InstanceId[] = [];
    platform.compute.terminate = async (ids) => {
      terminated.push(...ids);
      return { accepted: [...ids], unknown: [] };
    };
    forget(platform, machine);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(terminated).toEqual([machine]);
    expect(platform.queues.lifecycle).toEqual([]);
    expect(await platform.leases()).toBe(1);
  });
});

describe('nothing is reported, and nothing terminated', () => {
  it('of machines that run, and of one that is too young to be shown', async () => {
    const { platform, machine } = await givenRunning();
    const described = countDescribed(platform);
    forget(platform, machine);
    platform.clock.advance(minutes(4));
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    await platform.reconcile();
    expect(described.calls).toBe(0);
    platform.compute.machines.get(machine)!.hidden = false;
    for (let runs = 0; runs < 5; runs++) await passFiveMinutes(platform);
    expect([described.calls, unheard(platform)]).toEqual([5, 0]);
    expect(platform.liveMachines()).toEqual([machine]);
    await expectBalanced(platform);
  });

  it('of a machine that was missing once, is shown again, and is missing again', async () => {
    const { platform, machine } = await givenRunning();
    platform.clock.advance(minutes(120));
    for (const isHidden of [true, false, true]) {
      platform.compute.machines.get(machine)!.hidden = isHidden;
      await platform.reconcile();
      platform.clock.advance(minutes(5));
    }
    platform.compute.machines.get(machine)!.hidden = false;
    await platform.follow(...platform.queues.lifecycle.splice(0));
    expect(platform.liveMachines()).toEqual([machine]);
    expect([await platform.leases(), unheard(platform)]).toEqual([1, 0]);
  });

  it('of a machine whose row cannot be read', async () => {
    const { platform, machine } = await givenRunning();
    endsSilently(platform, machine);
    platform.stores.world.unreadable.add(unreadableName('runners', machine));
    for (let runs = 0; runs < 3; runs++) {
      platform.clock.advance(minutes(5));
      await platform.reconcile();
    }
    expect(platform.queues.lifecycle).toEqual([]);
  });
});

describe('where EC2 fails', () => {
  it('the next run asks again', async () => {
    const { platform, machine } = await givenRunning();
    platform.clock.advance(minutes(15));
    endsSilently(platform, machine);
    await platform.reconcile();
    platform.clock.advance(minutes(5));
    const { describe } = platform.compute;
    platform.compute.describe = async () => {
      throw new OperationalError('throttled', { code: 'RequestLimitExceeded', retryable: true });
    };
    await expect(platform.reconcile()).rejects.toThrow('1 parts of the reconciler failed');
    platform.compute.describe = describe;
    await passFiveMinutes(platform);
    expect(await platform.leases()).toBe(0);
  });
});
