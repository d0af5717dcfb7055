/** What a tenant counts as spent on a past day is corrected from the records, and only if they are certain. */
import { describe, expect, it } from '@jest/globals';
import { compareSpent } from '../../lib/app/reconciler/compare-spent.ts';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { totalOf } from '../../lib/core/price.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { UsageRecord } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenTenant, noon, small } from '../support/given.ts';
import { complete, day, dayMilliseconds, givenLedger, hour, records } from '../support/summed-day.ts';

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

  it('is not changed if it matches the records', async () => {
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
  ])('is not changed where %s', async (_, over, now, of) => {
    const { deps, spent, repairs } = await givenCounted({ spent: counts(7, 7), ...over }, now, of);
    await rollUpUsage(deps);
    expect(await spent()).toEqual(counts(7, 7));
    expect(repairs()).toEqual([]);
  });

  it('is not changed if a machine ended after the records were read, and before the tenant was', async () => {
    const { deps, spent, repairs } = await givenCounted({ spent: counts(recorded, recorded) });
    const sums = sumUp(ofTenant.slice(1));
    await compareSpent(deps, { installationId: InstallationId(101), day, sums });
    expect(await spent()).toEqual(counts(recorded, recorded));
    expect(repairs()).toEqual([]);
  });

  it.each<[string, number, readonly UsageRecord[], number]>([
    ['is corrected on the day itself where all machines that it counts have records', 3, priced, recorded],
    ['is not changed on the day itself where a machine had no price', 3, records, 7],
    ['is not changed on the day itself where there are more records than machines', 2, priced, 7],
    ['is not changed on the day itself where a record is still to be written', 4, priced, 7],
  ])('%s', async (_, machines, of, to) => {
    const settled = new Map([[day, machines]]);
    const { deps, spent } = await givenCounted({ spent: counts(7, 7), settled }, noon + hour, of);
    await compareSpent(deps, { installationId: InstallationId(101), day });
    expect(await spent()).toEqual(counts(to, to));
  });

  it('is not changed if its tenant cannot be read, which does not stop the sums', async () => {
    const { deps, stores, sums, spent, telemetry } = await givenCounted({ spent: counts(7, 7) });
    const gone = new OperationalError('It is broken.', { code: 'Broken', retryable: false });
    stores.world.failNext('tenants.get', gone);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(priced));
    expect(telemetry.events.filter(({ name }) => name === 'spend-not-compared')).toHaveLength(1);
    expect(await spent()).toEqual(counts(7, 7));
  });
});
