/** The lines of caps over all tenants: who stands where, who is woken for a free lease, and which rows are read for it. */
import { describe, expect, it } from '@jest/globals';
import { allCaps, capsOf } from '../../lib/app/common/shared-caps.ts';
import {
  leaveLines,
  sharedBounds,
  sweepLines,
  updateWaitingLines,
  wakeNextWaiters,
} from '../../lib/app/common/shared-lines.ts';
import { InstallationId, TierName } from '../../lib/core/ids.ts';
import type { Waiter } from '../../lib/core/shared-cap.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { givenDeployment, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';

interface World {
  /** Leases that the cap of small machines counts, of 3. */
  readonly used?: number;
  /** By tenant, its place in that line. */
  readonly line?: Readonly<Record<number, number>>;
  /** The cap over all tiers, and the leases that it counts. */
  readonly cell?: { readonly machines: number; readonly used: number };
  /** In the line of that cap. */
  readonly cellLine?: Readonly<Record<number, number>>;
  readonly cap?: number;
}

const waiter = (tenant: number, since = noon, tier = small): Waiter => ({
  ...{ installationId: InstallationId(tenant), tier, weight: 1, since },
});
const waiters = (line: Readonly<Record<number, number>> = {}) =>
  Object.entries(line).map(([tenant, since]) => waiter(Number(tenant), since));

/** Tenants 1 to 9; each holds nothing. */
function given({ used = 0, line, cell, cellLine, cap = 3 }: World) {
  const { world, ...stores } = createMemoryStores();
  const queues = createMemoryQueues();
  for (let n = 1; n <= 9; n++) {
    const installationId = InstallationId(n);
    world.rows.tenants.set(installationId, givenTenant({ installationId, accountLogin: `t${n}` }));
  }
  const put = (name: string, leases: number) =>
    world.rows.capRows.set(`shared/${name}/0`, { key: `shared/${name}/0`, leases, changes: 0 });
  put('tier/small', used);
  if (cell) put('cell', cell.used);
  world.rows.lines.set('tier/small', waiters(line));
  world.rows.lines.set('cell', waiters(cellLine));
  const tier = givenTier({ capOverAllTenants: cap });
  const caps = { ...givenDeployment().caps, ...(cell ? { machinesInAll: cell.machines } : {}) };
  const deployment = givenDeployment({ tiers: [givenTier({ name: medium }), tier], caps });
  const deps = { ...stores, queues, deployment, clock: createMemoryClock(noon) };
  const calls: string[] = [];
  world.beforeCall = (call) => void calls.push(call);
  return {
    ...{ deps, world, calls, tier },
    woken: () => queues.tiers.map(({ group }) => group),
    inLine: (name = 'tier/small') => (world.rows.lines.get(name) ?? []).map((one) => one.installationId),
    bounds: (n: number) => sharedBounds(deps, { tenant: world.rows.tenants.get(InstallationId(n))!, tier }),
  };
}

describe('the caps of a tier', () => {
  it('are its own and the cell’s, each once over all tiers', () => {
    const { deps } = given({ cell: { machines: 9, used: 0 } });
    expect(capsOf(deps, small).map(({ name }) => name)).toEqual(['tier/small', 'cell']);
    expect(capsOf(deps, medium).map(({ name }) => name)).toEqual(['cell']);
    expect(capsOf(deps, TierName('huge'))).toEqual([]);
    expect(allCaps(deps).map(({ name }) => name)).toEqual(['cell', 'tier/small']);
  });
});

describe('what caps leave to a tenant', () => {
  it('is what is free, or a share of it if others wait', async () => {
    expect((await given({ used: 1 }).bounds(1)).map(({ bound }) => bound)).toMatchObject([
      { machines: 2, passesByItself: false, reason: { code: 'shared-cap' } },
    ]);
    const shared = given({ used: 1, line: { 2: noon } });
    expect((await shared.bounds(1)).map(({ bound }) => bound.machines)).toEqual([1]);
  });

  it('is asked for also by a tenant far back in line, since the others may need less', async () => {
    const world = given({ used: 1 });
    const others = Array.from({ length: 120 }, (_, n) => waiter(n + 10, noon - 1));
    world.world.rows.lines.set('tier/small', [...others, waiter(1)]);
    expect((await world.bounds(1)).map(({ bound }) => bound.machines)).toEqual([2]);
  });

  it('is not reserved for a tenant whose row is gone', async () => {
    const world = given({ used: 1, line: { 99: noon } });
    expect((await world.bounds(1)).map(({ bound }) => bound.machines)).toEqual([2]);
  });

  it('names the cap; caps behind one without room are not read', async () => {
    const cell = { machines: 5, used: 1 };
    const free = await given({ used: 1, cell }).bounds(1);
    expect(free.map(({ cap, bound }) => [cap.name, bound.machines, bound.reason.text])).toEqual([
      ['tier/small', 2, expect.stringMatching(/^All 3 small runners that all tenants share/)],
      ['cell', 4, expect.stringMatching(/^All 5 runners that all tenants share/)],
    ]);
    const full = await given({ used: 3, cell }).bounds(1);
    expect(full.map(({ cap, bound }) => [cap.name, bound.machines])).toEqual([['tier/small', 0]]);
  });

  it('reads no other tenant if nothing is free', async () => {
    const { bounds, calls } = given({ used: 3, line: { 2: noon } });
    await bounds(1);
    expect(calls).not.toContain('tenants.findAcrossTenants');
  });

  it.each([
    [3, undefined, 0],
    [1_000, undefined, 1],
    [1_000, 2, 0],
    [1_000, 1, 1],
  ])('notes the number of rows of a cap of %i that had %j, in %i writes', async (cap, rowsEver, times) => {
    const { bounds, calls, world } = given({ cap });
    if (rowsEver !== undefined) world.rows.capRowsEver.set('tier/small', rowsEver);
    await bounds(1);
    expect(calls.filter((call) => call === 'launches.noteCapRows')).toHaveLength(times);
  });
});

describe('the line of a cap', () => {
  const update = (world: ReturnType<typeof given>, over: Partial<Parameters<typeof updateWaitingLines>[1]>) =>
    updateWaitingLines(world.deps, { waiter: waiter(1), isStopped: true, machines: 0, ...over });

  it('is joined by a tenant that the cap stopped, and its first one is woken', async () => {
    const world = given({ used: 1, line: { 2: noon - 1 } });
    await update(world, {});
    expect(world.inLine()).toEqual([2, 1]);
    expect(world.woken()).toEqual([2]);
  });

  it('keeps the place of a tenant that got nothing, and moves back one that got a machine', async () => {
    const world = given({ used: 1, line: { 1: noon - 2, 2: noon - 1 } });
    await update(world, {});
    expect(world.calls).not.toContain('launches.joinLine');
    expect(world.woken()).toEqual([1]);
    await update(world, { machines: 1 });
    expect(world.world.rows.lines.get('tier/small')).toMatchObject([
      { installationId: 2, since: noon - 1 },
      { installationId: 1, since: noon - 2 + 1_000_000 },
    ]);
    expect(world.woken()).toEqual([1, 2]);
  });

  /** Tenant 2 is first; the others have no rows. */
  const givenLine = (length: number) => {
    const world = given({ used: 1 });
    const others = Array.from({ length: length - 1 }, (_, n) => waiter(n + 10));
    world.world.rows.lines.set('tier/small', [waiter(2, noon - 1), ...others]);
    return world;
  };
  const joins = async (world: ReturnType<typeof given>, tenant: number) => {
    await update(world, { waiter: waiter(tenant) });
    const isIn = world.inLine().includes(InstallationId(tenant));
    const rows = world.world.rows.lines;
    const before = (rows.get('tier/small') ?? []).filter((one) => one.installationId !== tenant);
    rows.set('tier/small', before);
    return isIn;
  };

  it('is joined by any tenant while fewer than 750 wait, and then by an eighth in each minute, up to 1,000', async () => {
    const tenants = Array.from({ length: 160 }, (_, n) => 5_000 + n);
    const joining = async (length: number) => {
      const world = givenLine(length);
      let count = 0;
      for (const tenant of tenants) if (await joins(world, tenant)) count += 1;
      return count;
    };
    expect(await joining(749)).toBe(160);
    const some = await joining(750);
    expect(some).toBeGreaterThan(10);
    expect(some).toBeLessThan(30);
    expect(await joining(999)).toBe(some);
    expect(await joining(1_000)).toBe(0);
  });

  it.each([1, 2, 4, 8])(
    'of 750 is joined by every tenant in time, though poked only every %i minutes',
    async (minutes) => {
      const world = givenLine(750);
      for (const tenant of [5_001, 5_002, 5_003, 5_004, 5_005, 5_006, 5_007, 5_008]) {
        let visits = 1;
        while (visits <= 60 && !(await joins(world, tenant))) {
          world.deps.clock.advance(minutes * 60_000);
          visits += 1;
        }
        expect(visits).toBeLessThanOrEqual(60);
      }
    },
  );

  it('that was joined wakes the first one', async () => {
    const world = givenLine(100);
    await update(world, {});
    expect(world.woken()).toEqual([2]);
  });

  it('keeps the place of one that got nothing, however long it is', async () => {
    const world = givenLine(800);
    const rows = world.world.rows.lines;
    rows.set('tier/small', [...(rows.get('tier/small') ?? []), waiter(1)]);
    await update(world, {});
    expect(world.inLine().at(-1)).toBe(1);
  });

  it.each([
    [750, true],
    [751, false],
  ])(
    'of %i tenants keeps the first one that got a machine: %s; who is next is woken',
    async (length, isKept) => {
      const world = givenLine(length - 1);
      const rows = world.world.rows.lines;
      rows.set('tier/small', [waiter(1, noon - 2), ...(rows.get('tier/small') ?? [])]);
      await update(world, { machines: 1 });
      expect(world.inLine().at(-1) === InstallationId(1)).toBe(isKept);
      expect(world.inLine().includes(InstallationId(1))).toBe(isKept);
      expect(world.woken()).toEqual([2]);
    },
  );

  it('reaches nearly all of 1,030 tenants in 24 minutes, though each of them rejoins as soon as it has had its machine', async () => {
    const world = given({ used: 3 });
    const rows = world.world.rows.lines;
    const [tenants, reached] = [Array.from({ length: 1_030 }, (_, n) => n + 10), new Set<number>()];
    rows.set(
      'tier/small',
      tenants.slice(0, 1_000).map((tenant) => waiter(tenant)),
    );
    for (let minute = 0; minute < 24; minute++) {
      world.deps.clock.advance(60_000);
      const bySince = [...(rows.get('tier/small') ?? [])].sort((one, other) => one.since - other.since);
      const served = bySince.slice(0, 100).map(({ installationId }) => installationId);
      for (const tenant of served) {
        reached.add(tenant);
        await update(world, { waiter: waiter(tenant), machines: 1 });
      }
      const inLine = new Set<number>(world.inLine());
      const outside = tenants.filter((tenant) => !inLine.has(tenant));
      for (const tenant of [...served, ...outside]) await update(world, { waiter: waiter(tenant) });
    }
    expect(reached.size).toBeGreaterThanOrEqual(1_025);
  });

  it('is left by a tenant that something else stopped, and those whose turn it then is are woken', async () => {
    const world = given({ used: 1, line: { 1: 1, 2: 2, 3: 3 } });
    await update(world, { isStopped: false });
    expect(world.inLine()).toEqual([2, 3]);
    expect(world.woken()).toEqual([2, 3]);
  });

  it('does not change, and nobody is woken, if a tenant is in no line', async () => {
    const world = given({ line: { 2: 2 } });
    await update(world, { isStopped: false });
    expect([world.inLine(), world.woken()]).toEqual([[2], []]);
    await leaveLines(world.deps, { installationId: InstallationId(1), tier: medium });
    expect(world.calls).toEqual(['launches.waitersAcrossTenants']);
  });

  it('is not read again if the caller has read it', async () => {
    const world = given({
      used: 3,
      line: { 1: noon },
      cell: { machines: 5, used: 0 },
      cellLine: { 1: noon },
    });
    const known = await world.bounds(1);
    world.calls.splice(0);
    await update(world, { isStopped: false, known });
    // The second cap was not read: the first one left nothing.
    expect(world.calls.filter((call) => call === 'launches.waitersAcrossTenants')).toHaveLength(1);
    expect([world.inLine(), world.inLine('cell')]).toEqual([[], []]);
  });

  it('is read if the caller has read only that of another cap', async () => {
    const world = given({ used: 3, line: { 1: noon }, cell: { machines: 5, used: 0 } });
    await update(world, { isStopped: false, known: await world.bounds(1) });
    expect(world.calls.filter((call) => call === 'launches.leaveLine')).toHaveLength(1);
  });

  it('is left by a tenant that needs nothing', async () => {
    const world = given({ line: { 1: 1, 2: 2 } });
    await leaveLines(world.deps, waiter(1));
    expect([world.inLine(), world.woken()]).toEqual([[2], [2]]);
  });
});

describe('leases that were freed', () => {
  it('wake as many tenants as can now use them, in line order', async () => {
    const world = given({ used: 1, line: { 1: 3, 2: 1, 3: 2 } });
    await wakeNextWaiters(world.deps, [small]);
    // Of two free leases one was free before.
    expect(world.woken()).toEqual([3]);
    const two = given({ used: 1, line: { 1: 3, 2: 1, 3: 2 } });
    await wakeNextWaiters(two.deps, [small, small]);
    expect(two.woken()).toEqual([2, 3]);
    expect(two.deps.queues.tiers[0]).toMatchObject({
      ...{ tier: small, message: { kind: 'poke', installationId: 2, tier: small } },
    });
  });

  it('of another tier, or without waiting tenants, wake nobody and read no counts', async () => {
    const world = given({ used: 1 });
    await wakeNextWaiters(world.deps, [medium, small]);
    expect(world.calls).toEqual(['launches.waitersAcrossTenants']);
  });
});

describe('each minute', () => {
  it('the line of each cap is checked, and the tenants whose turn it is are woken', async () => {
    const world = given({ used: 2, line: { 1: 2, 2: 1 } });
    expect(await sweepLines(world.deps)).toEqual({ errors: [] });
    expect(world.woken()).toEqual([2]);
  });

  it('a cap whose rows cannot be read is reported, and does not stop other caps', async () => {
    const world = given({ line: { 1: 1 }, cell: { machines: 5, used: 0 } });
    const error = new Error('No rows.');
    world.world.failNext('launches.capUseAcrossTenants', error);
    expect(await sweepLines(world.deps)).toEqual({ errors: [error] });
    expect(world.woken()).toEqual([1]);
  });

  it.each(['launches.leaveLine', 'sendToTier'] as const)(
    'what fails in %s is reported, and the rest is done',
    async (call) => {
      const world = given({ used: 2, line: { 1: 1 }, cell: { machines: 5, used: 0 } });
      world.world.rows.lines.set('cell', [waiter(1, 1), waiter(2, noon, TierName('former'))]);
      const error = new OperationalError('Not now.', { code: 'Unavailable', retryable: true });
      if (call === 'sendToTier') world.deps.queues.failNext(1, error);
      else world.world.failNext(call, error);
      expect(await sweepLines(world.deps)).toEqual({ errors: [error] });
      expect([world.inLine('cell'), world.woken()]).toEqual(
        call === 'sendToTier' ? [[1], []] : [[1, 2], [1]],
      );
    },
  );

  it('a hundred places of tiers that are no longer configured are given up', async () => {
    const world = given({ cell: { machines: 5, used: 0 } });
    const former = Array.from({ length: 150 }, (_, n) => waiter(n + 10, noon, TierName('former')));
    world.world.rows.lines.set('cell', former);
    await sweepLines(world.deps);
    expect(world.inLine('cell')).toHaveLength(50);
  });

  it('only the next hundred of a long line are considered', async () => {
    const world = given({ used: 2 });
    const line = Array.from({ length: 150 }, (_, n) => waiter(n + 10, noon - n));
    for (const { installationId } of line) {
      world.world.rows.tenants.set(installationId, givenTenant({ installationId }));
    }
    world.world.rows.lines.set('tier/small', line);
    await sweepLines(world.deps);
    expect(world.woken()).toEqual([159]);
  });

  it('no tenant is read if nobody waits', async () => {
    const world = given({});
    await sweepLines(world.deps);
    expect(world.calls).toEqual(['launches.capUseAcrossTenants']);
    expect(world.woken()).toEqual([]);
  });
});
