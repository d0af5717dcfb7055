/** Ends those of a tenant's waiting jobs for which `why` has a reason. Jobs that already have a machine continue. */
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
  why: (job: Job) => Reason | undefined,
): Promise<void> {
  for (const tier of await deps.jobs.tiersWithWaiting(installationId)) {
    for (;;) {
      const waiting = await deps.jobs.listWaiting(installationId, tier, waitingPageSize);
      const refused = await Promise.all(waiting.map((job) => refuse(job, why(job))));
      // A page without any refusal would come again unchanged: what is left stays.
      if (waiting.length < waitingPageSize || !refused.includes(true)) break;
    }
  }

  async function refuse(job: Job, reason: Reason | undefined): Promise<boolean> {
    if (!reason) return false;
    const end = { outcome: 'refused', at: deps.clock.now(), reason } as const;
    const refused = await deps.jobs.refuseWaiting(installationId, job.jobId, end);
    if (!refused) return false;
    const { jobId, tier } = job;
    logRefusedJob(deps, { installationId, jobId, tier, reason: reason.code });
    return true;
  }
}
