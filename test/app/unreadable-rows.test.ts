/** A row of a launch or a machine broken by manual edits stops no other tenant, ends no machine, and lowers no count. */
import { describe, expect, it } from '@jest/globals';
import { reconcileMachines } from '../../lib/app/reconciler/reconcile-machines.ts';
import type { InstanceId } from '../../lib/core/ids.ts';
import type { MemoryRegistration } from '../fakes/github.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenTenant, givenTier, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';
import {
  corruptLaunchOf,
  corruptMachine,
  failedSweep,
  givenBoth,
  globex,
  machinesOf,
  minutes,
  ofAcme,
  ofGlobex,
  sweepFaults,
  tenants,
} from '../support/unreadable-rows.ts';

const rows = [
  { row: 'machine', corrupt: corruptMachine, named: /In the runners row i-/, outlives: true },
  { row: 'launch', corrupt: corruptLaunchOf, named: /In the launches row /, outlives: false },
];

describe.each(rows)("a $row's row broken by a manual edit", ({ corrupt, named, outlives }) => {
  it("leaves the other tenant's overdue machine to the sweep, which names the row each minute", async () => {
    const { platform, unreadable, sound } = await givenBoth(corrupt);
    platform.clock.advance(minutes(11));
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(platform.liveMachines()).not.toContain(sound);
    expect(platform.liveMachines().includes(unreadable)).toBe(outlives);
    expect(sweepFaults(platform)).toEqual([expect.stringMatching(named)]);
    expect(platform.telemetry.total('SweepFailures')).toBe(1);
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(sweepFaults(platform)).toHaveLength(2);
  });

  it("leaves the other tenant's open launch to the sweep", async () => {
    const { platform } = await givenBoth(corrupt);
    platform.compute.dials.loseRequests = 2;
    await platform.accept(ofGlobex(3));
    expect(platform.liveMachines()).toHaveLength(2);
    platform.clock.advance(minutes(1) + 1000);
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(platform.liveMachines()).toHaveLength(3);
  });

  it("keeps its own tenant's count as it is, and lets the other's be corrected", async () => {
    const { platform, sound } = await givenBoth(corrupt);
    await platform.claim(sound);
    await platform.confirm(sound);
    platform.stores.world.editTenant(globex, { leases: 0, tierLeases: new Map([[small, 0]]) });
    for (let n = 0; n < 15; n += 1) {
      await platform.reconcile().catch(() => undefined);
      platform.clock.advance(minutes(5));
    }
    expect(await platform.leases(globex)).toBe(1);
    expect(await platform.leases(acme)).toBe(1);
  });

  it('leaves the counts of caps over all tenants unchanged, and free leases to the others', async () => {
    const tiers = [givenTier({ maxRunners: 9, capOverAllTenants: 3 })];
    const { platform } = await givenBoth(corrupt, { deployment: { tiers } });
    const { capRows } = platform.stores.world.rows;
    for (let n = 0; n < 15; n += 1) {
      await platform.reconcile().catch(() => undefined);
      platform.clock.advance(minutes(5));
    }
    expect([...capRows.values()].map(({ leases }) => leases)).toEqual([2]);
    await platform.accept(ofGlobex(3), ofGlobex(4));
    expect(machinesOf(platform, globex)).toHaveLength(2);
  });

  it('is handled as usual once somebody has corrected it', async () => {
    const { platform, unreadable } = await givenBoth(corrupt);
    platform.clock.advance(minutes(11));
    await platform.sweep().catch(() => undefined);
    platform.stores.world.unreadable.clear();
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(platform.liveMachines()).not.toContain(unreadable);
    await expectBalanced(platform);
  });
});

describe('machines of a launch whose row was broken by a manual edit', () => {
  const sweepOn = async (platform: Platform, after: number) => {
    platform.clock.advance(after);
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
  };

  it('end at their own deadlines, and give their leases back', async () => {
    const { platform, unreadable } = await givenBoth(corruptLaunchOf);
    await platform.claim(unreadable);
    await platform.confirm(unreadable);
    await platform.follow({ ...ofAcme(1), action: 'in_progress', runnerName: unreadable });
    await sweepOn(platform, minutes(11));
    expect(platform.liveMachines()).toEqual([unreadable]);
    await sweepOn(platform, platform.deployment.limits.jobSeconds * 1000 - minutes(12));
    expect(platform.liveMachines()).toEqual([unreadable]);
    await sweepOn(platform, minutes(2));
    expect(platform.liveMachines()).toEqual([]);
    expect(platform.stores.world.runner(unreadable)).toMatchObject({ endReason: 'job-time-limit' });
    expect(await platform.leases(acme)).toBe(0);
    platform.stores.world.unreadable.clear();
    platform.clock.advance(minutes(1));
    await platform.sweep();
    expect(platform.stores.world.allLaunches().map(({ lookAt }) => lookAt)).toEqual([undefined, undefined]);
  });

  it('are all handled within two minutes if twenty-five rows are broken', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 30 })] });
    for (let job = 1; job <= 25; job += 1) await platform.accept(ofAcme(job));
    for (const machine of machinesOf(platform, acme)) corruptLaunchOf(platform, machine);
    expect(platform.liveMachines()).toHaveLength(25);
    await sweepOn(platform, minutes(11));
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await sweepOn(platform, minutes(1));
    expect(platform.liveMachines()).toEqual([]);
    expect(await platform.leases(acme)).toBe(0);
  });

  it('are searched again a minute later if EC2 does not answer, and the other machines end meanwhile', async () => {
    const { platform, unreadable } = await givenBoth(corruptLaunchOf);
    const { findByLaunch } = platform.compute;
    platform.compute.findByLaunch = () => Promise.reject(new Error('EC2 is away.'));
    await sweepOn(platform, minutes(11));
    expect(platform.liveMachines()).toEqual([unreadable]);
    platform.compute.findByLaunch = findByLaunch;
    await sweepOn(platform, minutes(1));
    expect(platform.liveMachines()).toEqual([]);
  });

  it('do not stop the end of a machine that took the job of one of them', async () => {
    const platform = await givenPlatform({ tenants });
    await platform.accept(ofAcme(1));
    await platform.accept(ofAcme(2));
    const [one, two] = machinesOf(platform, acme);
    await platform.claim(one!);
    await platform.confirm(one!);
    await platform.follow({ ...ofAcme(2), action: 'in_progress', runnerName: one! });
    corruptLaunchOf(platform, two!);
    platform.compute.setState(one!, 'terminated');
    expect(await platform.follow(instanceEvent(one!, 'terminated'))).toEqual([]);
    expect(platform.stores.world.runner(one!)).toMatchObject({ state: 'ended' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });
});

describe('an open launch whose row was broken by a manual edit', () => {
  it('keeps its machine, and lets other tenants’ unrecorded machines be ended', async () => {
    const platform = await givenPlatform({ tenants });
    await platform.acceptUnheard(ofAcme(1));
    const [unreadable] = platform.liveMachines();
    await platform.accept(ofGlobex(2));
    const like = platform.compute.requests.at(-1)!;
    const stray = await platform.compute.launch(
      JSON.parse(JSON.stringify(like).replaceAll(like.ClientToken, 'stray')) as typeof like,
    );
    const launch = [...platform.stores.world.rows.launches.values()].find(
      ({ installationId }) => installationId === acme,
    );
    platform.stores.world.unreadable.add(unreadableName('launches', launch!.launchId));
    platform.clock.advance(minutes(11));
    expect(await reconcileMachines(platform)).toMatchObject([{ code: 'UnreadableRow' }]);
    expect(stray).toMatchObject({ kind: 'answered' });
    expect(platform.liveMachines()).toHaveLength(2);
    expect(platform.liveMachines()).toContain(unreadable);
  });
});

describe('a machine whose row was broken by a manual edit', () => {
  it('is not ended as one without a record: it may run a job', async () => {
    const { platform, unreadable } = await givenBoth(corruptMachine);
    platform.clock.advance(minutes(30));
    expect(await reconcileMachines(platform)).toMatchObject([{ code: 'UnreadableRow' }]);
    expect(platform.liveMachines()).toContain(unreadable);
    expect(platform.telemetry.total('Repairs', { kind: 'machine-without-record-ended' })).toBe(0);
  });

  it('fails only the messages about it', async () => {
    const { platform, unreadable, sound } = await givenBoth(corruptMachine);
    const done = (event: ReturnType<typeof ofAcme>, runnerName: InstanceId) => ({
      ...{ ...event, action: 'completed', conclusion: 'success', runnerName },
    });
    const failed = await platform.follow(done(ofAcme(1), unreadable), done(ofGlobex(2), sound));
    expect(failed).toHaveLength(1);
    expect(platform.liveMachines()).toEqual([unreadable]);
    expect(await platform.leases(globex)).toBe(0);
    expect(await platform.leases(acme)).toBe(1);
    expect(await platform.job(1)).toMatchObject({ state: 'done' });
  });

  it.each([
    ['keeps its registration, though GitHub lists it as offline at two visits', ''],
    ['keeps it with a start gate, too', '-gated'],
  ])('%s', async (_what, gate) => {
    const { platform, unreadable } = await givenBoth(() => undefined);
    await platform.claim(unreadable);
    const { registrations } = platform.github;
    const [[key, registration]] = [...registrations].filter(([, { name }]) => name === unreadable) as [
      [string, MemoryRegistration],
    ];
    const name = `${unreadable}${gate}`;
    registrations.delete(key);
    registrations.set(key.replace(unreadable, name), { ...registration, name, online: false });
    corruptMachine(platform, unreadable);
    for (let n = 0; n < 3; n += 1) {
      await platform.reconcile().catch(() => undefined);
      platform.clock.advance(minutes(5));
    }
    expect([...registrations.values()].map((one) => one.name)).toContain(name);
  });
});
