import { describe, expect, it } from '@jest/globals';
import { reconcileMachines } from '../../lib/app/reconciler/reconcile-machines.ts';
import type { fleetRequest } from '../../lib/core/fleet-request.ts';
import { InstallationId, JobId, LaunchId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;

/** A machine with our tags, as a launch makes it that nobody wrote down. */
async function strayMachine(platform: Platform, launch = 'stray', environment = 'test') {
  await platform.accept(givenEvent());
  const like = platform.compute.requests[0]!;
  const request = JSON.parse(
    JSON.stringify({ ...like, ClientToken: launch })
      .replaceAll(like.ClientToken, launch)
      .replaceAll('"Value":"test"', `"Value":"${environment}"`),
  ) as ReturnType<typeof fleetRequest>;
  const answer = await platform.compute.launch(request);
  if (answer.kind !== 'answered') throw new Error('no stray');
  return answer.instances[0]!.instanceId;
}

const repairsOf = ({ telemetry }: Platform) =>
  telemetry.events.filter(({ name }) => name === 'repair').map(({ fields }) => fields);

describe('machines without an open record', () => {
  it('are ended once they are older than the boot time, and all others keep running', async () => {
    const platform = await givenPlatform();
    const stray = await strayMachine(platform);
    const foreign = await strayMachine(platform, 'foreign', 'another-cell');
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toContain(stray);
    platform.clock.advance(minutes(10) - 1);
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toContain(stray);
    platform.clock.advance(1);
    await reconcileMachines(platform);
    expect(platform.liveMachines()).not.toContain(stray);
    expect(platform.liveMachines()).toContain(foreign);
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.telemetry.total('Repairs', { kind: 'machine-without-record-ended' })).toBe(1);
  });

  it('are left to the sweep while their launch is open', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(givenEvent());
    platform.clock.advance(minutes(11));
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toHaveLength(1);
    await platform.sweep();
    await expectBalanced(platform);
  });

  it('are ended again if their row has ended but they still run', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.machineEnds(machine!);
    platform.compute.setState(machine!, 'running');
    platform.clock.advance(minutes(3));
    await reconcileMachines(platform);
    expect(platform.liveMachines()).not.toContain(machine);
    const [repair] = platform.telemetry.events.filter(({ name }) => name === 'repair');
    expect(repair?.fields).toMatchObject({
      kind: 'machine-ended-again',
      installationId: acme,
      tier: 'small',
    });
  });

  it('have two minutes to end before they are ended again', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.machineEnds(machine!);
    platform.compute.setState(machine!, 'running');
    platform.clock.advance(minutes(2) - 1);
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toContain(machine);
    platform.clock.advance(1);
    await reconcileMachines(platform);
    expect(platform.liveMachines()).not.toContain(machine);
  });

  it('are ended if their launch is closed and their row is gone', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.stores.world.rows.runners.clear();
    platform.clock.advance(minutes(11));
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toEqual([]);
    expect(repairsOf(platform)).toMatchObject([{ reason: expect.stringContaining('has no record') }]);
  });

  it('keep running, and are not counted as a repair, if their launch cannot be read', async () => {
    const platform = await givenPlatform();
    const stray = await strayMachine(platform);
    platform.clock.advance(minutes(11));
    const throttled = new OperationalError('throttled', { code: 'Throttled', retryable: true });
    platform.stores.world.failNext('launches.get', throttled);
    await expect(reconcileMachines(platform)).rejects.toThrow('throttled');
    expect(platform.liveMachines()).toContain(stray);
  });

  it('are ended if their tags name no tenant', async () => {
    const platform = await givenPlatform();
    const stray = await strayMachine(platform);
    const { listMachines } = platform.compute;
    platform.compute.listMachines = async (page) => {
      const { machines } = await listMachines(page);
      return { machines: machines.map(({ installationId: _none, ...machine }) => machine) };
    };
    platform.clock.advance(minutes(11));
    await reconcileMachines(platform);
    expect(platform.liveMachines()).not.toContain(stray);
  });

  it('are not counted as a repair if EC2 no longer knows them', async () => {
    const platform = await givenPlatform();
    await strayMachine(platform);
    platform.clock.advance(minutes(11));
    platform.compute.terminate = async (instanceIds) => ({ accepted: [], unknown: [...instanceIds] });
    await reconcileMachines(platform);
    expect(platform.telemetry.total('Repairs')).toBe(0);
  });

  it('are found on later pages too', async () => {
    const platform = await givenPlatform();
    const strays = [await strayMachine(platform, 'one'), await strayMachine(platform, 'two')];
    platform.compute.dials.pageSize = 1;
    platform.clock.advance(minutes(11));
    await reconcileMachines(platform);
    for (const stray of strays) expect(platform.liveMachines()).not.toContain(stray);
  });
});

describe('a launch that a manual edit removed from all lists', () => {
  const unlist = ({ stores: { world } }: Platform) => {
    for (const { launchId } of world.allLaunches()) world.unlisted.add(launchId);
  };
  const relisted = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'launch-listed-again' });

  it('is listed again, so that the sweep ends its machine', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    unlist(platform);
    platform.clock.advance(minutes(11));
    await platform.sweep();
    expect(platform.liveMachines()).toHaveLength(1);
    await reconcileMachines(platform);
    await reconcileMachines(platform);
    expect(relisted(platform)).toBe(1);
    expect(repairsOf(platform)).toMatchObject([{ kind: 'launch-listed-again', installationId: acme }]);
    await platform.sweep();
    expect(platform.liveMachines()).toEqual([]);
    await expectBalanced(platform);
  });

  it('is resumed if it was still open', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(givenEvent());
    unlist(platform);
    platform.clock.advance(minutes(11));
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'intent' }]);
    await reconcileMachines(platform);
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'closed' }]);
    expect(relisted(platform)).toBe(1);
    await expectBalanced(platform);
  });

  it('keeps the lease of a machine that runs a long job in its count', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    await platform.confirm(machine!);
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine! }));
    unlist(platform);
    for (let visits = 0; visits < 30; visits += 1) {
      platform.clock.advance(minutes(5));
      await platform.reconcile();
    }
    expect(platform.liveMachines()).toEqual([machine]);
    expect(await platform.leases()).toBe(1);
    expect(platform.telemetry.total('Repairs', { kind: 'lease-count-corrected' })).toBe(0);
  });

  it('is not changed if it is listed, or if there are more launches than one run reads', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.clock.advance(minutes(11));
    await reconcileMachines(platform);
    unlist(platform);
    const [listed, census] = [undefined, undefined];
    await reconcileMachines(
      platform,
      Promise.resolve({ listed, census, runnersOf: new Map(), unreadable: [] }),
    );
    await reconcileMachines(platform, Promise.reject(new Error('throttled')));
    expect(relisted(platform)).toBe(0);
  });
});

describe('a launch whose row was deleted by hand while one of its machines runs', () => {
  it('is reported once the machine is older than the boot time, until the machine has ended', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    const { launchId } = platform.stores.world.runner(machine!)!;
    platform.stores.world.rows.launches.delete(launchId);
    platform.clock.advance(minutes(10) - 1);
    expect(await reconcileMachines(platform)).toEqual([]);
    platform.clock.advance(1);
    const message = `The launches row ${launchId} is gone, but its machine ${machine} is running; only its maximum lifetime ends it.`;
    const fault = { message, code: 'UnreadableRow', retryable: false };
    expect(await reconcileMachines(platform)).toMatchObject([fault]);
    expect(platform.liveMachines()).toEqual([machine]);
    await platform.machineEnds(machine!);
    expect(await reconcileMachines(platform)).toEqual([]);
    expect(platform.telemetry.total('Repairs')).toBe(0);
  });

  it('has its machine terminated at the end of its maximum lifetime', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    await platform.confirm(machine!);
    await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine! }));
    platform.stores.world.rows.launches.delete(platform.stores.world.runner(machine!)!.launchId);
    const { bootSeconds, idleSeconds, jobSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds + jobSeconds + 1_800) * 1000 - 1);
    expect(await reconcileMachines(platform)).toHaveLength(1);
    expect(platform.liveMachines()).toEqual([machine]);
    platform.clock.advance(1);
    expect(await reconcileMachines(platform)).toHaveLength(1);
    expect(platform.liveMachines()).toEqual([]);
    expect(platform.telemetry.total('Repairs', { kind: 'machine-without-launch-ended' })).toBe(1);
    expect(repairsOf(platform)).toMatchObject([{ reason: expect.stringContaining('the row of its launch') }]);
    await platform.machineEnds(machine!);
    expect(await reconcileMachines(platform)).toEqual([]);
    expect(await platform.leases()).toBe(0);
  });

  it('is not reported if its row puts it in a list that was read earlier', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.clock.advance(minutes(11));
    const open = { listed: new Set<string>(), census: undefined, runnersOf: new Map(), unreadable: [] };
    expect(await reconcileMachines(platform, Promise.resolve(open))).toEqual([]);
    expect(platform.telemetry.total('Repairs')).toBe(0);
  });
});

describe('machines with a row', () => {
  it('are left to the sweep, however overdue', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent({ jobId: JobId(7), installationId: InstallationId(101) }));
    expect(platform.stores.world.launch(LaunchId('stray'))).toBeUndefined();
    platform.clock.advance(minutes(600));
    await reconcileMachines(platform);
    expect(platform.liveMachines()).toHaveLength(1);
  });
});
