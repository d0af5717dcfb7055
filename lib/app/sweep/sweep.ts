/**
 * Each minute: acts on every row whose deadline has passed, with the same use cases that the events call. That is why
 * messages may be lost. Each part is bounded and independent; the rest follows a minute later.
 */
import type { Launch } from '../../core/launch.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { SweepDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import {
  type ListedLaunches,
  listedAcrossTenants,
  type OpenRows,
  openRowsAcrossTenants,
} from '../common/open-rows.ts';
import { sweepPageSize, watchedPageSize } from '../common/settings.ts';
import { sweepLines } from '../common/shared-lines.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import { drainTenant } from '../ending/drain-tenant.ts';
import { resumeLaunch } from '../launch/resume-launch.ts';
import { lookAfterPending } from './look-after-pending.ts';
import { replaceUngated } from './replace-ungated.ts';
import { sweepMachinesOf } from './sweep-machines.ts';
import { sweepUnreadable } from './sweep-unreadable.ts';

/** @throws AggregateError of what failed, after everything was tried */
export async function sweep(deps: SweepDeps): Promise<void> {
  const listed = listedAcrossTenants(deps);
  const open = openRowsAcrossTenants(deps, listed);
  // In parallel: slow answers from EC2 or GitHub must not delay the pokes.
  const [pending, ungated, [launches, runners, machines, lines], unreadable] = await Promise.all([
    attempt(lookAfterPending(deps, open)),
    attempt(replaceUngated(deps, open)),
    sweepMachines(deps, listed),
    reportUnreadable(open),
  ]);
  const parts = [launches, runners, machines, lines, ungated, pending, unreadable];
  const errors = parts.flatMap(({ errors }) => errors);
  for (const error of errors) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    deps.telemetry.event('error', 'sweep-failed', { error: text });
  }
  deps.telemetry.event(
    'info',
    'swept',
    { launches: launches.found, runners: runners.found },
    { SweepsDone: 1, SweepFailures: errors.length, SweepsCut: parts.some(({ cut }) => cut) ? 1 : 0 },
  );
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} parts of the sweep failed; see the log above.`);
}

interface Part {
  readonly found: number;
  /** A limit left something for the next sweep. */
  readonly cut: boolean;
  readonly errors: readonly unknown[];
}

/** Reported each minute until somebody corrects them: nothing that they hold is counted or handled. */
async function reportUnreadable(open: Promise<OpenRows>): Promise<Part> {
  // A failure is reported by those who need these rows.
  const [read] = await Promise.allSettled([open]);
  const rows = read.status === 'fulfilled' ? read.value.unreadable : [];
  return { found: rows.length, cut: false, errors: unreadableErrors(rows) };
}

type Listing = Promise<ListedLaunches>;

async function sweepMachines(deps: SweepDeps, listed: Listing): Promise<[Part, Part, Part, Part]> {
  const launches = await attempt(sweepLaunches(deps, listed));
  const runners = await attempt(sweepRunners(deps, listed));
  const unreadable = await attempt(sweepUnreadable(deps, listed));
  return [launches, runners, unreadable, await attempt(sweepLines(deps))];
}

/** An open launch whose caller has died is in no list of its own: it is among all rows that hold leases. */
async function sweepLaunches(deps: SweepDeps, listed: Listing): Promise<Part> {
  const { unclosed } = await listed;
  const launches = pastTheirFence(unclosed, deps.clock.now());
  const resumed = await resumeAll(deps, launches);
  // While some machines of a launch are still being looked for, the others may be overdue.
  const { errors } = await sweepMachinesOf(deps, launches);
  return { ...resumed, errors: [...resumed.errors, ...errors] };
}

async function sweepRunners(deps: SweepDeps, listed: Listing): Promise<Part> {
  // A failure is reported by those who need these rows.
  const [known] = await Promise.allSettled([listed]);
  const now = deps.clock.now();
  const { unclosed, unreadable } =
    known.status === 'fulfilled' ? known.value : { unclosed: [], unreadable: [] };
  // Open launches, and those that cannot be read, never delay closed ones, however many EC2 leaves open.
  const due = unclosed.filter(({ lookAt }) => lookAt !== undefined && lookAt <= now);
  const limit = watchedPageSize + due.length + unreadable.length;
  const skipped: UnreadableRow[] = [];
  const launches = await deps.launches.listWatchedAcrossTenants(now, limit, skipped);
  // If there were too many rows to read, or they could not be read, these are found now at the latest.
  const resumed = await resumeAll(deps, pastTheirFence(launches, deps.clock.now()));
  const swept = await sweepMachinesOf(deps, launches);
  const cut = swept.cut || resumed.cut || launches.length + skipped.length === limit;
  return { ...swept, cut, errors: [...resumed.errors, ...swept.errors] };
}

/** The longest overdue ones: each attempt moves the fence, so that all are handled in turn. */
const pastTheirFence = (launches: readonly Launch[], now: number) =>
  launches
    .filter(({ state, callUntil }) => state !== 'closed' && callUntil <= now)
    .sort((one, other) => one.callUntil - other.callUntil)
    .slice(0, sweepPageSize);

const resumeAll = (deps: SweepDeps, launches: readonly Launch[]): Promise<Part> =>
  each(launches, async (launch) => {
    await resumeLaunch(deps, launch);
    // If a tenant was deleted meanwhile, machines that appear only now must end too.
    await drainTenant(deps, launch.installationId);
  });

async function each<Row>(rows: readonly Row[], step: (row: Row) => Promise<void>): Promise<Part> {
  const results = await Promise.allSettled(rows.map(step));
  return { found: rows.length, cut: rows.length === sweepPageSize, errors: errorsOf(results) };
}

async function attempt(step: Promise<Partial<Part> | undefined>): Promise<Part> {
  const [result] = await Promise.allSettled([step]);
  const part = result.status === 'fulfilled' ? result.value : undefined;
  return { found: 0, cut: false, errors: errorsOf([result]), ...part };
}
