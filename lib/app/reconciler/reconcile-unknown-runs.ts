/**
 * Machines that GitHub reports as busy, for ten minutes and at two visits, without reporting which job they run.
 * Each is counted for its tenant, and its planned job gets another machine. It is not ended: it may run the
 * tenant's own job whose start was lost.
 */
import { reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { isUnheard, noteUnknownRun, unknownRunText } from '../common/unknown-run.ts';
import { askAfterSeconds, strangersKept } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

/** @param busy rows of machines that GitHub calls busy */
export async function reconcileUnknownRuns(
  deps: ReconcileDeps,
  { tenant, marks }: Visit,
  busy: readonly Runner[],
): Promise<void> {
  const { installationId } = tenant;
  const before = marks.busyUnheard ?? [];
  const since = deps.clock.now() - askAfterSeconds * 1000;
  const doubtful = busy.filter(
    (runner) =>
      runner.installationId === installationId &&
      runner.state === 'listening' &&
      (runner.listeningAt ?? runner.launchedAt) <= since,
  );
  const unheard: Runner[] = [];
  for (const runner of doubtful) {
    if (isUnheard(runner, await deps.jobs.get(installationId, runner.plannedJob))) unheard.push(runner);
  }
  for (const runner of unheard.filter(({ instanceId }) => before.includes(instanceId))) {
    if (await noteUnknownRun(deps, runner)) await letGo(deps, runner);
  }
  const names = unheard.map(({ instanceId }) => instanceId as string);
  marks.busyUnheard = [...new Set([...before.filter((name) => names.includes(name)), ...names])].slice(
    -strangersKept,
  );
}

async function letGo(deps: ReconcileDeps, { installationId, plannedJob, lease }: Runner): Promise<void> {
  const why = reason('runner-taken-by-unknown-job', `${unknownRunText}; it gets the next one.`);
  if (await deps.jobs.waitAgain(installationId, plannedJob, lease, why))
    await pokeWaiting(deps, installationId);
}
