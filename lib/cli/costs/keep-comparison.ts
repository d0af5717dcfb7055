/**
 * Stores the result of a comparison with AWS's bill beside the records: each day that changed, with an audit row, and
 * the comparison's outcome, from which the platform makes its metric. It may be repeated at any time, also after a
 * crash: days that are stored already are not written again, and the outcome is written last.
 */
import { readComparedDays, writeComparedDay } from '../../adapters/dynamodb/comparison-rows.ts';
import { writeComparisonState } from '../../adapters/dynamodb/comparison-state-row.ts';
import { tables } from '../../contract/tables.ts';
import type { ComparedDay } from '../../core/compared-day.ts';
import type { CommandCall } from '../command.ts';
import { whoRuns } from '../tenants/who.ts';
import { usageTable } from './usage-table.ts';

export interface ToKeep {
  /** When the bill was read, epoch milliseconds. */
  readonly askedAt: number;
  readonly days: readonly ComparedDay[];
  readonly lastDay: string;
  readonly daysApart: number;
}

/** @returns how many days changed */
export async function keepComparison(
  call: CommandCall,
  { askedAt, days, lastDay, daysApart }: ToKeep,
): Promise<number> {
  const audit = `${call.config.environment}-${tables.audit.suffix}`;
  const place = { ...comparisonsOf(call), audit };
  const months = [...new Set(days.map(({ day }) => monthOfDay(day)))];
  const kept = (await Promise.all(months.map((month) => readComparedDays(place, month)))).flat();
  const known = new Map(kept.map((day) => [day.day, day]));
  const said = { at: new Date(askedAt).toISOString(), who: await whoRuns(call) };
  let changed = 0;
  for (const day of days) {
    if (await writeComparedDay(place, { known: known.get(day.day), now: day, ...said })) changed += 1;
  }
  await writeComparisonState(place, { comparedAt: askedAt, lastDay, daysApart });
  return changed;
}

/** The stored comparisons of a month, in the order of its days. */
export const keptDays = (call: CommandCall, month: string): Promise<ComparedDay[]> =>
  readComparedDays(comparisonsOf(call), month);

function comparisonsOf(call: CommandCall) {
  const { client, tableName } = usageTable(call);
  return { client, usage: tableName };
}

export const monthOfDay = (day: string) => day.slice(0, 'yyyy-mm'.length);
