/** A job's row broken by manual edits stops no other job, machine or tenant. */
import { describe, expect, it } from '@jest/globals';
import type { InstanceId } from '../../lib/core/ids.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenTenant } from '../support/given.ts';
import { expectBalanced, givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';
import {
  corruptMachine,
  failedSweep,
  globex,
  machinesOf,
  ofAcme,
  ofGlobex,
  sweepFaults,
  tenants,
} from '../support/unreadable-rows.ts';

describe("a job's row broken by a manual edit", () => {
  const corruptJob = ({ stores }: Platform, jobId: number) =>
    stores.world.unreadable.add(unreadableName('jobs', `${acme}/${jobId}`));

  it("delays none of its tenant's other jobs while it waits, and is named each minute", async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.accept(ofAcme(1), ofAcme(2), ofAcme(3));
    corruptJob(platform, 2);
    const [machine] = platform.liveMachines();
    await platform.machineEnds(machine!);
    await platform.follow({ ...ofAcme(1), action: 'completed', conclusion: 'success' });
    await platform.deliverPokes();
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(sweepFaults(platform)).toEqual([expect.stringMatching(/In the jobs row 101.2,/)]);
    expect(await platform.accept(ofAcme(4))).toEqual([]);
  });

  it('gets a machine for the job once somebody has corrected it', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.accept(ofAcme(1), ofAcme(2), ofAcme(3));
    corruptJob(platform, 2);
    await platform.follow({ ...ofAcme(1), action: 'completed', conclusion: 'success' });
    await platform.machineEnds(platform.liveMachines()[0]!);
    platform.stores.world.unreadable.clear();
    await platform.sweep();
    await platform.deliverPokes();
    expect(await platform.job(2)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it("keeps its own machine's lease, and lets its tenant's machines end that are reported with it", async () => {
    const platform = await givenPlatform({ tenants });
    await platform.accept(ofAcme(1), ofAcme(2));
    corruptJob(platform, 1);
    const [broken, sound] = machinesOf(platform, acme);
    for (const machine of [broken!, sound!]) platform.compute.setState(machine, 'terminated');
    const ended = [broken!, sound!].map((instanceId) => instanceEvent(instanceId, 'terminated'));
    expect(await platform.follow(...ended)).toHaveLength(2);
    expect(machinesOf(platform, acme)).toEqual([broken]);
    expect(await platform.leases(acme)).toBe(1);
    platform.stores.world.unreadable.clear();
    expect(await platform.follow(...ended)).toEqual([]);
    await expectBalanced(platform);
  });

  it("measures another tenant's start of the same batch once, as its own", async () => {
    const platform = await givenPlatform({ tenants });
    await platform.accept(ofAcme(1));
    await platform.accept(ofGlobex(2));
    const [machine] = machinesOf(platform, acme);
    const [sound] = machinesOf(platform, globex);
    await platform.follow({ ...ofAcme(1), action: 'completed', conclusion: 'cancelled' });
    platform.stores.world.unreadable.add(unreadableName('jobs', `${acme}/1`));
    const starts = (event: ReturnType<typeof ofAcme>, runnerName: InstanceId) => ({
      ...{ ...event, action: 'in_progress', runnerName },
    });
    // A job without a machine of its own takes the one that was meant for the unreadable job.
    const failed = await platform.follow(starts(ofAcme(3), machine!), starts(ofGlobex(2), sound!));
    expect(failed).toHaveLength(1);
    const started = platform.telemetry.events.filter(({ name }) => name === 'job-started');
    expect(started.map(({ fields }) => fields['jobId']).toSorted()).toEqual([2, 3]);
  });

  it("does not stop the end of another tenant's machine that was reported in the same batch", async () => {
    const platform = await givenPlatform({ tenants });
    await platform.accept(ofAcme(1));
    await platform.accept(ofGlobex(2));
    const [unreadable] = machinesOf(platform, acme);
    const [sound] = machinesOf(platform, globex);
    platform.stores.world.unreadable.add(unreadableName('jobs', `${acme}/1`));
    const ended = (instanceId: InstanceId) => instanceEvent(instanceId, 'terminated');
    for (const machine of [unreadable!, sound!]) platform.compute.setState(machine, 'terminated');
    const failed = await platform.follow(ended(unreadable!), ended(sound!));
    expect(failed).toHaveLength(1);
    expect(await platform.leases(globex)).toBe(0);
    expect(platform.stores.world.runner(sound!)).toMatchObject({ state: 'ended' });
    platform.stores.world.unreadable.clear();
    expect(await platform.follow(ended(unreadable!))).toEqual([]);
    await expectBalanced(platform);
  });
});

it("does not stop the end of another tenant's machine if a bug fails on a time that no date has", async () => {
  const platform = await givenPlatform({ tenants });
  await platform.accept(ofAcme(1));
  await platform.accept(ofGlobex(2));
  const [odd] = machinesOf(platform, acme);
  const [sound] = machinesOf(platform, globex);
  const { runners } = platform.stores.world.rows;
  runners.set(odd!, { ...runners.get(odd!)!, launchedAt: -1e30 });
  for (const machine of [odd!, sound!]) platform.compute.setState(machine, 'terminated');
  const ends = [odd!, sound!].map((instanceId) => instanceEvent(instanceId, 'terminated'));
  expect(await platform.follow(...ends)).toHaveLength(1);
  expect(machinesOf(platform, globex)).toEqual([]);
  expect(await platform.leases(globex)).toBe(0);
});

it('names ten of many broken rows, and how many more there are', async () => {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 20 })] });
  await platform.accept(...Array.from({ length: 12 }, (_, n) => ofAcme(n + 1)));
  for (const machine of machinesOf(platform, acme)) corruptMachine(platform, machine);
  await expect(platform.sweep()).rejects.toThrow(failedSweep);
  expect(sweepFaults(platform)).toHaveLength(11);
  expect(sweepFaults(platform).at(-1)).toContain('2 more rows cannot be read.');
});
