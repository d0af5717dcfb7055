/** Each machine that ended is on record once, with what it ran and what it cost, before its lease is free. */
import { describe, expect, it } from '@jest/globals';
import { endRunners } from '../../lib/app/ending/end-runners.ts';
import { type InstanceId, JobId } from '../../lib/core/ids.ts';
import type { MachineRates } from '../../lib/core/price.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { acme, givenEvent, givenTenant, givenTier, medium, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const records = (platform: Platform) => [...platform.stores.world.rows.usage.values()];
const event = (action: 'queued' | 'in_progress' | 'completed', job: number, machine?: InstanceId) =>
  givenEvent({
    action,
    jobId: JobId(job),
    runId: 1000 + job,
    workflow: 'build',
    delivery: `d-${job}-${action}`,
    runnerName: machine ?? null,
    conclusion: action === 'completed' ? 'success' : null,
  });

async function givenMachines(...jobs: number[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 3 })] });
  await platform.accept(...jobs.map((job) => event('queued', job)));
  const machines = platform.liveMachines();
  for (const machine of machines) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
  return { platform, machines };
}

const instanceEnded = (machine: InstanceId) => ({
  'detail-type': 'EC2 Instance State-change Notification',
  detail: { 'instance-id': machine, state: 'terminated' },
});

const unpriced = ({ telemetry }: Platform) =>
  telemetry.events.filter(({ name }) => name === 'machine-unpriced').map(({ fields }) => fields);

/** As the row of another version has them. */
function changeRates(
  { stores }: Platform,
  machine: InstanceId,
  change: (rates: MachineRates) => MachineRates | undefined,
): void {
  const { rates, ...runner } = stores.world.runner(machine)!;
  const changed = change(rates!);
  stores.world.rows.runners.set(machine, { ...runner, ...(changed ? { rates: changed } : {}) });
}

describe('the record of a machine', () => {
  it('has the job whose end was written while the machine’s end was handled', async () => {
    const { platform, machines } = await givenMachines(1);
    const { world } = platform.stores;
    platform.compute.setState(machines[0]!, 'terminated');
    // EC2 no longer shows the machine to whoever learns that its job is done.
    platform.compute.machines.get(machines[0]!)!.hidden = true;
    world.afterCall = async (call) => {
      if (call !== 'jobs.find') return;
      world.afterCall = undefined;
      await platform.follow(event('completed', 1, machines[0]));
    };
    await platform.follow(instanceEnded(machines[0]!));
    expect(records(platform)).toMatchObject([{ endReason: 'instance-ended', job: { jobId: 1 } }]);
  });

  it('has its tenant, tier, times, price and the job that it ran', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.clock.advance(600_000);
    await platform.follow(event('completed', 1, machines[0]));
    expect(records(platform)).toEqual([
      {
        ...{ installationId: acme, instanceId: machines[0], account: 'acme', tier: 'small' },
        ...{ instanceType: 't3.medium', spot: false, zone: 'us-east-1a', endReason: 'job-completed' },
        ...{ launchedAt: noon, startedAt: noon, endedAt: noon + 600_000, seconds: 600 },
        job: { jobId: 1, runId: 1001, repository: 'acme/app', workflow: 'build', conclusion: 'success' },
        rates: { list: '2026-07-20', compute: 41_600, surplus: 40_000, disk: 2_400_000, address: 5_000 },
        cost: { compute: 6_933, surplus: 6_667, disk: 548, address: 833 },
        unpriced: [],
      },
    ]);
  });

  it('begins with the start of its kernel, and never before EC2 was asked for the machine', async () => {
    const platform = await givenPlatform();
    await platform.accept(event('queued', 1));
    const machine = platform.liveMachines()[0]!;
    platform.clock.advance(45_000);
    await platform.claim(machine);
    // Its timings add up to 29.9 seconds.
    await platform.confirm(machine);
    platform.clock.advance(100_000);
    await platform.follow(event('completed', 1, machine));
    expect(records(platform)).toMatchObject([{ startedAt: noon + 15_100, seconds: 130 }]);
    const { platform: hasty, machines } = await givenMachines(1);
    await hasty.machineEnds(machines[0]!);
    expect(records(hasty)).toMatchObject([{ startedAt: noon }]);
  });

  it("has the operator's own rate at its launch, and the resulting amount", async () => {
    const tiers = { small: [{ from: '2026-01-01', minute: 10_000 }] };
    const ownRates = { tiers, roundSeconds: 60, freeMinutes: 0 };
    const platform = await givenPlatform({ deployment: { ownRates } });
    await platform.accept(event('queued', 1));
    platform.clock.advance(61_000);
    await platform.machineEnds(platform.liveMachines()[0]!);
    expect(records(platform)).toMatchObject([
      { rates: { own: { minute: 10_000 } }, charge: { seconds: 120, amount: 20_000 } },
    ]);
  });

  it('names the job that GitHub gave the machine, and not the one that was planned', async () => {
    const { platform, machines } = await givenMachines(1, 2);
    await platform.follow(event('in_progress', 2, machines[0]));
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toMatchObject([
      { instanceId: machines[0], job: { jobId: 2, workflow: 'build' } },
    ]);
  });

  it('names no job if the machine ran none', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toHaveLength(1);
    expect(records(platform)[0]).not.toHaveProperty('job');
  });

  it('gets its job and conclusion if EC2 reports the end before GitHub', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.follow(event('in_progress', 1, machines[0]));
    await platform.machineEnds(machines[0]!);
    expect(records(platform)[0]!.job).not.toHaveProperty('conclusion');
    await platform.follow(event('completed', 1, machines[0]));
    expect(records(platform)).toMatchObject([
      { endReason: 'instance-ended', job: { conclusion: 'success' } },
    ]);
  });

  it('gets its job if GitHub reports only its end and EC2 no longer knows the machine', async () => {
    const { platform, machines } = await givenMachines(1, 2);
    platform.compute.machines.get(machines[0]!)!.hidden = true;
    await platform.follow(event('completed', 2, machines[0]));
    await platform.follow(instanceEnded(machines[0]!));
    expect(records(platform)).toMatchObject([{ instanceId: machines[0], job: { jobId: 2 } }]);
  });

  it('gets its job if the start was written after the record', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.machineEnds(machines[0]!);
    await platform.follow(event('in_progress', 1, machines[0]));
    expect(records(platform)).toMatchObject([{ job: { jobId: 1, runId: 1001 } }]);
  });

  it('gets its job if the start is written between the record and the close of the row', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.stores.world.afterCall = async (call) => {
      if (call !== 'usage.record') return;
      platform.stores.world.afterCall = undefined;
      await platform.follow(event('in_progress', 1, machines[0]));
    };
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toMatchObject([{ job: { jobId: 1 } }]);
  });

  it('names the job that it ran, though the row of that job is gone', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.follow(event('in_progress', 7, machines[0]));
    platform.stores.world.rows.jobs.delete(`${acme}/7`);
    await platform.machineEnds(machines[0]!);
    expect(records(platform)[0]!.job).toEqual({ jobId: 7 });
  });

  it('gets its job if another function ended the machine at the same moment and EC2 does not know it', async () => {
    const { platform, machines } = await givenMachines(1);
    const [runner] = platform.stores.world.allRunners();
    await platform.machineEnds(machines[0]!);
    platform.compute.machines.get(machines[0]!)!.hidden = true;
    const ranJob = { jobId: JobId(7), conclusion: 'success' };
    const ending = {
      runner: runner!,
      reason: 'job-completed',
      proven: false,
      doneJob: JobId(7),
      ranJob,
    } as const;
    expect(await endRunners(platform, [ending])).toEqual(machines);
    expect(records(platform)).toMatchObject([{ endReason: 'instance-ended', job: ranJob }]);
  });

  it('exists before the lease is free, and stays as it was first written', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.stores.world.failNext('runners.end', 'after');
    platform.stores.world.failNext('usage.record', 'after');
    expect(await platform.follow(event('completed', 1, machines[0]))).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
    const first = records(platform);
    platform.clock.advance(300_000);
    await platform.follow(event('completed', 1, machines[0]));
    expect(await platform.leases()).toBe(0);
    expect(records(platform)).toEqual(first);
  });

  it('leaves the lease where it is, if the record cannot be written', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.stores.world.failNext('usage.record', new Error('no'));
    await platform.follow(event('completed', 1, machines[0])).catch(() => undefined);
    expect(await platform.leases()).toBe(1);
  });

  it('is unpriced, and the machine runs, if its tier was removed or its type has no listed price', async () => {
    const tiers = [givenTier({ instanceTypes: ['m5.metal'] })];
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(event('queued', 1));
    await platform.machineEnds(platform.liveMachines()[0]!);
    expect(records(platform)).toMatchObject([{ unpriced: ['compute'], cost: { disk: 55, address: 83 } }]);
  });

  it('raises an alarm, once and with its type, for a machine without a price, and none for one that has it', async () => {
    const tiers = [givenTier(), givenTier({ name: medium, instanceTypes: ['m5.metal'] })];
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(event('queued', 1));
    await platform.machineEnds(platform.liveMachines()[0]!);
    expect(unpriced(platform)).toEqual([]);
    await platform.accept({ ...event('queued', 2), tier: medium });
    const [machine] = platform.liveMachines();
    await platform.machineEnds(machine!);
    expect(unpriced(platform)).toEqual([{ instanceTypes: ['m5.metal'], instanceIds: [machine] }]);
    expect(platform.telemetry.total('MachinesUnpriced')).toBe(1);
  });

  it('raises the alarm for a machine whose disk has no price', async () => {
    const { platform, machines } = await givenMachines(1);
    changeRates(platform, machines[0]!, ({ disk: _, ...rates }) => rates);
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toMatchObject([{ unpriced: ['disk'] }]);
    expect(platform.telemetry.total('MachinesUnpriced')).toBe(1);
  });
});

describe('the record of a spot machine', () => {
  const givenSpot = async (price?: number) => {
    const platform = await givenPlatform({ deployment: { tiers: [givenTier({ spot: true })] } });
    if (price !== undefined) platform.spotPrices.pools.set('t3.medium:us-east-1a', price);
    await platform.accept(event('queued', 1));
    return { platform, machine: platform.liveMachines()[0]! };
  };

  it('has the price of its pool at its launch, whatever becomes of it later', async () => {
    const { platform, machine } = await givenSpot(12_000);
    platform.spotPrices.pools.set('t3.medium:us-east-1a', 24_000);
    platform.clock.advance(3_600_000);
    await platform.machineEnds(machine);
    expect(records(platform)).toMatchObject([
      { zone: 'us-east-1a', rates: { compute: 12_000 }, cost: { compute: 12_000 }, unpriced: [] },
    ]);
  });

  it('is unpriced if the price is unknown, even if that of another zone is known', async () => {
    const { platform, machine } = await givenSpot();
    platform.spotPrices.pools.set('t3.medium:us-east-1b', 12_000);
    await platform.machineEnds(machine);
    expect(records(platform)).toMatchObject([{ unpriced: ['compute'] }]);
    expect(platform.telemetry.total('MachinesUnpriced')).toBe(1);
  });

  it('has the price at its end if none was known at its launch, and a machine beside it keeps its own', async () => {
    const tiers = [givenTier({ spot: true }), givenTier({ name: medium })];
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(event('queued', 1), { ...event('queued', 2), tier: medium });
    platform.spotPrices.pools.set('t3.medium:us-east-1a', 12_000);
    platform.clock.advance(3_600_000);
    await platform.follow(...platform.liveMachines().map(instanceEnded));
    const list = '2026-07-20';
    expect(records(platform).toSorted((one) => (one.spot ? -1 : 1))).toMatchObject([
      { spot: true, rates: { list, compute: 12_000 }, cost: { compute: 12_000 }, unpriced: [] },
      { spot: false, rates: { list, compute: 41_600 } },
    ]);
  });

  it('stays without a price if its row, of another version, has no zone or no rates', async () => {
    const { platform, machine } = await givenSpot();
    await platform.accept(event('queued', 2));
    const other = platform.liveMachines()[1]!;
    const { zone: _, ...zoneless } = platform.stores.world.runner(machine)!;
    platform.stores.world.rows.runners.set(machine, zoneless);
    changeRates(platform, other, () => undefined);
    for (const zone of ['us-east-1a', 'undefined'])
      platform.spotPrices.pools.set(`t3.medium:${zone}`, 12_000);
    await platform.follow(instanceEnded(machine), instanceEnded(other));
    expect(records(platform)).toHaveLength(2);
    expect(records(platform).filter(({ rates }) => rates.compute !== undefined)).toEqual([]);
  });

  it('is made without asking EC2 if its job is done, or if it is no spot machine', async () => {
    const tiers = [givenTier({ spot: true }), givenTier({ name: medium })];
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(event('queued', 1), { ...event('queued', 2), tier: medium });
    const runners = platform.stores.world.allRunners();
    const { instanceId: spot } = runners.find((runner) => runner.spot)!;
    const { instanceId: other } = runners.find((runner) => !runner.spot)!;
    for (const machine of [spot, other]) platform.compute.machines.get(machine)!.console = 'booting';
    platform.compute.describe = () => Promise.reject(new Error('was asked'));
    expect(await platform.follow(event('completed', 1, spot), instanceEnded(other))).toEqual([]);
    expect(records(platform)).toHaveLength(2);
  });

  it.each([
    ['costs nothing where EC2 took it in its first hour', { minutes: 59, takenBack: true, compute: 0 }],
    ['costs its time where EC2 took it later', { minutes: 60, takenBack: true, compute: 12_000 }],
    ['costs its time where it ended itself', { minutes: 30, takenBack: false, compute: 6_000 }],
  ])('%s', async (_, { minutes, takenBack, compute }) => {
    const { platform, machine } = await givenSpot(12_000);
    platform.compute.machines.get(machine)!.takenBack = takenBack;
    platform.clock.advance(minutes * 60_000);
    await platform.follow(instanceEnded(machine));
    expect(records(platform)).toMatchObject([{ cost: { compute } }]);
  });

  it.each([
    ['costs nothing where the notice comes when EC2 has taken it', true, 0],
    ['costs its time where we end it on the notice', false, 6_000],
  ])('%s', async (_, isTaken, compute) => {
    const { platform, machine } = await givenSpot(12_000);
    platform.clock.advance(30 * 60_000);
    Object.assign(platform.compute.machines.get(machine)!, {
      takenBack: isTaken,
      ...(isTaken ? { state: 'terminated' } : {}),
    });
    await platform.follow({
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      detail: { 'instance-id': machine, 'instance-action': 'terminate' },
    });
    expect(records(platform)).toMatchObject([{ cost: { compute } }]);
  });

  it('costs nothing where EC2 took it, and first describes it as it was before', async () => {
    const { platform, machine } = await givenSpot(12_000);
    platform.clock.advance(30 * 60_000);
    Object.assign(platform.compute.machines.get(machine)!, { takenBack: true, state: 'terminated' });
    const { describe } = platform.compute;
    let calls = 0;
    platform.compute.describe = async (ids) => {
      calls += 1;
      return calls > 1 ? describe(ids) : ids.map((instanceId) => ({ instanceId, state: 'running' }));
    };
    await platform.follow(instanceEnded(machine));
    expect(records(platform)).toMatchObject([{ cost: { compute: 0 } }]);
    expect(calls).toBe(2);
  });

  it('costs nothing where EC2 took it, though EC2 cannot be asked again about another one', async () => {
    const { platform, machine } = await givenSpot(12_000);
    await platform.accept(event('queued', 2));
    const other = platform.liveMachines().find((one) => one !== machine)!;
    platform.clock.advance(30 * 60_000);
    Object.assign(platform.compute.machines.get(machine)!, { takenBack: true, state: 'terminated' });
    const { describe } = platform.compute;
    platform.compute.describe = async (ids) => {
      if (!ids.includes(machine)) throw new OperationalError('', { code: 'Throttling', retryable: true });
      return describe(ids);
    };
    await platform.follow(instanceEnded(machine), instanceEnded(other));
    const costs = records(platform).map(({ instanceId, cost }) => [instanceId, cost.compute]);
    expect(costs.toSorted()).toEqual(
      [
        [machine, 0],
        [other, 6_000],
      ].toSorted(),
    );
  });

  it('costs its time if EC2 still describes it as it was before, and its lease is freed', async () => {
    const { platform, machine } = await givenSpot(12_000);
    platform.clock.advance(30 * 60_000);
    Object.assign(platform.compute.machines.get(machine)!, { takenBack: true, state: 'terminated' });
    platform.compute.describe = async (ids) => ids.map((instanceId) => ({ instanceId, state: 'running' }));
    await platform.follow(instanceEnded(machine));
    expect(records(platform)).toMatchObject([{ cost: { compute: 6_000 } }]);
    expect(await platform.leases()).toBe(0);
  });

  it('costs its time, and its lease is freed, if EC2 cannot be asked how it ended', async () => {
    const { platform, machine } = await givenSpot(12_000);
    Object.assign(platform.compute.machines.get(machine)!, { takenBack: true });
    // The first is for its console.
    platform.compute.dials.failCalls = 2;
    platform.clock.advance(30 * 60_000);
    await platform.follow(instanceEnded(machine));
    expect(records(platform)).toMatchObject([{ cost: { compute: 6_000 } }]);
    expect(await platform.leases()).toBe(0);
  });
});
