/** The ledger of past days in memory: see the port for what each method promises. */
import { dayMilliseconds } from '../../lib/core/days.ts';
import type { UsageRecord } from '../../lib/core/usage.ts';
import type { UsageLedger } from '../../lib/ports/usage-ledger.ts';
import { copyOf } from './copy.ts';
import { readable } from './unreadable.ts';
import type { StoreWorld } from './world.ts';

/** As the sort key of the real table begins. */
const orderOf = ({ installationId }: Pick<UsageRecord, 'installationId'>) => `${installationId}#`;

const keyOf = (record: UsageRecord) => `${orderOf(record)}${record.instanceId}`;

/** Whether a machine was launched on that day. Many are asked about: none writes out its date. */
function isOf(day: string): (record: UsageRecord) => boolean {
  const start = Date.parse(day);
  return ({ launchedAt }) => launchedAt >= start && launchedAt < start + dayMilliseconds;
}

export function createMemoryUsageLedger(world: StoreWorld): UsageLedger {
  return {
    progress: (days) => world.call('ledger.progress', ({ rollUps }) => days.map((day) => rollUps.get(day))),
    async *recordsByTenant(day, after, skipped) {
      const least = after === undefined ? '' : orderOf({ installationId: after });
      const isOfDay = isOf(day);
      const records = await world.call('ledger.recordsByTenant', ({ usage }) =>
        [...usage.values()].filter((record) => isOfDay(record) && orderOf(record) > least),
      );
      const ordered = records.toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
      yield* readable(world, ordered, { table: 'usage', keyOf, skipped });
    },
    async *recordsOf(day, installationId) {
      const isOfDay = isOf(day);
      const records = await world.call('ledger.recordsOf', ({ usage }) =>
        [...usage.values()].filter((record) => record.installationId === installationId && isOfDay(record)),
      );
      yield* readable(world, records, { table: 'usage', keyOf });
    },
    write: (day, installationId, sums) =>
      world.call('ledger.write', ({ usageSums }) => {
        usageSums.set(`${day}/${installationId}`, copyOf(sums));
      }),
    save: (day, known, now) =>
      world.call('ledger.save', ({ rollUps }) => {
        const stored = rollUps.get(day);
        if (stored && stored.finished !== (known?.finished ?? 0)) return false;
        rollUps.set(day, copyOf(now));
        return true;
      }),
    comparison: () => world.call('ledger.comparison', ({ comparisons }) => copyOf(comparisons.get('last'))),
  };
}
