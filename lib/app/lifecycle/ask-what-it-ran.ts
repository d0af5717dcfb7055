/**
 * When a machine that listened ends by itself without a reported job, the tenant manager asks GitHub which job it
 * ran, after late and redelivered webhooks have had their time.
 */
import { jobOf } from '../../core/runner.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { unheardRunSeconds } from '../common/settings.ts';
import { isUnheard, noteUnregistered } from '../common/unknown-run.ts';
import type { Ending } from '../ending/ending.ts';

export async function askWhatItRan(deps: LifecycleDeps, { runner, doneJob }: Ending): Promise<void> {
  if (runner.state !== 'listening' || doneJob !== undefined) return;
  const { installationId, instanceId, plannedJob } = runner;
  if (!isUnheard(runner, await deps.jobs.get(installationId, plannedJob))) return;
  const message = { kind: 'unheard-run', installationId, instanceId } as const;
  await deps.queues.sendToInstallations(message, { delaySeconds: unheardRunSeconds });
}

/**
 * GitHub says which job it ran, whose start was not reported and which was not planned for it. Its row may have just
 * ended after EC2's event, or be about to: a later caller must not take the missing registration for an unknown
 * run.
 */
export async function noteHeardRun(deps: LifecycleDeps, { runner, ranJob }: Ending): Promise<void> {
  if (ranJob && ranJob.jobId !== jobOf(runner)) await noteUnregistered(deps, runner.instanceId);
}
