/** Compares the sums of past days with the records, adding them up again machine by machine. */
import type { UsageRecord } from '../../../lib/core/usage.ts';
import type { UsageSum } from '../../../lib/core/usage-sum.ts';
import type { Ledger, Note } from './ledger.ts';

/** @param finished how often the sums of each day have been made so far */
export function checkRolledUp(ledger: Ledger, finished: number, note: Note): void {
  const { usage, usageSums, rollUps } = ledger.rows;
  const due = new Map<string, string>();
  for (const [key, records] of Map.groupBy(usage.values(), keyOf)) due.set(key, amountsOf(records));
  const sums = [...usageSums.values()].flat();
  const has = new Map<string, string>();
  for (const sum of sums) {
    const key = sumKey(sum);
    if (has.has(key)) note('summed-twice', `there are two sums of ${key}`);
    has.set(key, amountsOfSum(sum));
  }
  for (const key of new Set([...due.keys(), ...has.keys()])) {
    if (due.get(key) === has.get(key)) continue;
    note(
      'sums',
      `${key} has the sum ${has.get(key) ?? 'nothing'}, but its records add up to ${due.get(key) ?? 'nothing'}`,
    );
  }
  const days = new Set([...usage.values()].map((record) => dayKey(record)));
  for (const day of days) {
    const known = rollUps.get(day);
    if (known?.finished !== finished)
      note('roll-up-count', `${day} was summed up ${known?.finished ?? 0} times instead of ${finished}`);
  }
}

const dayKey = ({ launchedAt }: UsageRecord) => new Date(launchedAt).toISOString().slice(0, 10);
const keyOf = (record: UsageRecord) => {
  const { installationId, tier, job } = record;
  const work = job ? [job.repository, job.workflow] : ['no job'];
  return JSON.stringify([dayKey(record), installationId, tier, ...work]);
};
const sumKey = ({ day, installationId, tier, work }: UsageSum) =>
  JSON.stringify([day, installationId, tier, ...(work ? [work.repository, work.workflow] : ['no job'])]);

/** As one text, so that two of them are compared at once. */
const textOf = (machines: number, lostOrIdle: number, amounts: readonly number[]) =>
  `${machines} machines, ${lostOrIdle} wasted, ${amounts.join('+')}`;

function amountsOf(records: readonly UsageRecord[]): string {
  const of = (component: keyof UsageRecord['cost']) =>
    records.reduce((sum, { cost }) => sum + (cost[component] ?? 0), 0);
  const isWasted = ({ job, spot, endReason }: UsageRecord) =>
    !job ||
    job.conclusion === 'cancelled' ||
    (spot && endReason === 'instance-ended' && job.conclusion === 'failure');
  return textOf(records.length, records.filter(isWasted).length, [
    ...[of('compute'), of('surplus'), of('disk'), of('address')],
  ]);
}

function amountsOfSum({ machines, cost, waste }: UsageSum): string {
  const wasted = waste.idle.machines + waste.cancelled.machines + waste.lostSpot.machines;
  return textOf(machines, wasted, [cost.compute, cost.surplus, cost.disk, cost.address]);
}
