/** Each machine that ended is on record once, with what it ran and what it cost, before its lease is free. */
import { describe, expect, it } from '@jest/globals';
import { type InstanceId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
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

describe('the record of a machine', () => {
  it('has its tenant, tier, times, price and the job that it ran', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.clock.advance(600_000);
    await platform.follow(event('completed', 1, machines[0]));
    expect(records(platform)).toEqual([
      {
        ...{ installationId: acme, instanceId: machines[0], account: 'acme', tier: 'small' },
        ...{ instanceType: 't3.medium', spot: false, endReason: 'job-completed' },
        ...{ launchedAt: noon, startedAt: noon, endedAt: noon + 600_000, seconds: 600 },
        job: { jobId: 1, runId: 1001, repository: 'acme/app', workflow: 'build', conclusion: 'success' },
        rates: { list: '2026-07-20', compute: 41_600, surplus: 40_000, disk: 2_400_000, address: 5_000 },
        cost: { compute: 6_933, surplus: 6_667, disk: 548, address: 833 },
        unpriced: [],
      },
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

  it('names no job where the machine ran none', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toHaveLength(1);
    expect(records(platform)[0]).not.toHaveProperty('job');
  });

  it('gets its job and conclusion where EC2 tells of the end before GitHub', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.follow(event('in_progress', 1, machines[0]));
    await platform.machineEnds(machines[0]!);
    expect(records(platform)[0]!.job).not.toHaveProperty('conclusion');
    await platform.follow(event('completed', 1, machines[0]));
    expect(records(platform)).toMatchObject([
      { endReason: 'instance-ended', job: { conclusion: 'success' } },
    ]);
  });

  it('gets its job where GitHub tells of nothing but its end, and EC2 does not know the machine any more', async () => {
    const { platform, machines } = await givenMachines(1, 2);
    platform.compute.machines.get(machines[0]!)!.hidden = true;
    await platform.follow(event('completed', 2, machines[0]));
    await platform.follow(instanceEnded(machines[0]!));
    expect(records(platform)).toMatchObject([{ instanceId: machines[0], job: { jobId: 2 } }]);
  });

  it('gets its job where the start was written after the record', async () => {
    const { platform, machines } = await givenMachines(1);
    await platform.machineEnds(machines[0]!);
    await platform.follow(event('in_progress', 1, machines[0]));
    expect(records(platform)).toMatchObject([{ job: { jobId: 1, runId: 1001 } }]);
  });

  it('gets its job where the start is written between the record and the close of the row', async () => {
    const { platform, machines } = await givenMachines(1);
    platform.stores.world.afterCall = async (call) => {
      if (call !== 'usage.record') return;
      platform.stores.world.afterCall = undefined;
      await platform.follow(event('in_progress', 1, machines[0]));
    };
    await platform.machineEnds(machines[0]!);
    expect(records(platform)).toMatchObject([{ job: { jobId: 1 } }]);
  });

  it('is there before the lease is free, and stays as it was first written', async () => {
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

  it('is unpriced, and the machine runs, where the tier has gone or nobody lists its type', async () => {
    const tiers = [givenTier({ instanceTypes: ['m5.metal'] })];
    const platform = await givenPlatform({ deployment: { tiers } });
    await platform.accept(event('queued', 1));
    await platform.machineEnds(platform.liveMachines()[0]!);
    expect(records(platform)).toMatchObject([{ unpriced: ['compute'], cost: { disk: 55, address: 83 } }]);
  });
});
