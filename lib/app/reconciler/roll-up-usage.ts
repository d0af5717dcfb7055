/**
 * Computes the sums of past days from the records of their machines, so that reports of a month are quick, and
 * still possible when the records are gone. A day's sums are recomputed as a whole, tenant by tenant, each in one
 * write that may be repeated: after a crash the next visit continues from the last saved progress. A visit is
 * bounded. A tenant with a record that cannot be read gets no sums, since they would be too low. It is skipped: the
 * day is finished for all others, and skipped tenants are tried again once an hour, after everything else.
 */
import type { Limits } from '../../contract/deployment.ts';
import { rolledUpDays } from '../../contract/tables.ts';
import type { InstallationId } from '../../core/ids.ts';
import { daysBefore, type RollUpProgress, rollUpDueAt } from '../../core/roll-up-plan.ts';
import { bounded } from '../../core/usage-sum.ts';
import { isUnreadable } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { UsageLedger } from '../../ports/usage-ledger.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import { type CompareSpentDeps, compareSpent } from './compare-spent.ts';
import { machinesIn, sumsByTenant, type TenantsDay } from './sums-by-tenant.ts';

export interface RollUpDeps extends CompareSpentDeps {
  readonly deployment: { readonly limits: Limits };
  readonly usage: UsageLedger;
}

/** After this no further tenant is begun: the reconciler has four minutes. */
const visitMilliseconds = 60_000;
/** A crash repeats at most the work on so many. */
const tenantsBetweenSaves = 100;

interface Due {
  readonly day: string;
  readonly progress: RollUpProgress | undefined;
  /** False: only skipped tenants are due. */
  readonly isPassDue: boolean;
}

/**
 * Skipped tenants of a day are listed in its progress row, which is some 200 KB with this many: twice the tenants that the
 * platform is measured with. If there are more, progress is not saved, and each visit starts the day over.
 */
const mostSkipped = 20_000;
/** Rarely, because each retry reads all records of the skipped tenants again: a tenant may have a million. */
const retryMilliseconds = 3_600_000;

/** @throws OperationalError; what was written before stays, and the next visit continues from there */
export async function rollUpUsage(deps: RollUpDeps): Promise<void> {
  const until = deps.clock.now() + visitMilliseconds;
  const unreadable: UnreadableRow[] = [];
  const summed: Summed[] = [];
  for (const due of await findDue(deps)) {
    if (deps.clock.now() >= until) break;
    summed.push(due.isPassDue ? await sumDay(deps, due, until) : startOf(due));
  }
  // Retries come last, so that they delay no other day's sums.
  for (const day of summed) {
    unreadable.push(...day.unreadable);
    if (isRetryDue(day.due, deps.clock.now())) unreadable.push(...(await retrySkipped(deps, day, until)));
  }
  const errors = unreadableErrors(unreadable);
  for (const { message } of errors) deps.telemetry.event('error', 'usage-not-summed', { error: message });
  if (errors[0]) throw errors[0];
}

async function findDue({ usage, clock, deployment }: RollUpDeps): Promise<Due[]> {
  const now = clock.now();
  const days = daysBefore(now, rolledUpDays);
  const known = await usage.progress(days);
  return days
    .map((day, n) => {
      const progress = known[n];
      const dueAt = rollUpDueAt(day, progress?.finished ?? 0, deployment.limits);
      return { day, progress, isPassDue: dueAt !== undefined && dueAt <= now };
    })
    .filter((due) => due.isPassDue || isRetryDue(due, now));
}

const isRetryDue = ({ progress }: Due, now: number) =>
  progress?.skipped !== undefined && now >= (progress.triedAt ?? 0) + retryMilliseconds;

interface Summed {
  readonly due: Due;
  /** This pass has computed all sums except those of skipped tenants, and is not saved yet. */
  readonly isWhole: boolean;
  readonly after: InstallationId | undefined;
  /** Tenants that an earlier visit skipped, the longest untried first. */
  readonly skippedBefore: readonly InstallationId[];
  /** Tenants that this visit skipped. */
  readonly skippedNow: readonly InstallationId[];
  readonly unreadable: readonly UnreadableRow[];
  readonly triedAt: number | undefined;
}

/** A day of which this visit has done nothing yet. */
function startOf(due: Due): Summed {
  const { after, skipped = [], triedAt } = (due.progress ?? {}) as Reached;
  return { due, isWhole: false, after, skippedBefore: skipped, skippedNow: [], unreadable: [], triedAt };
}

interface Reached extends Pick<RollUpProgress, 'triedAt'> {
  readonly after?: InstallationId;
  readonly skipped?: readonly InstallationId[];
}

async function sumDay(deps: RollUpDeps, due: Due, until: number): Promise<Summed> {
  const { usage, clock } = deps;
  const { day } = due;
  const known = startOf(due);
  const wasSkipped = new Set(known.skippedBefore);
  const unreadable: UnreadableRow[] = [];
  const visited = { tenants: 0, machines: 0 };
  let { after } = known;
  let isWhole = true;
  const soFar = (): Summed => {
    const met = unreadable.flatMap(({ installationId }) => installationId ?? []);
    const skippedNow = [...new Set(met)].filter((tenant) => !wasSkipped.has(tenant));
    return { ...known, isWhole, after, skippedNow, unreadable };
  };
  for await (const { installationId, sums } of sumsByTenant(usage.recordsByTenant(day, after, unreadable))) {
    after = installationId;
    if (!unreadable.some((row) => row.installationId === installationId)) {
      await writeSums(deps, { day, installationId, sums });
      visited.machines += machinesIn(sums);
    }
    visited.tenants += 1;
    isWhole = clock.now() < until;
    if (!isWhole) break;
    if (visited.tenants % tenantsBetweenSaves !== 0) continue;
    // A concurrent run has already finished this pass.
    if (!(await save(deps, { ...soFar(), isWhole: false })))
      return { ...soFar(), skippedBefore: [], unreadable: [] };
  }
  const progress = await save(deps, soFar(), visited);
  if (!progress) return { ...soFar(), skippedBefore: [], unreadable: [] };
  const saved = startOf({ ...due, progress });
  return { ...soFar(), due: saved.due, isWhole: false, after: saved.after };
}

/** @returns the rows that still cannot be read */
async function retrySkipped(
  deps: RollUpDeps,
  summed: Summed,
  until: number,
): Promise<readonly UnreadableRow[]> {
  const { clock, telemetry, usage } = deps;
  const { day, progress } = summed.due;
  // This visit's own pass has just failed to read their records.
  const met = new Set(summed.unreadable.map(({ installationId }) => installationId));
  const untried = summed.skippedBefore.filter((installationId) => !met.has(installationId));
  if (untried.length === 0) return [];
  const unreadable: UnreadableRow[] = [];
  const still = summed.skippedBefore.filter((installationId) => met.has(installationId));
  const summedNow = { tenants: 0, machines: 0 };
  while (untried.length > 0 && clock.now() < until) {
    const installationId = untried.shift()!;
    try {
      for await (const { sums } of sumsByTenant(usage.recordsOf(day, installationId))) {
        await writeSums(deps, { day, installationId, sums });
        summedNow.machines += machinesIn(sums);
        summedNow.tenants += 1;
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unreadable.push({ key: `${installationId}`, installationId, error });
      still.push(installationId);
    }
  }
  const isSaved = await save(deps, {
    ...summed,
    skippedBefore: [...untried, ...still],
    triedAt: clock.now(),
  });
  const pass = Math.max(1, progress?.finished ?? 0);
  if (isSaved && summedNow.tenants > 0)
    telemetry.event('info', 'usage-rolled-up', { day, pass, ...summedNow });
  return unreadable;
}

async function writeSums(deps: RollUpDeps, of: { day: string } & TenantsDay): Promise<void> {
  await deps.usage.write(of.day, of.installationId, bounded(of.sums));
  await compareSpent(deps, of);
}

/** @returns the day's saved progress; undefined: a concurrent run has already finished this pass */
async function save(
  { usage, telemetry }: RollUpDeps,
  { due: { day, progress }, isWhole, after, triedAt, ...tenants }: Summed,
  visited?: { readonly tenants: number; readonly machines: number },
): Promise<RollUpProgress | undefined> {
  const finished = progress?.finished ?? 0;
  const all = [...tenants.skippedBefore, ...tenants.skippedNow];
  if (all.length > mostSkipped) return progress ?? { finished };
  const tried = triedAt === undefined ? {} : { triedAt };
  const skipped = all.length > 0 ? { skipped: all, ...tried } : {};
  const reached = after === undefined ? {} : { after };
  const now = isWhole ? { finished: finished + 1, ...skipped } : { finished, ...reached, ...skipped };
  if (!(await usage.save(day, progress, now))) return undefined;
  if (isWhole) telemetry.event('info', 'usage-rolled-up', { day, pass: now.finished, ...visited });
  return now;
}
