/** A row of a launch or a machine broken by manual edits stops no other tenant, ends no machine, and lowers no count. */
import { describe, expect, it } from '@jest/globals';
import { leasesCounted } from '../../lib/app/common/settings.ts';
import { readOpenRows, reconcileCaps } from '../../lib/app/reconciler/reconcile-leases.ts';
import { reconcileMachines } from '../../lib/app/reconciler/reconcile-machines.ts';
import { tenantsPerPage } from '../../lib/app/reconciler/reconcile-settings.ts';
import { InstallationId, type InstanceId, JobId, type TierName } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import type { MemoryRegistration } from '../fakes/github.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenEvent, givenTenant, givenTier, medium, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';

const globex = InstallationId(202);
const tenants = [
  givenTenant({ maxRunners: 9 }),
  givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex', maxRunners: 9 }),
];
const ofAcme = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const ofGlobex = (jobId: number) =>
  givenEvent({
    ...{ jobId: JobId(jobId), installationId: globex, repository: 'globex/app', repositoryOwnerId: 2 },
  });
const minutes = (count: number) => count * 60_000;
const failedSweep = 'parts of the sweep failed';

const corruptMachine = ({ stores }: Platform, machine: InstanceId) =>
  stores.world.unreadable.add(unreadableName('runners', machine));
function corruptLaunchOf({ stores: { world } }: Platform, machine: InstanceId) {
  world.unreadable.add(unreadableName('launches', world.runner(machine)!.launchId));
}
const machinesOf = ({ stores: { world } }: Platform, installationId: InstallationId) =>
  world
    .allRunners()
    .filter((runner) => runner.installationId === installationId && runner.state !== 'ended')
    .map(({ instanceId }) => instanceId);
const failedReconciler = 'parts of the reconciler failed';
const faults = ({ telemetry }: Platform) =>
  telemetry.events
    .filter(({ name }) => name === 'reconcile-failed')
    .map(({ fields }) => String(fields['error']));
const sweepFaults = ({ telemetry }: Platform) =>
  telemetry.events.filter(({ name }) => name === 'sweep-failed').map(({ fields }) => String(fields['error']));

/** A machine of each; then one row of acme's is unreadable. */
async function givenBoth(corrupt: (platform: Platform, machine: InstanceId) => void, over = {}) {
  const platform = await givenPlatform({ tenants, ...over });
  await platform.accept(ofAcme(1));
  await platform.accept(ofGlobex(2));
  const [unreadable] = machinesOf(platform, acme);
  const [sound] = machinesOf(platform, globex);
  corrupt(platform, unreadable!);
  return { platform, unreadable: unreadable!, sound: sound! };
}

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

describe("a cap's row broken by a manual edit", () => {
  const tiers = [givenTier({ maxRunners: 9, capOverAllTenants: 3 })];
  const corruptCap = ({ stores: { world } }: Platform) => {
    for (const [key, row] of world.rows.capRows) world.rows.capRows.set(key, { ...row, leases: Number.NaN });
  };
  const counted = ({ stores: { world } }: Platform) =>
    [...world.rows.capRows.values()].map(({ leases }) => leases);
  const repaired = ({ telemetry }: Platform) => telemetry.total('Repairs', { kind: 'lease-count-corrected' });

  it('is reported by the sweep, and recounted by the next visit, so that launches continue', async () => {
    const { platform, sound } = await givenBoth(corruptCap, { deployment: { tiers } });
    expect(await platform.accept(ofGlobex(3))).toHaveLength(1);
    await expect(platform.sweep()).rejects.toThrow(failedSweep);
    expect(sweepFaults(platform)).toEqual([
      expect.stringContaining('In the launches row shared/tier/small/0'),
    ]);
    platform.compute.setState(sound, 'terminated');
    expect(await platform.follow(instanceEvent(sound, 'terminated'))).toHaveLength(1);
    await platform.reconcile();
    expect([counted(platform), repaired(platform)]).toEqual([[2], 1]);
    expect(await platform.follow(instanceEvent(sound, 'terminated'))).toEqual([]);
    await platform.accept(ofGlobex(3), ofGlobex(4), ofGlobex(5));
    expect([counted(platform), platform.liveMachines().length]).toEqual([[3], 3]);
    await platform.reconcile();
    expect(repaired(platform)).toBe(1);
  });

  it('also counts leases whose rows were deleted by hand: their machines may live', async () => {
    const { platform, sound } = await givenBoth(corruptCap, { deployment: { tiers } });
    platform.stores.world.rows.runners.delete(sound);
    for (const [id, launch] of platform.stores.world.rows.launches)
      if (launch.installationId === globex) platform.stores.world.rows.launches.delete(id);
    await platform.reconcile();
    expect(counted(platform)).toEqual([2]);
  });

  it('does not count leases of other tiers, and counts those of every tenant, however many there are', async () => {
    const many = Array.from({ length: 120 }, (_, n) =>
      givenTenant({ installationId: InstallationId(1001 + n), accountId: 3 + n, accountLogin: `t${n}` }),
    );
    const both = [...tiers, givenTier({ name: medium, maxRunners: 9 })];
    const platform = await givenPlatform({ tenants: [...tenants, ...many], deployment: { tiers: both } });
    await platform.accept(ofAcme(1));
    corruptCap(platform);
    const counts = (held: readonly [TierName, number][]) => {
      const tierLeases = new Map(held);
      return { tierLeases, leases: [...tierLeases.values()].reduce((all, one) => all + one, 0) };
    };
    platform.stores.world.editTenant(globex, counts([[medium, 1]]));
    platform.stores.world.editTenant(many.at(-1)!.installationId, counts([[small, 1]]));
    const { findAcrossTenants } = platform.stores.tenants;
    const together: number[] = [];
    platform.tenants.findAcrossTenants = (ids) => {
      together.push(ids.length);
      return findAcrossTenants(ids);
    };
    await platform.reconcile();
    expect(counted(platform)).toEqual([2]);
    expect(Math.max(...together)).toBe(tenantsPerPage);
  });

  it("counts a machine whose own row cannot be read, beside another cap's row that holds a number", async () => {
    const caps = { machinesInAll: 9, waitingJobsPerTenant: 100, launchesPerMinutePerTenant: 60 };
    const deployment = { tiers, caps };
    const { platform, unreadable } = await givenBoth(() => undefined, { deployment });
    const key = 'shared/cell/0';
    const row = platform.stores.world.rows.capRows.get(key)!;
    platform.stores.world.rows.capRows.set(key, { ...row, leases: Number.NaN });
    corruptMachine(platform, unreadable);
    await platform.reconcile().catch(() => undefined);
    expect(counted(platform)).toEqual([2, 2]);
  });

  it('stays unchanged if not all tenants can be read, or somebody was faster', async () => {
    const { platform } = await givenBoth(corruptCap, { deployment: { tiers } });
    const { findAcrossTenants } = platform.stores.tenants;
    platform.tenants.findAcrossTenants = async (ids) => (await findAcrossTenants(ids)).slice(1);
    await expect(platform.reconcile()).rejects.toThrow(failedReconciler);
    expect([counted(platform), repaired(platform)]).toEqual([[Number.NaN], 0]);
    expect(faults(platform)).toEqual([
      expect.stringContaining(
        'row shared/tier/small/0 holds no number, and is not corrected: tenants cannot be read: 101.',
      ),
    ]);
    platform.tenants.findAcrossTenants = async (ids) => {
      for (const [key, row] of platform.stores.world.rows.capRows)
        platform.stores.world.rows.capRows.set(key, { ...row, leases: 3 });
      return findAcrossTenants(ids);
    };
    await platform.reconcile();
    expect([counted(platform), repaired(platform)]).toEqual([[3], 0]);
  });
});

describe("a cap's row broken by a manual edit after the reconciler had read all rows", () => {
  const tiers = [givenTier({ maxRunners: 9, capOverAllTenants: 3 })];
  const key = 'shared/tier/small/0';
  const given = () => givenPlatform({ tenants, deployment: { tiers } });
  const corrupt = ({ stores: { world } }: Platform) =>
    world.rows.capRows.set(key, { key, leases: Number.NaN, changes: 1 });
  const counted = ({ stores: { world } }: Platform) => world.rows.capRows.get(key)?.leases;

  it('counts machines that started since, even if another row had as many leases', async () => {
    const platform = await given();
    await platform.accept(ofAcme(1), ofAcme(2));
    const open = await readOpenRows(platform);
    const elsewhere = { ...open.census!, byCapRow: new Map([['shared/tier/small/1', 2]]) };
    corrupt(platform);
    expect(await reconcileCaps(platform, { ...open, census: elsewhere })).toEqual([]);
    expect(counted(platform)).toBe(2);
  });

  it('does not count machines that have ended since', async () => {
    const { platform, sound } = await givenBoth(() => undefined, { deployment: { tiers } });
    const open = await readOpenRows(platform);
    await platform.machineEnds(sound);
    corrupt(platform);
    expect(await reconcileCaps(platform, open)).toEqual([]);
    expect(counted(platform)).toBe(1);
  });

  it('stays unchanged, and is reported, while there are more rows than one run reads', async () => {
    const platform = await given();
    await platform.accept(ofAcme(1), ofGlobex(2));
    corrupt(platform);
    const { listWatchedAcrossTenants } = platform.launches;
    platform.launches.listWatchedAcrossTenants = async (...query) =>
      Array<Launch>(leasesCounted).fill((await listWatchedAcrossTenants(...query))[0]!);
    expect(await reconcileCaps(platform, await readOpenRows(platform))).toMatchObject([
      {
        ...{ code: 'UnreadableRow', retryable: false, cause: { code: 'UnreadableRow' } },
        message: expect.stringContaining('more launches or machines are open than can be counted at once'),
      },
    ]);
    expect(counted(platform)).toBe(Number.NaN);
    platform.launches.listWatchedAcrossTenants = listWatchedAcrossTenants;
    await platform.reconcile();
    expect(counted(platform)).toBe(2);
  });
});

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
