/**
 * Ends those of a tenant's waiting jobs for which `why` has a reason, however many others wait before them. Jobs that already
 * have a machine continue. It reads each row once. A job that comes back into the line meanwhile is treated as one that had a machine.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Reason } from '../../core/reason.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import { waitingPageSize } from '../common/settings.ts';

export async function refuseWaitingJobs(
  deps: { jobs: JobStore; clock: Clock; telemetry: Telemetry },
  installationId: InstallationId,
  why: (job: Job) => Reason | undefined | Promise<Reason | undefined>,
): Promise<void> {
  for (const tier of await deps.jobs.tiersWithWaiting(installationId)) {
    let cursor: string | undefined;
    do {
      const from = cursor === undefined ? {} : { cursor };
      const page = await deps.jobs.pageOfWaiting(installationId, tier, { limit: waitingPageSize, ...from });
      await Promise.all(page.jobs.map(async (job) => refuse(job, await why(job))));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async function refuse(job: Job, reason: Reason | undefined): Promise<void> {
    if (!reason) return;
    const end = { outcome: 'refused', at: deps.clock.now(), reason } as const;
    const refused = await deps.jobs.refuseWaiting(installationId, job.jobId, end);
    if (!refused) return;
    const { jobId, tier } = job;
    logRefusedJob(deps, { installationId, jobId, tier, reason: reason.code });
  }
}
