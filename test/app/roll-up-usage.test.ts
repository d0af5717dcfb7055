/** The sums of past days: complete, the same wherever a process dies, and computed once more after late events. */
import { describe, expect, it } from '@jest/globals';
import { usageRow } from '../../lib/adapters/dynamodb/usage-row.ts';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { rolledUpDays } from '../../lib/contract/tables.ts';
import { JobId } from '../../lib/core/ids.ts';
import { daysBefore } from '../../lib/core/roll-up-plan.ts';
import { sumUp, together } from '../../lib/core/usage-sum.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { fc } from '../support/properties.ts';
import {
  complete,
  day,
  dayMilliseconds,
  givenLedger,
  givenRecord,
  hour,
  records,
} from '../support/summed-day.ts';

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

  it('are made while all of its records are certain to exist, even of a machine that ended as the day began', () => {
    const began = Date.parse(day);
    const row = usageRow({ ...givenRecord(1, 101, 'acme/app'), startedAt: began, endedAt: began });
    const lastDayToSum = daysBefore(began + rolledUpDays * dayMilliseconds, rolledUpDays)[0];
    expect(lastDayToSum).toBe(day);
    // Until the next midnight, and for a run of the reconciler longer.
    const summedUntil = began + (rolledUpDays + 1) * dayMilliseconds + hour;
    expect(Number(row['expires_at']!.N) * 1_000).toBeGreaterThan(summedUntil);
  });

  it('are made up to sixty days later: an outage may have lasted so long', async () => {
    const began = Date.parse(day);
    const sumsAfter = async (days: number) => {
      const { deps, sums } = await givenLedger(records, began + days * dayMilliseconds);
      await rollUpUsage(deps);
      return sums().length;
    };
    expect([await sumsAfter(60), await sumsAfter(61)]).toEqual([3, 0]);
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

  it.each([3, 150])('are left to the faster of two runs, for %i tenants', async (tenants) => {
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
