/**
 * Machines that listen without a start gate although their tenant has one by now: somebody set a list, or enabled a
 * controller, after they claimed. Any job might begin on them unasked, so those that are idle are ended, and the jobs that
 * they were meant for get others. The registration goes first: GitHub keeps one that has a job, and then the machine stays.
 */
import { jobOf, type Runner } from '../../core/runner.ts';
import { hasStartGate } from '../../core/start-gate.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { removeRegistration } from '../common/remove-registration.ts';
import { noteUnregistered } from '../common/unknown-run.ts';
import { endRunners } from '../ending/end-runners.ts';
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
    const removal = await calls.ask(() => removeRegistration(deps, runner), 2);
    if (!removal) return;
    // Absent is no word for idle: GitHub removes a registration when its job is over, too.
    if (!removal.ok || removal.value !== 'removed') continue;
    await noteUnregistered(deps, instanceId);
    await endRunners(deps, [{ runner, reason: 'gate-missing', proven: false }]);
    const about = { installationId, instanceId, launchId, tier };
    const reason = 'It claimed before its tenant had a start gate, and had no job.';
    logRepair(deps, { kind: 'ungated-machine-replaced', ...about, reason });
  }
}
