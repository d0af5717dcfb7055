/**
 * Compares AWS's bill by machine with the records, using what AWS has delivered to the bucket. It does not call Cost
 * Explorer.
 */
import { listUsage } from '../../../adapters/dynamodb/usage-list.ts';
import { listSums } from '../../../adapters/dynamodb/usage-sum-list.ts';
import { type ComparedExport, type RecordedMachine, tallyExport } from '../../../core/compare-export.ts';
import { dayMilliseconds, dayOf } from '../../../core/days.ts';
import type { UsageSum } from '../../../core/usage-sum.ts';
import type { CommandCall } from '../../command.ts';
import { isGone, lastSettledDay } from '../month.ts';
import { usageTable } from '../usage-table.ts';
import { callerAccount } from './export-place.ts';
import { createExportReader } from './read-export.ts';

export interface ReadExport {
  readonly sums: readonly UsageSum[];
  readonly days: readonly string[];
  readonly found: ComparedExport;
  /** When AWS delivered it, ISO 8601. */
  readonly deliveredAt: string;
}

/**
 * Also reads machines that were launched up to this many days before: one whose job runs for five days lives for some hours more,
 * so that it may have been launched late on the sixth day before.
 */
const daysBefore = 6;

/**
 * @param wanted days of one month, in order
 * @returns a sentence why the export cannot be used, or what it says about the wanted days that it fully covers
 */
export async function compareWithExport(
  call: CommandCall,
  wanted: readonly string[],
): Promise<ReadExport | string> {
  const { config } = call;
  if (!config.costsExport) return 'mayfly.config.ts has no costsExport.';
  const [first = ''] = wanted;
  if (isGone(first, Date.now()))
    return `The records of ${first} have expired, and the export is compared machine by machine.`;
  const month = first.slice(0, 'yyyy-mm'.length);
  const { environment, region } = config;
  const reader = createExportReader(call, { environment, region, account: await callerAccount(call) });
  try {
    const delivery = await reader.find(month);
    if (!delivery) return `AWS has delivered no export of ${month} yet: see mayfly costs export enable.`;
    const settled = lastSettledDay(delivery.at);
    const days = wanted.filter((day) => day <= settled);
    if (days.length === 0) return `The export of ${month} has no complete day yet.`;
    const table = usageTable(call);
    const { sums } = await listSums(table, { days });
    const tally = tallyExport({ environment, days, machines: await machinesOf(table, days) });
    for await (const line of reader.lines(month, delivery)) tally.add(line);
    const found = tally.result();
    const deliveredAt = new Date(delivery.at).toISOString();
    return { sums, days, found, deliveredAt };
  } finally {
    reader.close();
  }
}

/** Day by day, so that memory holds only the part of each record that the comparison needs. */
async function machinesOf(
  table: Parameters<typeof listUsage>[0],
  days: readonly string[],
): Promise<RecordedMachine[]> {
  const before = Array.from({ length: daysBefore }, (_, n) =>
    dayOf(Date.parse(days[0]!) - (n + 1) * dayMilliseconds),
  );
  const machines: RecordedMachine[] = [];
  for (const day of [...before, ...days]) {
    for (const record of await listUsage(table, { days: [day] })) {
      const { instanceId, installationId, tier, spot, cost, unpriced, endedAt } = record;
      machines.push({ instanceId, installationId, tier, spot, cost, unpriced, endedAt, day });
    }
  }
  return machines;
}
