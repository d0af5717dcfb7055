/**
 * Compares the counts of tenants and caps with the rows that hold leases. The counts change only in the transactions that
 * write those rows, so a difference is someone's edit or a fault. It is corrected, and reported, once a later run has
 * seen the same difference while nothing was taken or freed in between: a count that is too low in the next run; one that
 * is too high only when no machine whose row was lost can be alive. Nothing here frees a machine's lease: only its end
 * does. Where a row cannot be read, its tenant and the caps are left as they are: counted without it, they would be too low.
 */
import type { InstallationId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { countLeases, heldEntries, type LeaseCensus, sameCounts, sameHeld } from '../../core/lease-census.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import type { Runner } from '../../core/runner.ts';
import type { CapRow } from '../../core/shared-cap.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { openRowsAcrossTenants } from '../common/open-rows.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { absenceProofSeconds } from '../common/settings.ts';
import { allCaps } from '../common/shared-caps.ts';
import { drainTenant } from '../ending/drain-tenant.ts';
import { logRepair } from './log-repair.ts';
import { isDifference } from './read-visit-marks.ts';
import { askAfterSeconds, leasesPerVisit, notesKeptSeconds, settledSeconds } from './reconcile-settings.ts';
import { repairCapRows } from './repair-cap-row.ts';
import type { Difference, Visit } from './tenant-visit.ts';

/** The rows that hold leases, read once for each run. */
export interface OpenRows {
  readonly runnersOf: ReadonlyMap<InstallationId, readonly Runner[]>;
  /** Undefined: there are too many rows for one look, so nothing can be compared. */
  readonly census: LeaseCensus | undefined;
  /** Launches that the sweep looks after, by their ids. Undefined: as above. */
  readonly listed: ReadonlySet<string> | undefined;
  /** What the census does not count. */
  readonly unreadable: readonly UnreadableRow[];
}

export async function readOpenRows(deps: ReconcileDeps): Promise<OpenRows> {
  const { runners, launches, unreadable, listed, isCut } = await openRowsAcrossTenants(deps);
  const runnersOf = Map.groupBy(runners, ({ installationId }) => installationId);
  const known = isCut ? {} : { census: countLeases(runners, launches), listed };
  return { census: undefined, listed: undefined, ...known, runnersOf, unreadable };
}

/** @returns covered jobs whose runner has listened for long without them */
export async function reconcileLeases(deps: ReconcileDeps, visit: Visit, open: OpenRows): Promise<Job[]> {
  const { tenant, marks } = visit;
  if (mayLack(open, tenant.installationId)) delete marks.difference;
  else if (open.census) await compareCounts(deps, visit, open.census);
  if (tenant.status === 'deleted') await drainTenant(deps, tenant.installationId);
  const runners = new Map(
    (open.runnersOf.get(tenant.installationId) ?? []).map((runner) => [runner.lease as string, runner]),
  );
  const turn = { keyOf: (lease: string) => lease, after: marks.lease, count: leasesPerVisit };
  const leases = nextInTurn([...runners.keys()], turn);
  if (leases.length === 0) return [];
  marks.lease = leases.at(-1)!;
  const suspects = await Promise.all(leases.map((lease) => suspectJob(deps, runners.get(lease)!)));
  return suspects.flatMap((job) => job ?? []);
}

/** Of a row that does not say whose it is, it may be anybody's. */
const mayLack = ({ unreadable }: OpenRows, tenant: InstallationId) =>
  unreadable.some(({ installationId = tenant }) => installationId === tenant);

async function compareCounts(
  deps: ReconcileDeps,
  { tenant, marks }: Visit,
  { byTenant, heldByTenant, unsettled }: LeaseCensus,
): Promise<void> {
  const counted = byTenant.get(tenant.installationId) ?? new Map<TierName, number>();
  const inAll = sum(counted);
  const held = heldByTenant.get(tenant.installationId);
  const isCount = sameCounts(tenant.tierLeases, counted) && tenant.leases === inAll;
  const isSame = isCount && sameHeld(tenant.held, held);
  if (isSame || unsettled.has(tenant.installationId)) {
    delete marks.difference;
    return;
  }
  const isTooHigh = [...tenant.tierLeases].some(([tier, leases]) => leases > (counted.get(tier) ?? 0));
  // The sums of launch times differ with the leases, and so with their number.
  const seen = JSON.stringify([tenant.leaseChanges, heldEntries(held)]);
  marks.difference = since(deps, marks.difference, seen);
  if (!isProven(deps, marks.difference, isTooHigh || tenant.leases > inAll)) return;
  delete marks.difference;
  if (!(await deps.tenants.correctLeases(tenant, { tierLeases: counted, held }))) return;
  const { installationId } = tenant;
  const reason = isCount
    ? `Its rows hold ${inAll} leases, as it counted, but with other ages or expected costs.`
    : `It counted ${tenant.leases} leases, but its rows hold ${inAll}.`;
  logRepair(deps, { kind: 'lease-count-corrected', installationId, reason });
  await pokeWaiting(deps, installationId);
}

/** Rows were read before the counts, and an index lags: only counts that did not change can be compared. */
const since = (deps: ReconcileDeps, before: Difference | undefined, seen: string): Difference =>
  before?.seen === seen && isDifference(before) ? before : { seen, at: deps.clock.now() };

function isProven(deps: ReconcileDeps, { at }: Difference, isTooHigh: boolean): boolean {
  const seconds = isTooHigh ? absenceProofSeconds : settledSeconds;
  return deps.clock.now() >= at + seconds * 1000;
}

const sum = (counts: ReadonlyMap<TierName, number>) =>
  [...counts.values()].reduce((all, one) => all + one, 0);

async function suspectJob(deps: ReconcileDeps, runner: Runner): Promise<Job | undefined> {
  if (runner.state !== 'listening') return undefined;
  if (deps.clock.now() < (runner.listeningAt ?? runner.launchedAt) + askAfterSeconds * 1000) return undefined;
  const job = await deps.jobs.get(runner.installationId, runner.plannedJob);
  return job?.state === 'covered' && job.lease === runner.lease ? job : undefined;
}

export const capsNote = 'reconcile/caps';
type Differences = Readonly<Record<string, Difference | undefined>>;

/**
 * The same for the rows of caps over all tenants, including those of an earlier configuration.
 * @returns what failed
 */
export async function reconcileCaps(
  deps: ReconcileDeps,
  { census, unreadable }: OpenRows,
): Promise<unknown[]> {
  const caps = allCaps(deps);
  if (caps.length === 0) return [];
  const now = deps.clock.now();
  const before = ((await deps.notes.read([capsNote], now)).get(capsNote)?.value ?? {}) as Differences;
  const differences: Record<string, Difference> = {};
  const errors: unknown[] = [];
  // Which caps count the leases of rows that cannot be read is not known either.
  const comparable = unreadable.length === 0 ? census : undefined;
  for (const cap of caps) {
    try {
      const unreadable: UnreadableRow[] = [];
      const { rows } = await deps.launches.capUseAcrossTenants(cap, unreadable);
      errors.push(...(await repairCapRows(deps, cap, unreadable)));
      if (comparable)
        Object.assign(differences, await compareCap(deps, { rows, census: comparable, before }));
    } catch (error) {
      errors.push(error);
    }
  }
  if (comparable)
    await deps.notes.write(capsNote, { value: differences, expiresAt: now + notesKeptSeconds * 1000 });
  return errors;
}

/** @returns what is not proven yet, by the key of the row */
async function compareCap(
  deps: ReconcileDeps,
  { rows, census, before }: { rows: readonly CapRow[]; census: LeaseCensus; before: Differences },
): Promise<Differences> {
  const differences: Record<string, Difference> = {};
  for (const row of rows) {
    const counted = census.byCapRow.get(row.key) ?? 0;
    if (row.leases === counted || census.unsettled.has(row.key)) continue;
    const difference = since(deps, before[row.key], JSON.stringify([row.changes, counted]));
    if (isProven(deps, difference, row.leases > counted)) await correctCap(deps, row, counted);
    else differences[row.key] = difference;
  }
  return differences;
}

async function correctCap(deps: ReconcileDeps, row: CapRow, counted: number): Promise<void> {
  if (!(await deps.launches.correctCapRow(row, counted))) return;
  const reason = `${row.key} counted ${row.leases} leases, but the rows under it hold ${counted}.`;
  logRepair(deps, { kind: 'lease-count-corrected', reason });
}
