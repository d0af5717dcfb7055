/**
 * Machines that listen without a start gate although their tenant has one by now: somebody set a list, or enabled a
 * controller, after they claimed. Any job might begin on them unasked, so their registrations are taken away: GitHub gives
 * them nothing any more, and the jobs that they were meant for get other machines. GitHub keeps the registration of one that
 * has a job, but for one that it wrongly calls idle. So none is ended here: an idle one powers itself off within minutes.
 */
import { jobOf, type Runner } from '../../core/runner.ts';
import { hasStartGate } from '../../core/start-gate.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { removeRegistration } from '../common/remove-registration.ts';
import { forgetUnregistered, noteUnregistered } from '../common/unknown-run.ts';
import { releasePlanned } from '../ending/release-planned.ts';
import { logRepair } from './log-repair.ts';
import { ungatedPerVisit } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

/** @param runners of the tenant, as far as they have not ended */
export async function replaceUngated(
  deps: ReconcileDeps,
  { tenant, calls }: Visit,
  runners: readonly Runner[],
): Promise<void> {
  if (!hasStartGate(tenant)) return;
  const ungated = runners.filter(({ state, gated }) => state === 'listening' && !gated);
  for (const runner of ungated.slice(0, ungatedPerVisit)) {
    const { installationId, instanceId, launchId, tier } = runner;
    const job = await deps.jobs.get(installationId, jobOf(runner));
    if (job?.runner === instanceId) continue;
    // Before it is taken away: whoever dies in between leaves a run uncounted, and invents none.
    const isFirst = await noteUnregistered(deps, instanceId);
    const removal = await calls.ask(() => removeRegistration(deps, runner), 2);
    // Absent is no word for idle: GitHub removes a registration when its job is over, too.
    const isRemoved = removal?.ok === true && removal.value === 'removed';
    if (isFirst && !isRemoved) await forgetUnregistered(deps, instanceId);
    if (!removal) return;
    if (!isRemoved) continue;
    await releasePlanned(deps, { runner }, await deps.jobs.get(installationId, runner.plannedJob));
    await pokeWaiting(deps, installationId);
    const about = { installationId, instanceId, launchId, tier };
    const reason = 'It claimed before its tenant had a start gate, and had no job.';
    logRepair(deps, { kind: 'ungated-machine-replaced', ...about, reason });
  }
}
