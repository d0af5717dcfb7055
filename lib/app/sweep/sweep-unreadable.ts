/**
 * Handles the machines of launches whose rows cannot be read. EC2 finds them by the launch's tag, and their own rows have their
 * deadlines, so that none outlives its time however long it takes until somebody corrects the launch. Nothing is written to the launch.
 */
import { type InstanceId, LaunchId } from '../../core/ids.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { SweepDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import type { ListedLaunches } from '../common/open-rows.ts';
import { sweepPageSize, unreadableLaunches } from '../common/settings.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import { countOverrun } from './sweep-machines.ts';
import { sweepRunner } from './sweep-runner.ts';

interface Swept {
  readonly found: number;
  /** Launches or machines were left for the next sweep. */
  readonly cut: boolean;
  readonly errors: readonly unknown[];
}

export async function sweepUnreadable(deps: SweepDeps, listing: Promise<ListedLaunches>): Promise<Swept> {
  // The code that needs these rows reports a failure.
  const [known] = await Promise.allSettled([listing]);
  const unreadable = known.status === 'fulfilled' ? known.value.unreadable : [];
  const all = [...new Set(unreadable.map(({ key }) => LaunchId(key)))].sort();
  // A different part of them each minute, so that all are handled.
  const turns = Math.ceil(all.length / unreadableLaunches);
  const first = turns === 0 ? 0 : (Math.floor(deps.clock.now() / 60_000) % turns) * unreadableLaunches;
  const some = all.slice(first, first + unreadableLaunches);
  const listed = await Promise.allSettled(some.map((launchId) => deps.compute.findByLaunch(launchId)));
  const ids = listed.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const swept = await sweepThese(
    deps,
    ids.map(({ instanceId }) => instanceId),
  );
  return { ...swept, cut: swept.cut || turns > 1, errors: [...errorsOf(listed), ...swept.errors] };
}

async function sweepThese(deps: SweepDeps, ids: readonly InstanceId[]): Promise<Swept> {
  if (ids.length === 0) return { found: 0, cut: false, errors: [] };
  const now = deps.clock.now();
  const unreadable: UnreadableRow[] = [];
  const runners = await deps.runners.findAcrossTenants(ids, unreadable);
  const overdue = runners.filter(({ state, deadline }) => state !== 'ended' && deadline <= now);
  overdue.sort((one, other) => one.deadline - other.deadline);
  const due = overdue.slice(0, sweepPageSize);
  const ended = await Promise.allSettled(due.map((runner) => sweepRunner(deps, runner)));
  const after = due.length === 0 ? runners : await deps.runners.findAcrossTenants(ids, []);
  const live = after.filter(({ state }) => state !== 'ended');
  const counted = await Promise.allSettled(live.map((runner) => countOverrun(deps, runner, now)));
  const errors = [...unreadableErrors(unreadable), ...errorsOf([...ended, ...counted])];
  return { found: overdue.length, cut: overdue.length > due.length, errors };
}
