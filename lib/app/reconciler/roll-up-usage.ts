/**
 * Makes the sums of past days from the records of their machines, so that reports of a month are quick, and still
 * possible when the records are gone. A day's sums are made anew as a whole, tenant by tenant, each in one write that may
 * be repeated: after a crash the next visit continues from the last saved progress. A visit is bounded. A tenant with a record that
 * cannot be read gets no sums, since they would be too low; the others do, and the day is finished once somebody has corrected it.
 */
import type { Limits } from '../../contract/deployment.ts';
import { rolledUpDays } from '../../contract/tables.ts';
import type { InstallationId } from '../../core/ids.ts';
import { daysBefore, type RollUpProgress, rollUpDueAt } from '../../core/roll-up-plan.ts';
import type { UsageRecord } from '../../core/usage.ts';
import { bounded, merged, sumUp, type UsageSum } from '../../core/usage-sum.ts';
import type { SpoiltRow } from '../../ports/spoilt-row.ts';
import type { UsageBooks } from '../../ports/usage-books.ts';
import { spoiltErrors } from '../common/spoilt-errors.ts';
import { type CompareSpentDeps, compareSpent } from './compare-spent.ts';

export interface RollUpDeps extends CompareSpentDeps {
  readonly deployment: { readonly limits: Limits };
  readonly usage: UsageBooks;
}

/** After this no further tenant is begun: the reconciler has four minutes. */
const visitMilliseconds = 60_000;
/** A crash repeats at most the work on so many. */
const tenantsBetweenSaves = 100;

interface Due {
  readonly day: string;
  readonly progress: RollUpProgress | undefined;
}

/** @throws OperationalError; what is written by then stays, and the next visit continues */
export async function rollUpUsage(deps: RollUpDeps): Promise<void> {
  const until = deps.clock.now() + visitMilliseconds;
  const spoilt: unknown[] = [];
  for (const due of await findDue(deps)) {
    if (deps.clock.now() >= until) break;
    spoilt.push(...(await rollUpDay(deps, due, until)));
  }
  // Later days were summed all the same.
  for (const error of spoilt) throw error;
}

async function findDue({ usage, clock, deployment }: RollUpDeps): Promise<Due[]> {
  const now = clock.now();
  const days = daysBefore(now, rolledUpDays);
  const known = await usage.progress(days);
  return days
    .map((day, n) => ({ day, progress: known[n] }))
    .filter(({ day, progress }) => {
      const dueAt = rollUpDueAt(day, progress?.finished ?? 0, deployment.limits);
      return dueAt !== undefined && dueAt <= now;
    });
}

/** @returns records that cannot be read */
async function rollUpDay(
  deps: RollUpDeps,
  { day, progress }: Due,
  until: number,
): Promise<readonly unknown[]> {
  const { usage, clock, telemetry } = deps;
  const finished = progress?.finished ?? 0;
  const visited = { tenants: 0, machines: 0 };
  const after = progress?.after as InstallationId | undefined;
  const spoilt: SpoiltRow[] = [];
  for await (const { installationId, sums } of byTenant(usage.recordsByTenant(day, after, spoilt))) {
    if (spoilt.some((row) => row.installationId === installationId)) continue;
    await usage.write(day, installationId, bounded(sums));
    await compareSpent(deps, { installationId, day, sums });
    visited.tenants += 1;
    visited.machines += sums.reduce((all, { machines }) => all + machines, 0);
    const isOver = clock.now() >= until;
    // What is saved is not read again: the next visit is to come by the spoilt ones.
    if (spoilt.length > 0) {
      if (isOver) break;
      continue;
    }
    if (!isOver && visited.tenants % tenantsBetweenSaves !== 0) continue;
    // Another run was faster and has finished all of it.
    if (!(await usage.save(day, progress, { finished, after: installationId })) || isOver) return [];
  }
  if (spoilt.length > 0) return spoiltErrors(spoilt);
  if (!(await usage.save(day, progress, { finished: finished + 1 }))) return [];
  telemetry.event('info', 'usage-rolled-up', { day, pass: finished + 1, ...visited });
  return [];
}

/** Records that are in memory at once: a tenant may have a million in a day. */
const recordsAtOnce = 5_000;

interface TenantsDay {
  readonly installationId: InstallationId;
  readonly sums: UsageSum[];
}

async function* byTenant(records: AsyncIterable<UsageRecord>): AsyncGenerator<TenantsDay> {
  let group: UsageRecord[] = [];
  let sums: UsageSum[] = [];
  const addUp = () => {
    sums = merged([...sums, ...sumUp(group)]);
    group = [];
  };
  let installationId: InstallationId | undefined;
  for await (const record of records) {
    if (installationId !== undefined && installationId !== record.installationId) {
      addUp();
      yield { installationId, sums };
      sums = [];
    }
    installationId = record.installationId;
    group.push(record);
    if (group.length === recordsAtOnce) addUp();
  }
  addUp();
  if (installationId !== undefined) yield { installationId, sums };
}
