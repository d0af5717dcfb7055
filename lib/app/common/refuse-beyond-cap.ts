/**
 * Refuses a tenant's waiting jobs beyond its cap; the oldest keep their places. It checks only if a full page waits, so that
 * ordinary tenants cost nothing; the sweep's poke covers the others.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { InstallationId } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { logRefusedJob } from './log-refused-job.ts';
import { firstPageSize, waitingPageSize } from './settings.ts';

export async function refuseBeyondCap(
  deps: { deployment: Deployment; jobs: JobStore; clock: Clock; telemetry: Telemetry },
  installationId: InstallationId,
): Promise<void> {
  const { waitingJobsPerTenant } = deps.deployment.caps;
  const beyond = await deps.jobs.listWaitingBeyond(installationId, waitingJobsPerTenant, waitingPageSize);
  const why = reason(
    'waiting-cap',
    `${waitingJobsPerTenant} jobs of this installation are already waiting, which is the limit; re-run the job when there are fewer.`,
  );
  await Promise.all(
    beyond.map(async ({ jobId, tier }) => {
      const end = { outcome: 'refused', at: deps.clock.now(), reason: why } as const;
      if (!(await deps.jobs.refuseWaiting(installationId, jobId, end))) return;
      logRefusedJob(deps, { installationId, jobId, tier, reason: why.code });
    }),
  );
}

/** With a small cap, one look finds the excess; the sweep counts longer lines. */
export function mayBeBeyondCap(deps: { deployment: Deployment }, waiting: number): boolean {
  const { waitingJobsPerTenant: most } = deps.deployment.caps;
  return most < waitingPageSize && waiting >= Math.min(firstPageSize, most + 1);
}
