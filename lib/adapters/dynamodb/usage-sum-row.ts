/**
 * The sums of a tenant's day as a row of the usage table, in a partition of the day's own: one row, so that they change
 * as a whole. They are deflated, since only reports read them. Another row has the progress of the day's sums.
 */
import { usageSumDays } from '../../contract/tables.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { RollUpProgress } from '../../core/roll-up-plan.ts';
import type { UsageSum } from '../../core/usage-sum.ts';
import { type Attributes, compact, number, Row, text } from './attributes.ts';
import { deflated } from './deflated.ts';
import { machinesOf } from './usage-row.ts';

export const sumsPartition = (day: string) => `roll-up#${day}`;
/** Before every tenant's. */
const progressSortKey = '!';

export const progressKey = (day: string): Attributes => ({
  day: text(sumsPartition(day)),
  machine: text(progressSortKey),
});
export const isProgress = (row: Attributes) => row['machine']?.S === progressSortKey;

export const sumsExpireAt = (day: string) =>
  number(Math.ceil(Date.parse(day) / 1000) + usageSumDays * 24 * 60 * 60);

export const sumsRow = (
  day: string,
  installationId: InstallationId,
  sums: readonly UsageSum[],
): Attributes => ({
  day: text(sumsPartition(day)),
  machine: text(machinesOf(installationId)),
  sums: deflated(JSON.stringify(sums)),
  expires_at: sumsExpireAt(day),
});

export function sumsOfRow(attributes: Attributes): UsageSum[] {
  const row = new Row(`usage row ${attributes['day']?.S}/${attributes['machine']?.S}`, attributes);
  return row.deflatedJson('sums', (sums: UsageSum[]) => sums);
}

export function progressOfRow(attributes: Attributes): RollUpProgress {
  const row = new Row(`usage row ${attributes['day']?.S}/${progressSortKey}`, attributes);
  return compact<RollUpProgress>({
    finished: row.number('finished'),
    after: row.optionalNumber('after'),
    skipped: row.optionalNumbers('left'),
    triedAt: row.optionalNumber('tried_at'),
  });
}
