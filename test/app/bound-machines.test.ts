/** The rows that are written for a launch's machines, and which rows still hold leases. */
import { describe, expect, it } from '@jest/globals';
import { bindAsReported, bindRows, bindUnrecorded, unrecordedOf } from '../../lib/app/common/bind-rows.ts';
import { openRowsAcrossTenants } from '../../lib/app/common/open-rows.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import { InstanceId, JobId, LaunchId, leaseOf, TierName } from '../../lib/core/ids.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { machineRates } from '../../lib/core/price.ts';
import type { LaunchedInstance } from '../../lib/ports/compute.ts';
import { givenLaunch, givenRunner, launch1, lease0, machine } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { givenDeployment, givenJobs, givenTier, noon } from '../support/given.ts';

const second = 1000;
const day = 86_400 * second;
const zone = 'us-east-1a';
const two = InstanceId('i-2');
const lease1 = leaseOf(launch1, 1);
const both = new Map([
  [lease0, machine],
  [lease1, two],
]);
const onDemand: LaunchedInstance = { instanceId: machine, instanceType: 't3.medium', spot: false, zone };
const spot = { ...onDemand, spot: true };

function given(deployment: Partial<Deployment> = {}) {
  const { world, runners, launches } = createMemoryStores();
  const [spotPrices, clock] = [createMemorySpotPrices(), createMemoryClock(noon + 30 * second)];
  spotPrices.pools.set(`t3.medium:${zone}`, 12_345);
  const deps = {
    ...{ runners, launches, clock, spotPrices, deployment: givenDeployment(deployment) },
    subnets: [
      { subnetId: 'subnet-0', zone: 'us-east-1f' },
      { subnetId: 'subnet-1', zone },
    ],
  };
  const row = (id: InstanceId = machine) => world.rows.runners.get(id);
  return { world, deps, row, rows: () => [...world.rows.runners.keys()] };
}

const launchOf = (over: Partial<Launch> = {}) =>
  givenLaunch(givenJobs(2), { instances: new Map([[lease0, machine]]), ...over });
/** EC2 is asked for spot prices if the launch was for spot machines. */
function spotLaunch() {
  const launch = launchOf();
  const { TargetCapacitySpecification: target } = launch.request;
  const spotTarget = { ...target, DefaultTargetCapacityType: 'spot' as const };
  return { ...launch, request: { ...launch.request, TargetCapacitySpecification: spotTarget } };
}

describe('the row of a machine', () => {
  it('is written for each machine with a lease, with data from its launch', async () => {
    const { deps, row, rows } = given();
    const leaseCost = { expected: 7 } as NonNullable<Launch['leaseCost']>;
    const launch = launchOf({ capRows: ['shared/cell/0'], leaseCost });
    await bindRows(deps, launch, { instances: [onDemand], askedAt: noon + 9 * second });
    expect(rows()).toEqual([machine]);
    expect(row()).toMatchObject({
      ...{ state: 'booting', lease: lease0, plannedJob: 1, zone, capRows: ['shared/cell/0'], leaseCost },
      ...{ launchedAt: noon, startedAt: noon + 9 * second, deadline: noon + 630 * second },
    });
  });

  it('is not written if EC2 gave no machine', async () => {
    const { deps, world } = given();
    let calls = 0;
    world.beforeCall = () => void calls++;
    await bindRows(deps, launchOf({ instances: new Map() }), { instances: [] });
    expect(calls).toBe(0);
  });

  it.each<[string, readonly LaunchedInstance[], number | undefined, number]>([
    ['EC2 says so', [{ ...onDemand, startedAt: noon + 5 }], noon + 9, noon + 5],
    ['EC2 was asked for it', [onDemand], noon + 9, noon + 9],
    ['its launch was made, if nobody knows when EC2 was asked', [onDemand], undefined, noon],
    ['its launch was made, if EC2 does not show it', [], noon + 9, noon],
  ])('says that it started when %s', async (_, instances, askedAt, startedAt) => {
    const { deps, row } = given();
    await bindRows(deps, launchOf(), { instances, ...(askedAt ? { askedAt } : {}) });
    expect(row()?.startedAt).toBe(startedAt);
  });

  it('gives a machine that is found late the same deadline, counted from its launch', async () => {
    const { deps, row } = given();
    const unrecorded = launchOf().plannedJobs;
    await bindUnrecorded(deps, launchOf(), { instances: [onDemand], unrecorded });
    expect(row()?.deadline).toBe(noon + 600 * second);
  });

  it.each<[string, Partial<LaunchedInstance>, string | undefined]>([
    ['its zone', {}, zone],
    ['its subnet', { zone: undefined, subnetId: 'subnet-1' } as never, zone],
    ['a subnet that nobody knows', { zone: undefined, subnetId: 'subnet-9' } as never, undefined],
    ['neither', { zone: undefined } as never, undefined],
  ])('has the zone and the spot price where EC2 names %s', async (_, over, expected) => {
    const { deps, row } = given();
    await bindRows(deps, spotLaunch(), { instances: [{ ...spot, ...over }] });
    expect(row()?.zone).toBe(expected);
    expect(row()?.rates?.compute).toBe(expected ? 12_345 : undefined);
  });

  it('has the spot price even if only one machine of its launch is a spot machine', async () => {
    const { deps, row } = given();
    const launch = { ...spotLaunch(), instances: both };
    await bindRows(deps, launch, { instances: [{ ...onDemand, instanceId: two }, spot] });
    expect(row()?.rates?.compute).toBe(12_345);
    expect(row(two)?.rates?.compute).not.toBe(12_345);
  });

  it.each([
    ['the launch was for machines on demand', launchOf(), bindUnrecorded],
    ['the machine reported itself', spotLaunch(), bindAsReported],
  ])('has no spot price: %s', async (_, launch, bind) => {
    const { deps, row } = given();
    await bind(deps, launch, { instances: [spot], unrecorded: launch.plannedJobs });
    expect(row()).toMatchObject({ zone });
    expect(row()?.rates?.compute).not.toBe(12_345);
  });

  it('has the rates of its tier, and the own rate of its day', async () => {
    const ownRates = {
      ...{ roundSeconds: 60, freeMinutes: 0 },
      tiers: { small: [{ from: '2026-01-01', minute: 9 }] },
    };
    const plain = given({ tiers: [givenTier({ name: TierName('huge') }), givenTier()], ownRates });
    await bindRows(plain.deps, launchOf(), { instances: [onDemand] });
    const billed = {
      region: 'us-east-1',
      instanceType: 't3.medium',
      spot: false,
      machine: givenTier().billed,
    };
    expect(plain.row()?.rates).toEqual({
      ...machineRates(billed),
      own: { from: '2026-01-01', minute: 9, roundSeconds: 60 },
    });
    const removed = given({ tiers: [givenTier({ name: TierName('huge') })] });
    await bindRows(removed.deps, launchOf(), { instances: [onDemand] });
    expect(removed.row()).not.toHaveProperty('rates');
  });
});

it('the row of a machine has its rates by the prices that are configured, if any are', async () => {
  const prices = {
    ...{ date: '2026-11-01', region: 'us-east-1', onDemand: { 't3.medium': 7_000_000 }, address: 5_000 },
    disk: { gigabyte: 80_000, iops: 5_000, throughputMegabyte: 40_000 },
  };
  const { deps, row } = given({ prices });
  await bindRows(deps, launchOf(), { instances: [onDemand] });
  expect(row()?.rates?.compute).toBe(7_000_000);
});

describe('a lease whose machine has no row', () => {
  const closed = (over: Partial<Launch> = {}) => launchOf({ state: 'closed', instances: both, ...over });
  const jobsOf = (launch: Launch, recorded: readonly InstanceId[], now = noon) =>
    unrecordedOf(launch, new Set(recorded), now).map(({ jobId }) => jobId);

  it('belongs to a closed launch, while rows of ended machines are kept', () => {
    expect(jobsOf(closed(), [])).toEqual([1, 2]);
    expect(jobsOf(closed(), [machine])).toEqual([2]);
    expect(jobsOf(closed({ instances: new Map([[lease0, machine]]) }), [])).toEqual([1]);
    expect(jobsOf(closed(), [], noon + 7 * day - 1)).toEqual([1, 2]);
    expect(jobsOf(closed(), [], noon + 7 * day)).toEqual([]);
    expect(jobsOf(closed({ state: 'answered' }), [])).toEqual([]);
  });
});

describe('the rows that hold leases', () => {
  const other = LaunchId('launch-2');
  const closedOne = launchOf({ state: 'closed', instances: both, lookAt: noon } as Partial<Launch>);

  function givenOpen(...unreadable: readonly [string, string][]) {
    const { world, deps } = given();
    world.rows.launches.set(launch1, closedOne);
    world.rows.launches.set(other, givenLaunch(givenJobs(1), { launchId: other }));
    for (const [table, key] of unreadable) world.unreadable.add(unreadableName(table as 'launches', key));
    return { world, open: () => openRowsAcrossTenants(deps) };
  }

  it('are launches that are not closed, machines that have not ended, and leases without a machine', async () => {
    const { world, open } = givenOpen();
    world.rows.runners.set(machine, givenRunner());
    const { launches, runners, ...rest } = await open();
    expect(launches.map(({ launchId, state }) => [launchId, state])).toEqual([
      [other, 'intent'],
      [launch1, 'answered'],
    ]);
    expect(launches[1]).toMatchObject({ plannedJobs: [{ lease: lease1 }], instances: new Map() });
    expect(runners.map(({ instanceId }) => instanceId)).toEqual([machine]);
    expect(rest).toEqual({ unreadable: [], isCut: false, listed: new Set([other, launch1]) });
  });

  it('do not include ended machines', async () => {
    const { world, open } = givenOpen();
    for (const [lease, instanceId] of both) {
      world.rows.runners.set(instanceId, givenRunner({ instanceId, lease, state: 'ended' }));
    }
    const { launches, runners } = await open();
    expect(launches.map(({ launchId }) => launchId)).toEqual([other]);
    expect(runners).toEqual([]);
  });

  const most = 20_000;
  const many = <Row>(count: number, row: Row) => Array.from({ length: count }, () => row);
  it.each([
    ['of one list', { overdue: most, watched: 0, unreadable: 0, live: 0 }, true],
    ['of the other list', { overdue: 0, watched: most, unreadable: 0, live: 0 }, true],
    [
      'of one list, with those that cannot be read',
      { overdue: most - 1, watched: 0, unreadable: 1, live: 0 },
      true,
    ],
    ['of machines', { overdue: 0, watched: 1, unreadable: 0, live: most }, true],
    ['of no list alone', { overdue: most - 1, watched: most - 1, unreadable: 0, live: most - 1 }, false],
  ])('are not all read if there are %s as many as can be counted', async (_, of, isCut) => {
    const { deps, world } = given();
    const launches: typeof deps.launches = {
      ...deps.launches,
      listOverdueAcrossTenants: async (_now, _limit, skipped) => {
        for (let n = 0; n < of.unreadable; n++) skipped?.push({ key: 'k' } as never);
        return many(of.overdue, givenLaunch([]));
      },
      listWatchedAcrossTenants: async () => many(of.watched, closedOne),
    };
    const runners = { ...deps.runners, findAcrossTenants: async () => many(of.live, givenRunner()) };
    expect((await openRowsAcrossTenants({ ...deps, launches, runners })).isCut).toBe(isCut);
    expect(world.rows.launches.size).toBe(0);
  });

  it('are named if a manual edit broke them, and count as machines with a row', async () => {
    const { world, open } = givenOpen(['runners', machine], ['launches', other]);
    world.rows.runners.set(machine, givenRunner());
    world.rows.runners.set(two, givenRunner({ instanceId: two, lease: lease1, plannedJob: JobId(2) }));
    const { launches, runners, unreadable, listed } = await open();
    expect(launches).toEqual([]);
    expect(listed).toEqual(new Set([launch1, other]));
    expect(runners.map(({ instanceId }) => instanceId)).toEqual([two]);
    expect(unreadable).toMatchObject([
      { key: other, installationId: 101 },
      { key: machine, installationId: 101, launchId: launch1, error: { code: 'UnreadableRow' } },
    ]);
  });
});
