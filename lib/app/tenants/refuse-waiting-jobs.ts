/**
 * Ends those of a tenant's waiting jobs for which `why` has a reason, however many others wait before them. Jobs that already
 * have a machine continue.
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
  why: (job: Job) => Reason | undefined,
): Promise<void> {
  for (const tier of await deps.jobs.tiersWithWaiting(installationId)) {
    let limit = waitingPageSize;
    for (;;) {
      const waiting = await deps.jobs.listWaiting(installationId, tier, limit);
      const some = waiting.filter((job) => why(job)).slice(0, waitingPageSize);
      const refused = await Promise.all(some.map((job) => refuse(job, why(job))));
      const isAll = waiting.length < limit;
      if (isAll && (some.length < waitingPageSize || !refused.includes(true))) break;
      // Those that stay would fill each page: the next look must see the jobs behind them.
      if (!refused.includes(true)) limit *= 2;
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
