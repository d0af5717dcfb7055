/** Ends that nobody reported, in a deployment with more machines than one run asks EC2 about; and runs that die or meet. */
import { describe, expect, it } from '@jest/globals';
import { absentNote, reportAbsent } from '../../lib/app/reconciler/report-absent.ts';
import { InstanceId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenLaunch, givenRunner } from '../contracts/support/stored.ts';
import { acme, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';
import { minutes } from '../support/swept.ts';

const idOf = (launch: number, n: number) => InstanceId(`i-${launch}-${n}`);

/** Launches of so many machines each, an hour old, whose jobs take hours. */
async function givenMachines(launches: number, machinesEach = 1): Promise<Platform> {
  const platform = await givenPlatform();
  const { launches: stored, runners } = platform.stores.world.rows;
  for (let number = 0; number < launches; number += 1) {
    const launchId = LaunchId(`launch-${number}`);
    const lookAt = noon + minutes(300) + number;
    const leases = Array.from({ length: machinesEach }, (_, n) => leaseOf(launchId, n));
    const instances = new Map(leases.map((lease, n) => [lease, idOf(number, n)]));
    stored.set(launchId, givenLaunch([], { launchId, state: 'closed', instances, lookAt }));
    for (const [lease, instanceId] of instances) {
      runners.set(
        instanceId,
        givenRunner({ instanceId, launchId, lease, state: 'listening', deadline: lookAt }),
      );
      platform.compute.machines.set(instanceId, runningMachine(instanceId));
    }
  }
  platform.clock.advance(minutes(70));
  return platform;
}

const runningMachine = (instanceId: InstanceId) => ({
  ...{ instanceId, instanceType: 't3.medium', spot: false, state: 'running', hidden: false },
  ...{ launchedAt: noon, console: '', tags: new Map([[tagKeys.environment, 'test']]) },
});

/** As if a run asked about no more than so many launches. */
function limitPages({ launches }: Platform, limit: number): void {
  const page = launches.pageAcrossTenants;
  launches.pageAcrossTenants = ({ from }, skipped) => page({ from, limit }, skipped);
}

async function run(platform: Platform): Promise<void> {
  platform.clock.advance(minutes(5));
  await reportAbsent(platform);
}

const reported = ({ queues }: Platform) =>
  queues.lifecycle.map((message) => (message as { instanceId?: InstanceId }).instanceId);

describe('an end that nobody reported', () => {
  it.each([0, 1, 4, 8, 9])('is found in a deployment of many pages, in launch %i', async (launch) => {
    const platform = await givenMachines(10);
    limitPages(platform, 3);
    platform.compute.setState(idOf(launch, 0), 'terminated');
    // Each page begins with the last launch of the one before: five pages, and the run after the one that missed it.
    for (let runs = 1; runs <= 6; runs += 1) await run(platform);
    expect(new Set(reported(platform))).toEqual(new Set([idOf(launch, 0)]));
  });

  it('is found among 10,080 machines, of which one run asks about at most 10,000', async () => {
    const platform = await givenMachines(105, 96);
    const { describe: ask } = platform.compute;
    const asked: number[] = [];
    platform.compute.describe = (ids) => {
      asked.push(ids.length);
      return ask(ids);
    };
    platform.compute.setState(idOf(104, 95), 'terminated');
    for (let runs = 1; runs <= 3; runs += 1) await run(platform);
    expect(reported(platform)).toEqual([idOf(104, 95)]);
    expect(Math.max(...asked)).toBeLessThanOrEqual(10_000);
  }, 30_000);

  it('is found in every page while earlier machines end and their launches go', async () => {
    const platform = await givenMachines(10);
    limitPages(platform, 3);
    for (let launch = 0; launch < 9; launch += 1) {
      await run(platform);
      platform.stores.world.rows.launches.delete(LaunchId(`launch-${launch}`));
    }
    platform.compute.setState(idOf(9, 0), 'terminated');
    for (let runs = 1; runs <= 2; runs += 1) await run(platform);
    expect(reported(platform)).toEqual([idOf(9, 0)]);
  });

  it('does not stop at more launches with the same time than a page has', async () => {
    const platform = await givenMachines(6);
    const { launches } = platform.stores.world.rows;
    for (const [id, launch] of launches) if (id !== 'launch-5') launches.set(id, { ...launch, lookAt: noon });
    limitPages(platform, 2);
    platform.compute.setState(idOf(5, 0), 'terminated');
    for (let runs = 1; runs <= 4; runs += 1) await run(platform);
    expect(reported(platform)).toEqual([idOf(5, 0)]);
  });
});

describe('a run of the reconciler', () => {
  async function givenMissing() {
    const platform = await givenMachines(2);
    platform.compute.setState(idOf(1, 0), 'terminated');
    await run(platform);
    return platform;
  }
  const failure = new OperationalError('It died here.', { code: 'Died', retryable: true });
  const throws = async () => {
    throw failure;
  };

  it.each([
    ['reads its note', (platform: Platform) => [platform.notes, 'read'] as const],
    ['reads its page', (platform: Platform) => [platform.launches, 'pageAcrossTenants'] as const],
    ['reads the rows', (platform: Platform) => [platform.runners, 'findAcrossTenants'] as const],
    ['asks EC2', (platform: Platform) => [platform.compute, 'describe'] as const],
    ['writes its note', (platform: Platform) => [platform.notes, 'writeIf'] as const],
    ['reports', (platform: Platform) => [platform.queues, 'sendToLifecycle'] as const],
  ])('that dies as it %s leaves the report to the next one', async (_, place) => {
    const platform = await givenMissing();
    const [port, method] = place(platform) as unknown as [Record<string, unknown>, string];
    const before = port[method];
    port[method] = throws;
    await expect(run(platform)).rejects.toThrow(failure);
    port[method] = before;
    await run(platform);
    expect(reported(platform)).toEqual([idOf(1, 0)]);
  });

  it('reports once if a second run works at the same time, or soon after', async () => {
    const platform = await givenMissing();
    platform.clock.advance(minutes(5));
    await Promise.all([reportAbsent(platform), reportAbsent(platform)]);
    platform.clock.advance(minutes(1));
    await reportAbsent(platform);
    expect(reported(platform)).toEqual([idOf(1, 0)]);
  });

  it('reports those that are missing for longest first, 200 in a run, and remembers 1,000', async () => {
    const platform = await givenMachines(13, 96);
    for (const machine of platform.compute.machines.values()) machine.state = 'terminated';
    for (let runs = 1; runs <= 6; runs += 1) {
      await run(platform);
      const note = (await platform.notes.read([absentNote], platform.clock.now())).get(absentNote);
      expect(Object.keys(note?.value['since'] as object)).toHaveLength(1_000);
      expect(new Set(reported(platform)).size).toBe((runs - 1) * 200);
    }
    expect(reported(platform)).toHaveLength(1_000);
  });

  it('reports none whose row has ended meanwhile', async () => {
    const platform = await givenMissing();
    const { runners } = platform.stores.world.rows;
    runners.set(idOf(1, 0), { ...runners.get(idOf(1, 0))!, state: 'ended', endedAt: platform.clock.now() });
    for (let runs = 1; runs <= 2; runs += 1) await run(platform);
    expect(reported(platform)).toEqual([]);
  });

  it('reports again while the row stays open', async () => {
    const platform = await givenMissing();
    for (let runs = 1; runs <= 2; runs += 1) await run(platform);
    expect(reported(platform)).toEqual([idOf(1, 0), idOf(1, 0)]);
  });

  it.each([
    { [idOf(1, 0)]: noon },
    { from: 'here', since: {} },
    { from: 0, since: [noon] },
    { from: 1e300, since: {} },
  ])('begins again at a note that it cannot use: %j', async (value) => {
    const platform = await givenMachines(2);
    const expiresAt = noon + minutes(600);
    await platform.notes.write(absentNote, { value, expiresAt });
    platform.compute.setState(idOf(1, 0), 'terminated');
    for (let runs = 1; runs <= 3; runs += 1) await run(platform);
    expect(reported(platform)[0]).toBe(idOf(1, 0));
  });

  it('writes nothing while no machine is missing, and one page has them all', async () => {
    const platform = await givenMachines(2);
    await run(platform);
    expect((await platform.notes.read([absentNote], platform.clock.now())).size).toBe(0);
    expect(await platform.leases(acme)).toBe(0);
  });
});
