/**
 * Finds out whether GitHub gave an ended machine a job without a webhook. GitHub removes an ephemeral runner's
 * registration once it ran its job, and keeps that of one that ran none for a day: so the registration shows it.
 * Source: https://docs.github.com/en/actions/reference/runners/self-hosted-runners#ephemeral-runners-for-autoscaling
 */
import type { UnheardRun } from '../../contract/messages.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { removeRegistration } from '../common/remove-registration.ts';
import { unheardRunKeptSeconds } from '../common/settings.ts';
import {
  forgetUnregistered,
  isOnlyRemover,
  isUnheard,
  noteUnknownRun,
  noteUnregisteredOnce,
} from '../common/unknown-run.ts';
import type { RerunDeps } from './rerun-job.ts';

export interface UnheardRunDeps extends RerunDeps {
  readonly runners: RunnerStore;
  readonly tenants: TenantStore;
}

export async function findUnheardRun(deps: UnheardRunDeps, message: UnheardRun): Promise<void> {
  const { installationId, instanceId } = message;
  const runner = await deps.runners.get(installationId, instanceId);
  if (!runner) return;
  if (!isUnheard(runner, await deps.jobs.get(installationId, runner.plannedJob))) return;
  // Asked once only: the removal below would make a second answer look like an unknown run. A crash here leaves a run
  // uncounted (docs/RUNBOOK.md).
  if (!(await noteUnregisteredOnce(deps, instanceId))) return;
  const removal = await removeRegistration(deps, runner);
  if (!removal.ok && removal.refusal.kind === 'limited') {
    const isLongAgo =
      deps.clock.now() >= (runner.endedAt ?? runner.launchedAt) + unheardRunKeptSeconds * 1000;
    if (isLongAgo) return;
    await forgetUnregistered(deps, instanceId);
    return deps.queues.sendToInstallations(message, { delaySeconds: removal.refusal.retryAfterSeconds });
  }
  if (!removal.ok || removal.value === 'removed') return;
  if (await isOnlyRemover(deps, instanceId)) await noteUnknownRun(deps, runner);
}
