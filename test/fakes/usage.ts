/** The ledger in memory: see the port for what each method promises. */
import type { RanJob, UsageKey, UsageRecord } from '../../lib/core/usage.ts';
import type { UsageStore } from '../../lib/ports/usage.ts';
import { copyOf } from './copy.ts';
import type { Rows, StoreWorld } from './world.ts';

/** Whoever makes it of more, or of less, writes a second record of a machine. */
export const usageKey = ({ installationId, instanceId, launchedAt }: UsageKey) =>
  `${launchedAt}/${installationId}/${instanceId}`;

export function createMemoryUsageStore(world: StoreWorld): UsageStore {
  return {
    record: (records) =>
      world.call('usage.record', (rows) => {
        for (const record of records) recordOne(rows, record);
        return records.map((record) => rows.usage.get(usageKey(record)) ?? record);
      }),
    addJob: (key, job) => world.call('usage.addJob', (rows) => addJob(rows, key, job)),
  };
}

function recordOne(rows: Rows, record: UsageRecord): void {
  const key = usageKey(record);
  if (!rows.usage.has(key)) rows.usage.set(key, copyOf(record));
  else if (record.job) addJob(rows, record, record.job);
}

function addJob({ usage }: Rows, key: UsageKey, job: RanJob): void {
  const known = usage.get(usageKey(key));
  if (known && known.job?.conclusion === undefined) {
    usage.set(usageKey(key), { ...known, job: { ...known.job, ...copyOf(job) } });
  }
}
