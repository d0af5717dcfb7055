/** A usage record that cannot be read delays only the sums of its own tenant, until it is corrected. */
import { describe, expect, it } from '@jest/globals';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { sumUp, together } from '../../lib/core/usage-sum.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { createMemoryStores } from '../fakes/stores.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import {
  complete,
  day,
  dayMilliseconds,
  givenLedger,
  givenRecord,
  hour,
  records,
} from '../support/summed-day.ts';

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

  it('is read again only once an hour, since its tenant may have a million, and logged when it is summed up', async () => {
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

  it('is read again at the next visit if the table did not answer: that says nothing about the row', async () => {
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

  it('leaves its tenant skipped when a pass fails to read it again and another tenant is summed', async () => {
    const { stores, deps, clock, sums, progress } = await givenLedger(records);
    const [kept, mended] = ['102#i-400', '101#i-100'].map((name) => unreadableName('usage', name));
    for (const name of [kept!, mended!]) stores.world.unreadable.add(name);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(progress()).toMatchObject({ finished: 1, skipped: [101, 102] });
    stores.world.unreadable.delete(mended!);
    clock.advance(3 * dayMilliseconds);
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect(progress()).toMatchObject({ finished: 2, skipped: [102] });
    expect(sums().map(({ installationId }) => Number(installationId))).toEqual([101, 101]);
  });

  it('is not read again after the visit’s time: a tenant may have a million', async () => {
    const { stores, deps, clock, progress } = await givenLedger(records);
    for (const name of ['102#i-400', '101#i-100']) stores.world.unreadable.add(unreadableName('usage', name));
    await expect(rollUpUsage(deps)).rejects.toMatchObject({ code: 'UnreadableRow' });
    stores.world.unreadable.clear();
    clock.advance(hour);
    const recordsOf: typeof deps.usage.recordsOf = (...asked) => {
      clock.advance(61_000);
      return deps.usage.recordsOf(...asked);
    };
    const slow = { ...deps, usage: { ...deps.usage, recordsOf } };
    await rollUpUsage(slow);
    expect(progress()).toMatchObject({ finished: 1, skipped: [102] });
    clock.advance(hour);
    await rollUpUsage(slow);
    expect(progress()).toEqual({ finished: 1 });
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

  it('does not stop a day from being finished, even if more than a thousand tenants have one', async () => {
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
