/** The metric of the last comparison with AWS's bill: said while it is news, and by nobody where there was none. */
import { describe, expect, it } from '@jest/globals';
import { emitComparison } from '../../lib/app/reconciler/emit-comparison.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { noon } from '../support/given.ts';

const day = 86_400_000;

async function told(at: number, daysApart = 3) {
  const stores = createMemoryStores();
  stores.world.rows.comparisons.set('last', { comparedAt: noon, lastDay: '2026-11-19', daysApart });
  const telemetry = createMemoryTelemetry();
  await emitComparison({ usage: stores.ledger, telemetry, clock: createMemoryClock(at) });
  return telemetry.counts.map(({ metric, values }) => [metric, ...values]);
}

describe('the last comparison with the bill', () => {
  it('is reported as the number of differing days, including 0, for three days', async () => {
    expect(await told(noon)).toEqual([['BillMismatchDays', 3]]);
    expect(await told(noon + 3 * day - 1, 0)).toEqual([['BillMismatchDays', 0]]);
    expect(await told(noon + 3 * day)).toEqual([]);
  });

  it('is not reported without a comparison', async () => {
    const telemetry = createMemoryTelemetry();
    await emitComparison({ usage: createMemoryStores().ledger, telemetry, clock: createMemoryClock(noon) });
    expect(telemetry.counts).toEqual([]);
  });
});
