/** Where a tier and all tiers together have a cap: which line decides, and that every line is stood in at once. */
import { describe, expect, it } from '@jest/globals';
import {
  leaveLines,
  sharedBounds,
  sweepLines,
  updateWaitingLines,
  wakeNextWaiters,
} from '../../lib/app/common/shared-lines.ts';
import { InstallationId, TierName } from '../../lib/core/ids.ts';
import type { Waiter } from '../../lib/core/shared-cap.ts';
import { tenantTierKey } from '../../lib/core/tenant-tier.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { givenBusyPlatform, queueJobs, tenantNumber } from '../support/busy-platform.ts';
import { givenDeployment, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';

const large = TierName('large');
const mediumJob = { tier: medium, labels: ['self-hosted', 'linux', 'x64', 'medium'] };

interface World {
  /** By cap: leases it counts, of how many. */
  readonly used: Readonly<Record<string, readonly [number, number]>>;
  /** Tenants in order of their turns, by tier: each stands in all lines over it. */
  readonly waiting?: Readonly<Record<string, readonly number[]>>;
  /** What tenants hold in a tier. */
  readonly holding?: Readonly<Record<number, readonly [TierName, number]>>;
  /** In the order of the cap over all tiers, if not as `waiting`: places. */
  readonly inAll?: readonly string[];
}

/** Large has no cap of its own. Tenants 1 to 9. */
function given({ used, waiting = {}, holding = {}, inAll }: World) {
  const { world, ...stores } = createMemoryStores();
  const queues = createMemoryQueues();
  for (let n = 1; n <= 9; n++) {
    const installationId = InstallationId(n);
    const [tier, leases] = holding[n] ?? [small, 0];
    const held = { leases, tierLeases: new Map([[tier, leases]]) };
    world.rows.tenants.set(installationId, givenTenant({ installationId, accountLogin: `t${n}`, ...held }));
  }
  for (const [name, [leases]] of Object.entries(used))
    world.rows.capRows.set(`shared/${name}/0`, { key: `shared/${name}/0`, leases, changes: 0 });
  const standing = Object.entries(waiting).flatMap(([tier, tenants]) =>
    tenants.map(
      (n): Waiter => ({ installationId: InstallationId(n), tier: TierName(tier), weight: 1, since: n }),
    ),
  );
  for (const name of [small, medium])
    world.rows.lines.set(
      `tier/${name}`,
      standing
        .filter(({ tier }) => tier === name)
        .map((one) => ({ ...one, since: waiting[name]!.indexOf(one.installationId) })),
    );
  const order = inAll ?? standing.map(tenantTierKey);
  world.rows.lines.set(
    'cell',
    standing.map((one) => ({ ...one, since: order.indexOf(tenantTierKey(one)) })),
  );
  const capOf = (name: TierName) => used[`tier/${name}`]?.[1];
  const tiers = [small, medium, large].map((name) => {
    const cap = capOf(name);
    return givenTier({ name, ...(cap === undefined ? {} : { capOverAllTenants: cap }) });
  });
  const caps = { ...givenDeployment().caps, machinesInAll: used['cell']![1] };
  const deployment = givenDeployment({ tiers, caps });
  const deps = { ...stores, queues, deployment, clock: createMemoryClock(noon) };
  const lines = () =>
    Object.fromEntries(
      [...world.rows.lines].map(([name, line]) => [name, line.map((one) => tenantTierKey(one)).toSorted()]),
    );
  return {
    ...{ deps, world, lines },
    woken: () => queues.tiers.splice(0).map(({ tier, group }) => `${group}/${tier}`),
    bounds: async (n: number, name: TierName) => {
      const tier = tiers.find((one) => one.name === name)!;
      const bounds = await sharedBounds(deps, { tenant: world.rows.tenants.get(InstallationId(n))!, tier });
      return bounds.map(({ cap, bound }) => [cap.name, bound.machines]);
    },
  };
}
const waiter = (n: number, tier = small): Waiter => ({
  ...{ installationId: InstallationId(n), tier, weight: 1, since: noon },
});

describe('while the free leases of all tiers suffice, each tier decides for itself', () => {
  it('so a tenant that holds much in another tier has its turn in this one', async () => {
    const world = given({
      used: { cell: [6, 10], 'tier/small': [2, 3], 'tier/medium': [3, 3] },
      waiting: { small: [1, 2], medium: [3] },
      holding: { 1: [large, 5] },
      inAll: ['3/medium', '2/small', '1/small'],
    });
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 1],
      ['cell', 4],
    ]);
    expect(await world.bounds(2, small)).toEqual([
      ['tier/small', 0],
      ['cell', 4],
    ]);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual(['1/small']);
  });

  it('also where they are just as many', async () => {
    const world = given({
      used: { cell: [7, 10], 'tier/small': [2, 3], 'tier/medium': [1, 3] },
      waiting: { small: [1, 2], medium: [3, 4] },
      inAll: ['4/medium', '3/medium', '2/small', '1/small'],
    });
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 1],
      ['cell', 3],
    ]);
    await sweepLines(world.deps);
    expect(world.woken().toSorted()).toEqual(['1/small', '3/medium', '4/medium']);
  });
});

describe('while the free leases of all tiers do not suffice, the line of all tiers decides', () => {
  const scarce: World = {
    used: { cell: [9, 10], 'tier/small': [2, 3], 'tier/medium': [0, 3] },
    waiting: { small: [1, 2], medium: [3] },
    inAll: ['2/small', '3/medium', '1/small'],
  };

  it('also among the tenants of one tier', async () => {
    const world = given(scarce);
    expect(await world.bounds(2, small)).toEqual([
      ['tier/small', 1],
      ['cell', 1],
    ]);
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 1],
      ['cell', 0],
    ]);
    expect(await world.bounds(3, medium)).toEqual([
      ['tier/medium', 3],
      ['cell', 0],
    ]);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual(['2/small']);
  });

  it('and passes over those whose tier has no room', async () => {
    const world = given({ ...scarce, used: { ...scarce.used, 'tier/small': [3, 3] } });
    expect(await world.bounds(2, small)).toEqual([['tier/small', 0]]);
    expect(await world.bounds(3, medium)).toEqual([
      ['tier/medium', 3],
      ['cell', 1],
    ]);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual(['3/medium']);
  });

  it('however many those are', async () => {
    const world = given({ ...scarce, used: { ...scarce.used, 'tier/small': [3, 3] } });
    const others = Array.from({ length: 150 }, (_, n) => ({ ...waiter(100 + n), since: -150 + n }));
    const { lines } = world.world.rows;
    for (const name of ['cell', 'tier/small']) lines.set(name, [...others, ...lines.get(name)!]);
    expect(await world.bounds(3, medium)).toEqual([
      ['tier/medium', 3],
      ['cell', 1],
    ]);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual(['3/medium']);
  });

  it('and also to a tier whose tenants stand behind a hundred others, of a tier with too little room', async () => {
    const world = given({
      used: { cell: [7, 10], 'tier/small': [2, 3], 'tier/medium': [0, 9] },
      waiting: { small: [1], medium: [3, 4] },
    });
    const { rows } = world.world;
    const others = Array.from({ length: 150 }, (_, n) => ({ ...waiter(100 + n), since: -150 + n }));
    for (const { installationId } of others)
      rows.tenants.set(installationId, givenTenant({ installationId, accountLogin: `t${installationId}` }));
    for (const name of ['cell', 'tier/small']) rows.lines.set(name, [...others, ...rows.lines.get(name)!]);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual(['100/small', '3/medium', '4/medium']);
  });

  it('and a tier gets no more than it has room for: the rest is for the next', async () => {
    const world = given({
      used: { cell: [5, 10], 'tier/small': [1, 3] },
      waiting: { small: [1, 2, 3], large: [4] },
    });
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 2],
      ['cell', 1],
    ]);
    expect(await world.bounds(3, small)).toEqual([
      ['tier/small', 2],
      ['cell', 0],
    ]);
    expect(await world.bounds(4, large)).toEqual([['cell', 3]]);
  });

  it('and keeps nothing for a tier whose counts cannot be read, or that is no longer configured', async () => {
    const world = given({ ...scarce, inAll: ['3/medium', '2/small', '1/small'] });
    const { capRows, lines } = world.world.rows;
    lines.set('cell', [{ ...waiter(5, TierName('former')), since: -1 }, ...lines.get('cell')!]);
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 1],
      ['cell', 0],
    ]);
    capRows.set('shared/tier/medium/0', { key: 'shared/tier/medium/0', leases: Number.NaN, changes: 0 });
    expect(await world.bounds(1, small)).toEqual([
      ['tier/small', 1],
      ['cell', 1],
    ]);
  });
});

describe('a tenant that a cap stopped', () => {
  const update = (world: ReturnType<typeof given>, one: Waiter, machines = 0) =>
    updateWaitingLines(world.deps, { waiter: one, isStopped: true, machines });

  it('stands in every line over its tier, so that it moves between none of them', async () => {
    const world = given({ used: { cell: [10, 10], 'tier/small': [3, 3], 'tier/medium': [0, 3] } });
    await update(world, waiter(1));
    await update(world, waiter(2, medium));
    await update(world, waiter(3, large));
    expect(world.lines()).toEqual({
      'tier/small': ['1/small'],
      'tier/medium': ['2/medium'],
      cell: ['1/small', '2/medium', '3/large'],
    });
    let writes = 0;
    world.world.beforeCall = (call) => {
      if (/Line$/.test(call)) writes += 1;
    };
    await update(world, waiter(1));
    expect(writes).toBe(0);
    await update(world, waiter(1), 1);
    expect(writes).toBe(2);
    const since = (name: string) =>
      world.world.rows.lines.get(name)!.find(({ installationId }) => installationId === 1)!.since;
    expect([since('cell'), since('tier/small')]).toEqual([noon + 1_000_000, noon + 1_000_000]);
  });

  it.each([
    [true, noon + 1_000_000],
    [false, undefined],
  ])(
    'moves back with its places of other tiers for each machine, whether it still waits in this one: %s',
    async (isStopped, inSmall) => {
      const world = given({
        used: { cell: [10, 10], 'tier/small': [2, 3], 'tier/medium': [2, 3] },
        waiting: { small: [2], medium: [1, 2] },
      });
      const { lines } = world.world.rows;
      lines.set('cell', [...lines.get('cell')!, waiter(1)]);
      await updateWaitingLines(world.deps, { waiter: waiter(1), isStopped, machines: 1 });
      const since = (name: string, place: string) =>
        lines.get(name)!.find((one) => tenantTierKey(one) === place)?.since;
      expect(since('cell', '1/small')).toBe(inSmall);
      expect(since('cell', '1/medium')).toBe(noon + 1_000_000 - 1);
      expect([since('tier/medium', '1/medium'), since('cell', '2/medium')]).toEqual([0, 2]);
    },
  );

  it('joins the line that it lacks, if a process ended between its two writes', async () => {
    const world = given({
      used: { cell: [10, 10], 'tier/small': [3, 3] },
      waiting: { small: [1] },
    });
    world.world.rows.lines.set('cell', []);
    await update(world, waiter(1));
    expect(world.lines()['cell']).toEqual(['1/small']);
  });

  it.each(['cell', 'tier/small'])(
    'is woken by the sweep where it is missing in the line of %s, though it is nobody’s turn',
    async (name) => {
      const world = given({
        used: { cell: [6, 10], 'tier/small': [3, 3], 'tier/medium': [1, 3] },
        waiting: { small: [1, 2, 3] },
      });
      const { lines } = world.world.rows;
      lines.set(
        name,
        lines.get(name)!.filter(({ installationId }) => installationId !== 2),
      );
      await sweepLines(world.deps);
      expect(world.woken()).toEqual(['2/small']);
    },
  );

  it('is not woken where the line that it lacks has no place for everyone', async () => {
    const world = given({ used: { cell: [10, 10], 'tier/small': [3, 3] }, waiting: { small: [1, 2] } });
    const many = Array.from({ length: 750 }, (_, n) => waiter(100 + n, large));
    world.world.rows.lines.set('cell', many);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual([]);
  });

  it('and then has nothing to take leaves all lines', async () => {
    const world = given({ used: { cell: [10, 10], 'tier/small': [3, 3] }, waiting: { small: [1, 2] } });
    await leaveLines(world.deps, waiter(1));
    expect(world.lines()).toMatchObject({ 'tier/small': ['2/small'], cell: ['2/small'] });
    expect(world.woken()).toEqual([]);
  });
});

describe('who leaves the line that decides', () => {
  it('wakes those whose turn it is in it', async () => {
    const world = given({
      used: { cell: [9, 10], 'tier/small': [2, 3], 'tier/medium': [0, 3] },
      waiting: { small: [1], medium: [3, 4] },
    });
    await leaveLines(world.deps, waiter(1));
    expect(world.woken()).toEqual(['3/medium']);
  });

  it.each([
    ['of a tier without a cap', large, { large: [9], small: [1], medium: [3] }],
    ['of a tier with a cap', small, { small: [9], medium: [3] }],
  ])(
    'wakes the others of all tiers, if each tier decides for itself without it: one %s',
    async (_, tier, waiting) => {
      const world = given({
        used: { cell: [7, 10], 'tier/small': [1, 3], 'tier/medium': [2, 3] },
        waiting,
        inAll: [`9/${tier}`, '1/small', '3/medium'],
      });
      // Its tier may have room for more than all of them.
      if (tier === small)
        world.world.rows.capRows.set('shared/cell/0', { key: 'shared/cell/0', leases: 8, changes: 0 });
      await leaveLines(world.deps, waiter(9, tier));
      expect(world.woken().toSorted()).toEqual(tier === small ? ['3/medium'] : ['1/small', '3/medium']);
    },
  );

  it('wakes who is next and who now has a turn, and not those again that had one', async () => {
    const world = given({ used: { cell: [7, 10] }, waiting: { small: [1, 2, 3, 4, 5] } });
    await leaveLines(world.deps, waiter(1));
    expect(world.woken()).toEqual(['2/small', '4/small']);
  });

  it('wakes nobody of other tiers, if each decided for itself before', async () => {
    const world = given({
      used: { cell: [1, 10], 'tier/small': [2, 3], 'tier/medium': [2, 3] },
      waiting: { small: [1, 2], medium: [3] },
    });
    await leaveLines(world.deps, waiter(1));
    expect(world.woken()).toEqual(['2/small']);
  });
});

describe('a lease that was freed', () => {
  it.each<[string, World, readonly TierName[], readonly string[]]>([
    [
      'wakes who is next in its tier',
      {
        used: { cell: [9, 10], 'tier/small': [2, 3], 'tier/medium': [3, 3] },
        waiting: { small: [1, 2], medium: [3] },
      },
      [small],
      ['1/small'],
    ],
    [
      'wakes who is next in all tiers, where not all of them can have one',
      {
        used: { cell: [9, 10], 'tier/small': [2, 3], 'tier/medium': [2, 3] },
        waiting: { small: [1, 2], medium: [3] },
        inAll: ['3/medium', '1/small', '2/small'],
      },
      [small],
      ['3/medium'],
    ],
    [
      'wakes a tenant of another tier, which now has enough',
      { used: { cell: [9, 10], 'tier/small': [2, 3] }, waiting: { small: [1, 2] } },
      [large],
      ['1/small'],
    ],
    [
      'wakes those of its tier that did not have a turn before',
      {
        used: { cell: [5, 10], 'tier/small': [1, 3], 'tier/medium': [2, 3] },
        waiting: { small: [1, 2], medium: [3] },
      },
      [small],
      ['2/small'],
    ],
    [
      'is not counted in another tier',
      { used: { cell: [5, 10], 'tier/small': [1, 3], 'tier/medium': [2, 3] }, waiting: { small: [1, 2] } },
      [small, medium],
      ['2/small'],
    ],
    [
      'wakes nobody where no line has a place',
      { used: { cell: [5, 10], 'tier/small': [1, 3] } },
      [small],
      [],
    ],
  ])('%s', async (_, world, freed, woken) => {
    const { deps, woken: places } = given(world);
    await wakeNextWaiters(deps, freed);
    expect(places()).toEqual(woken);
  });
});

it('a lease that was freed wakes tenants of other tiers, though the counts of one tier cannot be read', async () => {
  const { deps, world, woken } = given({
    used: { cell: [9, 10], 'tier/small': [2, 3], 'tier/medium': [2, 3] },
    waiting: { medium: [3], small: [1, 2] },
  });
  world.rows.capRows.set('shared/tier/medium/0', {
    key: 'shared/tier/medium/0',
    leases: Number.NaN,
    changes: 0,
  });
  await wakeNextWaiters(deps, [large]);
  expect(woken()).toEqual(['1/small']);
});

it('with a hundred tenants in line, a cap that is raised for all of them costs few messages a machine', async () => {
  const tenants = Array.from({ length: 100 }, (_, n) => tenantNumber(n));
  const tier = givenTier({ maxRunners: 9, capOverAllTenants: 1 });
  const platform = await givenBusyPlatform({
    deployment: {
      tiers: [tier],
      caps: { waitingJobsPerTenant: 100, launchesPerMinutePerTenant: 100, machinesInAll: 500 },
    },
    tenants,
    jobMilliseconds: () => 3_600_000,
  });
  for (const tenant of tenants) queueJobs(platform, tenant, 1);
  await platform.runFor(90_000);
  const before = platform.messages();
  Object.assign(tier, { capOverAllTenants: 400 });
  await platform.runFor(110_000);
  expect(platform.launched).toHaveLength(100);
  expect((platform.messages() - before) / 99).toBeLessThanOrEqual(15);
});

it.each([
  { ofSmall: 2, ofMedium: 2, inAll: 3 },
  { ofSmall: 1, ofMedium: 2, inAll: 1 },
  { ofSmall: 3, ofMedium: 9, inAll: 9 },
])(
  'with 60 tenants in line, a machine costs few changes of lines, and everyone has a turn: $ofSmall, $ofMedium, $inAll in all',
  async (caps) => {
    const tenants = Array.from({ length: 60 }, (_, n) => tenantNumber(n, { maxRunners: 1 }));
    const platform = await givenBusyPlatform({
      deployment: {
        tiers: [
          givenTier({ maxRunners: 9, capOverAllTenants: caps.ofSmall }),
          givenTier({
            name: medium,
            labels: mediumJob.labels,
            maxRunners: 9,
            capOverAllTenants: caps.ofMedium,
          }),
        ],
        caps: { waitingJobsPerTenant: 100, launchesPerMinutePerTenant: 100, machinesInAll: caps.inAll },
      },
      tenants,
      jobMilliseconds: () => 60_000,
    });
    for (const [n, tenant] of tenants.entries()) queueJobs(platform, tenant, 5, n % 2 === 0 ? {} : mediumJob);
    // Two minutes for each round of all tenants: their jobs and launches take just over one.
    const seconds = (n: number) => platform.runFor(n * 1000);
    await seconds(60);
    let changes = 0;
    platform.stores.world.beforeCall = (call) => {
      if (call === 'launches.joinLine' || call === 'launches.leaveLine') changes += 1;
    };
    const before = platform.launched.length;
    await seconds((120 * tenants.length) / caps.inAll);
    const machines = platform.launched.slice(before);
    expect(machines.length).toBeGreaterThan(60);
    expect(changes / machines.length).toBeLessThanOrEqual(5);
    expect(new Set(machines.map(({ installationId }) => installationId)).size).toBe(60);
    expect(platform.failed).toEqual([]);
  },
);
