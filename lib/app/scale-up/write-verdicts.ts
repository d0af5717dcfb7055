/** Stores why a plan's jobs are refused or keep waiting. Jobs that changed meanwhile are left unchanged. */
import type { BalancePlan } from '../../core/balance-plan.ts';
import type { InstallationId } from '../../core/ids.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import type { BalanceDeps } from './balance-deps.ts';

export async function writeVerdicts(
  deps: BalanceDeps,
  installationId: InstallationId,
  plan: BalancePlan,
): Promise<void> {
  const at = deps.clock.now();
  const refusing = plan.refuse.map(async ({ job, reason }) => {
    const refused = await deps.jobs.refuseWaiting(installationId, job.jobId, {
      outcome: 'refused',
      at,
      reason,
    });
    if (refused)
      logRefusedJob(deps, { installationId, jobId: job.jobId, tier: job.tier, reason: reason.code });
  });
  const holding = plan.hold.map(({ job, reason }) => ({ jobId: job.jobId, reason }));
  await Promise.all([
    ...refusing,
    ...(holding.length > 0 ? [deps.jobs.setWaitReasons(installationId, holding)] : []),
  ]);
}
