/** The sums of past days: complete, the same whoever dies where, and made again when late words have come. */
import { describe, expect, it } from '@jest/globals';
import { compareSpent } from '../../lib/app/reconciler/compare-spent.ts';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { totalOf } from '../../lib/core/price.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp, together } from '../../lib/core/usage-sum.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { givenDeployment, givenTenant, noon, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const day = '2026-11-21';
const hour = 3_600_000;
const dayMilliseconds = 24 * hour;
const deployment = givenDeployment();
const { bootSeconds, idleSeconds, jobSeconds } = deployment.limits;
const complete =
  Date.parse(day) + dayMilliseconds + (bootSeconds + idleSeconds + jobSeconds) * 1000 + 3 * hour;

function givenRecord(n: number, tenant: number, repository?: string): UsageRecord {
  const instanceId = InstanceId(`i-${n}`);
  const runner = givenRunner({ instanceId, installationId: InstallationId(tenant), launchedAt: noon });
  const job = repository === undefined ? undefined : { jobId: JobId(n), repository };
  const priced = { ...runner, rates: { list: '2026-07-20', compute: 36_000, disk: 730, address: 3_600 } };
  return usageOf({ runner: priced, reason: 'job-completed', endedAt: noon + n * 1000, job });
}

async function givenLedger(records: readonly UsageRecord[], now = complete) {
  const stores = createMemoryStores();
  await stores.usage.record(records);
  const clock = createMemoryClock(now);
  const telemetry = createMemoryTelemetry();
  const deps = { deployment, usage: stores.ledger, tenants: stores.tenants, telemetry, clock };
  const { rows } = stores.world;
  const sums = () => [...rows.usageSums.values()].flat();
  return { stores, clock, deps, telemetry, sums, progress: () => rows.rollUps.get(day) };
}

const records = [
  ...[givenRecord(100, 101, 'acme/app'), givenRecord(200, 101, 'acme/app'), givenRecord(300, 101)],
  givenRecord(400, 102, 'globex/app'),
];

describe('a record broken by a manual edit', () => {
  it('does not affect the sums of other tenants, and leaves its own without any until it is corrected', async () => {
    const { stores, deps, clock, sums, progress } = await givenLedger([...records, givenRecord(500, 9)]);
    const name = unreadableName('usage', '102#i-400');
    stores.world.unreadable.add(name);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(new Set(sums().map(({ installationId }) => Number(installationId)))).toEqual(new Set([101, 9]));
    expect(progress()).toEqual({ finished: 1, skipped: [102] });
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    stores.world.unreadable.delete(name);
    clock.advance(hour);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(4);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('is looked for again once an hour, as its tenant may have a million, and logged when it is summed up', async () => {
    const { stores, deps, clock, progress, telemetry } = await givenLedger(records);
    stores.world.unreadable.add(unreadableName('usage', '102#i-400'));
    let reads = 0;
    stores.world.beforeCall = (call) => {
      if (call === 'ledger.recordsOf') reads += 1;
    };
    const visits: boolean[] = [];
    for (let minute = 0; minute <= 70; minute += 5) {
      visits.push(
        await rollUpUsage(deps).then(
          () => false,
          () => true,
        ),
      );
      clock.advance(300_000);
    }
    expect(reads).toBe(2);
    expect(visits.flatMap((failed, n) => (failed ? [n * 5] : []))).toEqual([0, 5, 65]);
    expect(progress()).toMatchObject({ finished: 1, skipped: [102], triedAt: complete + 65 * 60_000 });
    stores.world.unreadable.clear();
    telemetry.events.length = 0;
    clock.advance(hour);
    await rollUpUsage(deps);
    expect(telemetry.events.filter(({ name }) => name === 'usage-rolled-up')).toMatchObject([
      { fields: { day, pass: 1, tenants: 1, machines: 1 } },
    ]);
  });

  it('is looked for at the next visit if the table did not answer: that says nothing about the row', async () => {
    const { stores, deps, clock, progress } = await givenLedger(records);
    stores.world.unreadable.add(unreadableName('usage', '102#i-400'));
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    stores.world.unreadable.clear();
    clock.advance(hour);
    const down = new OperationalError('down', { code: 'InternalServerError', retryable: true });
    stores.world.failNext('ledger.recordsOf', down);
    await expect(rollUpUsage(deps)).rejects.toBe(down);
    expect(progress()).toEqual({ finished: 1, skipped: [102] });
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('leaves its tenant without sums even if other records can be read: they would be too low', async () => {
    const { stores, deps, sums } = await givenLedger(records);
    stores.world.unreadable.add(unreadableName('usage', '101#i-200'));
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(sums().map(({ installationId }) => Number(installationId))).toEqual([102]);
  });

  it('is retried however many tenants follow, whose sums are computed once', async () => {
    const many = Array.from({ length: 150 }, (_, n) => givenRecord(1000 + n, 1000 + n));
    const { stores, deps, clock, sums, progress } = await givenLedger([...records, ...many]);
    const writes = countWrites(stores);
    stores.world.unreadable.add(unreadableName('usage', '1000#i-1000'));
    for (let visits = 0; visits < 3; visits += 1) {
      await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
      clock.advance(hour);
    }
    expect(progress()).toMatchObject({ finished: 1, skipped: [1000] });
    expect(writes.count).toBe(151);
    stores.world.unreadable.clear();
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1 });
    expect(new Set(sums().map(({ installationId }) => installationId)).size).toBe(152);
    expect(writes.count).toBe(152);
  });

  it('does not delay later tenants or days if a visit has time for two tenants', async () => {
    const later = [givenRecord(600, 101), givenRecord(700, 102)].map((record) => ({
      ...{ ...record, launchedAt: record.launchedAt + dayMilliseconds },
    }));
    const { stores, deps, clock, progress } = await givenLedger(
      [...records, ...later, ...[3, 4, 5].map((n) => givenRecord(n, 1_000 + n))],
      complete + dayMilliseconds,
    );
    stores.world.unreadable.add(unreadableName('usage', '101#i-100'));
    stores.world.afterCall = (call) => {
      if (call === 'ledger.write') clock.advance(30_000);
    };
    for (let visits = 0; visits < 6; visits += 1) await rollUpUsage(deps).catch(() => undefined);
    clock.advance(hour);
    const { usageSums } = stores.world.rows;
    const sound = [102, 1_003, 1_004, 1_005].map((tenant) => `${day}/${tenant}`);
    expect([...usageSums.keys()].toSorted()).toEqual(
      [...sound, '2026-11-22/101', '2026-11-22/102'].toSorted(),
    );
    expect(stores.world.rows.rollUps.get('2026-11-22')).toEqual({ finished: 1 });
    expect(progress()).toMatchObject({ finished: 1, skipped: [101] });
    stores.world.unreadable.clear();
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('does not delay other tenants’ second sums, and leaves its own of the first pass until it is corrected', async () => {
    const { stores, deps, clock, sums, progress } = await givenLedger(records);
    const [early, late] = ['102#i-400', '101#i-100'].map((name) => unreadableName('usage', name));
    stores.world.unreadable.add(early!);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    await stores.usage.record([givenRecord(500, 103, 'late/app')]);
    stores.world.unreadable.add(late!);
    clock.advance(3 * dayMilliseconds);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(progress()).toMatchObject({ finished: 2, skipped: [102, 101] });
    expect(sums().map(({ installationId }) => Number(installationId))).toEqual([101, 101, 103]);
    stores.world.unreadable.delete(late!);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(progress()).toMatchObject({ finished: 2, skipped: [102] });
    stores.world.unreadable.clear();
    clock.advance(hour);
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 2 });
    expect(together(sums())).toEqual(together(sumUp([...records, givenRecord(500, 103, 'late/app')])));
  });

  it('leaves its tenant skipped until its sums are written, wherever a visit dies, or if two run at once', async () => {
    for (let dies = 1; dies <= 16; dies += 1) {
      const { stores, deps, clock, sums, progress } = await givenLedger(records);
      const { unreadable, rows } = stores.world;
      unreadable.add(unreadableName('usage', '102#i-400'));
      let [calls, hidden] = [0, 0];
      const die = () => {
        const { finished = 0, skipped = [] } = rows.rollUps.get(day) ?? {};
        if (finished > 0 && !skipped.includes(102) && !rows.usageSums.has(`${day}/102`)) hidden += 1;
        calls += 1;
        if (calls % dies === 0 && calls <= 64) throw new Error('killed');
      };
      stores.world.beforeCall = die;
      stores.world.afterCall = die;
      for (let visits = 0; visits < 40; visits += 1) {
        await Promise.allSettled([rollUpUsage(deps), rollUpUsage(deps)]);
        if (visits === 4) clock.advance(3 * dayMilliseconds);
        if (visits === 6) unreadable.clear();
        if (visits > 6) clock.advance(hour);
      }
      expect([sums().length, hidden]).toEqual([3, 0]);
      expect(progress()).toEqual({ finished: 2 });
    }
  });

  it('is reported with all others, each once whenever its tenant is tried', async () => {
    const { stores, deps, clock, progress, telemetry } = await givenLedger([...records, givenRecord(500, 9)]);
    const named = () =>
      telemetry.events
        .splice(0)
        .filter(({ name, level }) => name === 'usage-not-summed' && level === 'error');
    for (const name of ['101#i-100', '102#i-400']) stores.world.unreadable.add(unreadableName('usage', name));
    for (const later of [0, 300_000, hour, 3 * dayMilliseconds]) {
      clock.advance(later);
      await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
      expect(named().map(({ fields }) => fields['error'])).toEqual([
        expect.stringContaining('usage row 101#i-100'),
        expect.stringContaining('usage row 102#i-400'),
      ]);
    }
    stores.world.unreadable.delete(unreadableName('usage', '101#i-100'));
    clock.advance(hour);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(progress()).toMatchObject({ finished: 2, skipped: [102] });
  });

  const givenAllUnreadable = async (count: number) => {
    const many = Array.from({ length: count }, (_, n) => givenRecord(n, 1_000 + n));
    const ledger = await givenLedger(many);
    for (const { installationId, instanceId } of many)
      ledger.stores.world.unreadable.add(unreadableName('usage', `${installationId}#${instanceId}`));
    await expect(rollUpUsage(ledger.deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    const error = `${count - 10} more rows cannot be read.`;
    expect(ledger.telemetry.events.at(-1)?.fields).toEqual({ error });
    return ledger;
  };

  it('keeps no day from its end though more than a thousand tenants have one', async () => {
    const { stores, deps, progress } = await givenAllUnreadable(1_001);
    expect([progress()?.finished, progress()?.skipped?.length]).toEqual([1, 1_001]);
    stores.world.unreadable.clear();
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('restarts the day at each visit if more than 20,000 tenants have one', async () => {
    expect((await givenAllUnreadable(20_000)).progress()?.skipped).toHaveLength(20_000);
    expect((await givenAllUnreadable(20_001)).progress()).toBeUndefined();
  });
});

function countWrites({ world }: ReturnType<typeof createMemoryStores>) {
  const writes = { count: 0 };
  world.beforeCall = (call) => {
    if (call === 'ledger.write') writes.count += 1;
  };
  return writes;
}

describe('the sums of a day', () => {
  it('are the totals of its records by tenant, tier, repository and workflow', async () => {
    const { deps, sums, progress } = await givenLedger(records);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(records));
    expect(sums().map(({ installationId, work, machines }) => [installationId, work, machines])).toEqual([
      [101, { repository: 'acme/app' }, 2],
      [101, undefined, 1],
      [102, { repository: 'globex/app' }, 1],
    ]);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are at most a thousand for a tenant, the smallest of them combined', async () => {
    const many = Array.from({ length: 1_100 }, (_, n) => givenRecord(n + 1, 101, `acme/app-${n}`));
    const { deps, sums } = await givenLedger(many);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(999);
    expect(sums().at(-1)).toMatchObject({ work: { repository: '(others)' }, machines: 102 });
  });

  it('are computed from five thousand records at a time: a tenant may have a million', async () => {
    const { deps, sums } = await givenLedger([]);
    let given = 0;
    let givenAtFirst = 0;
    const record = givenRecord(100, 101, 'acme/app');
    async function* recordsByTenant(of: string) {
      if (of !== day) return;
      const first = {
        ...record,
        get tier() {
          givenAtFirst ||= given;
          return record.tier;
        },
      };
      for (given = 1; given <= 5_001; given += 1) yield given === 1 ? first : record;
    }
    await rollUpUsage({ ...deps, usage: { ...deps.usage, recordsByTenant } });
    expect(givenAtFirst).toBe(5_000);
    expect(sums().map(({ machines }) => machines)).toEqual([5_001]);
  });

  it('are not computed while a machine of the day may be alive', async () => {
    const { deps, sums, progress } = await givenLedger(records, complete - 1);
    await rollUpUsage(deps);
    expect([sums(), progress()]).toEqual([[], undefined]);
  });

  it('are computed once more after late events about its jobs, and never again', async () => {
    const { deps, stores, clock, sums, progress } = await givenLedger(records);
    await rollUpUsage(deps);
    await stores.usage.addJob(records[2]!, {
      jobId: JobId(300),
      repository: 'acme/app',
      conclusion: 'cancelled',
    });
    clock.advance(3 * dayMilliseconds - 1);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(3);
    clock.advance(1);
    await rollUpUsage(deps);
    expect(sums().map(({ jobs, waste }) => [jobs, waste.cancelled.machines])).toEqual([
      [3, 1],
      [1, 0],
    ]);
    expect(progress()).toEqual({ finished: 2 });
    await stores.usage.record([givenRecord(500, 103)]);
    clock.advance(dayMilliseconds);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(2);
  });

  it('continue after the last hundred tenants after a crash', async () => {
    const many = Array.from({ length: 150 }, (_, n) => givenRecord(n, 1_000 + n));
    const { deps, stores, progress } = await givenLedger(many);
    let writes = 0;
    stores.world.beforeCall = (call) => {
      if (call === 'ledger.write' && ++writes === 121) throw new Error('died');
    };
    await expect(rollUpUsage(deps)).rejects.toThrow('died');
    expect(progress()).toEqual({ finished: 0, after: 1_099 });
    await rollUpUsage(deps);
    expect(writes).toBe(121 + 50);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('continue in the next visit if one has no time left', async () => {
    const { deps, clock, stores, sums, progress } = await givenLedger(records);
    stores.world.afterCall = (call) => {
      if (call === 'ledger.write') clock.advance(hour);
    };
    await rollUpUsage(deps);
    expect([sums().length, progress()]).toEqual([2, { finished: 0, after: 101 }]);
    await rollUpUsage(deps);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(records));
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are the same wherever the process dies, before or after any write', async () => {
    const many = Array.from({ length: 250 }, (_, n) => givenRecord(n, 100 + (n % 130), 'acme/app'));
    const whole = await givenLedger(many);
    await rollUpUsage(whole.deps);
    let calls = 0;
    for (let dies = 1; dies <= 12; dies += 1) {
      const { deps, stores, sums, progress } = await givenLedger(many);
      calls = 0;
      const die = () => {
        calls += 1;
        if (calls === dies * 23) throw new Error('killed');
      };
      stores.world.beforeCall = die;
      stores.world.afterCall = die;
      await rollUpUsage(deps).catch(() => undefined);
      await rollUpUsage(deps);
      expect(sums()).toEqual(whole.sums());
      expect(progress()).toEqual({ finished: 1 });
    }
    expect(calls).toBeGreaterThan(12 * 23);
  });

  it.each([3, 150])('are left to the run that was faster with them, of %i tenants', async (tenants) => {
    const many = Array.from({ length: tenants }, (_, n) => givenRecord(n, 1_000 + n));
    const { deps, stores, sums, progress } = await givenLedger([...many, givenRecord(900, 9_000)]);
    stores.world.unreadable.add(unreadableName('usage', '9000#i-900'));
    let faster: Promise<unknown> | undefined;
    stores.world.afterCall = async (call) => {
      if (call !== 'ledger.write' || faster) return;
      faster = Promise.allSettled([rollUpUsage(deps)]);
      await faster;
    };
    // The faster one names the row that cannot be read.
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1, skipped: [9_000] });
    stores.world.unreadable.clear();
    await rollUpUsage(deps);
    expect(progress()).toEqual({ finished: 1 });
    expect(sums()).toHaveLength(tenants + 1);
  });

  it('are finished by one of two processes that compute them at the same time', async () => {
    const { deps, sums, progress } = await givenLedger(records);
    await Promise.all([rollUpUsage(deps), rollUpUsage(deps)]);
    expect(sums()).toEqual(sumUp(records));
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are the same for a tenant whose records do not fit into memory at once', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => givenRecord(n, 101, `acme/app-${n % 3}`));
    const { deps, sums } = await givenLedger(many);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(many));
  });

  it('lose no amount, however many repositories a tenant has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1100 }), async (count) => {
        const many = Array.from({ length: count }, (_, n) => givenRecord(n, 101, `acme/app-${n}`));
        const { deps, sums } = await givenLedger(many);
        await rollUpUsage(deps);
        expect(sums().length).toBeLessThanOrEqual(1_000);
        expect(together(sums())).toEqual(together(sumUp(many)));
      }),
      { numRuns: 4 },
    );
  });
});

describe('what a tenant counts as spent on a day that is over', () => {
  /** Those of the others have no price for CPU credits. */
  const priced = records.map((record) => ({ ...record, unpriced: [] }));
  const ofTenant = priced.filter(({ installationId }) => installationId === 101);
  const recorded = ofTenant.reduce((sum, { cost }) => sum + totalOf(cost), 0);
  const counts = (ofDay: number, ofMonth: number) =>
    new Map([
      [day, ofDay],
      ['2026-11', ofMonth],
    ]);
  async function givenCounted(over: Partial<Tenant>, now = complete, of: readonly UsageRecord[] = priced) {
    const ledger = await givenLedger(of, now);
    const installationId = InstallationId(101);
    await ledger.stores.tenants.create(givenTenant({ installationId }));
    ledger.stores.world.editTenant(installationId, over);
    const spent = async () => (await ledger.stores.tenants.get(installationId))?.spent;
    const repairs = () => ledger.telemetry.events.filter(({ name }) => name === 'repair');
    return { ...ledger, spent, repairs };
  }

  it('is corrected from the records, once, also in its month, and reported', async () => {
    const { deps, clock, spent, repairs } = await givenCounted({ spent: counts(7, 1_007) });
    await rollUpUsage(deps);
    expect(await spent()).toEqual(counts(recorded, 1_000 + recorded));
    expect(repairs()).toMatchObject([
      { fields: { kind: 'spend-count-corrected', reason: expect.stringContaining(`add up to ${recorded}`) } },
    ]);
    clock.advance(hour);
    await rollUpUsage(deps);
    expect(repairs()).toHaveLength(1);
  });

  it('is left alone if it matches the records', async () => {
    const { deps, spent, repairs } = await givenCounted({ spent: counts(recorded, recorded) });
    await rollUpUsage(deps);
    expect(await spent()).toEqual(counts(recorded, recorded));
    expect(repairs()).toEqual([]);
  });

  it.each<[string, Partial<Tenant>, number, readonly UsageRecord[]]>([
    [
      'a lease of the day is held',
      { held: { expected: new Map(), since: new Map([[day, new Map([[small, 1_795_000_000]])]]) } },
      ...([complete, priced] as const),
    ],
    ['the count of the day may be gone', {}, complete + dayMilliseconds, priced],
    ['a machine had no price', {}, complete, records],
  ])('is left alone where %s', async (_, over, now, of) => {
    const { deps, spent, repairs } = await givenCounted({ spent: counts(7, 7), ...over }, now, of);
    await rollUpUsage(deps);
    expect(await spent()).toEqual(counts(7, 7));
    expect(repairs()).toEqual([]);
  });

  it('is left alone if a machine ended after the records were read, and before the tenant was', async () => {
    const { deps, spent, repairs } = await givenCounted({ spent: counts(recorded, recorded) });
    const sums = sumUp(ofTenant.slice(1));
    await compareSpent(deps, { installationId: InstallationId(101), day, sums });
    expect(await spent()).toEqual(counts(recorded, recorded));
    expect(repairs()).toEqual([]);
  });

  it.each<[string, number, readonly UsageRecord[], number]>([
    ['is corrected on the day itself where all machines that it counts have records', 3, priced, recorded],
    ['is left alone on the day itself where a machine had no price', 3, records, 7],
    ['is left alone on the day itself where there are more records than machines', 2, priced, 7],
    ['is left alone on the day itself where a record is still to be written', 4, priced, 7],
  ])('%s', async (_, machines, of, to) => {
    const settled = new Map([[day, machines]]);
    const { deps, spent } = await givenCounted({ spent: counts(7, 7), settled }, noon + hour, of);
    await compareSpent(deps, { installationId: InstallationId(101), day });
    expect(await spent()).toEqual(counts(to, to));
  });

  it('is left alone if it changed since it was read; an unreadable row does not stop the sums', async () => {
    const { deps, stores, sums, spent, telemetry } = await givenCounted({ spent: counts(7, 7) });
    const gone = new OperationalError('It is broken.', { code: 'Broken', retryable: false });
    stores.world.failNext('tenants.get', gone);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(priced));
    expect(telemetry.events.filter(({ name }) => name === 'spend-not-compared')).toHaveLength(1);
    const read = (await stores.tenants.get(InstallationId(101)))!;
    stores.world.editTenant(InstallationId(101), { spent: counts(8, 8) });
    expect(await stores.tenants.correctSpent(read, { day, to: 1 })).toBe(false);
    expect(await spent()).toEqual(counts(8, 8));
  });
});
