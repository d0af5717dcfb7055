/**
 * Logs in one line that a job runs, and how long each phase took: from GitHub's webhook, through the lease and the boot, to
 * the first step. A phase that was not seen, or that another machine went through, is left out.
 */
import type { JobEvent } from '../../contract/messages.ts';
import { type Job, waitsSince } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { LifecycleDeps } from '../common/deps.ts';

export function logStart(
  deps: Pick<LifecycleDeps, 'telemetry'>,
  start: {
    event: JobEvent;
    before: Job | undefined;
    runner: Runner | undefined;
    at: number;
    /** The machine was meant for another job. */
    isExchanged: boolean;
  },
): void {
  const { event, before, runner, at, isExchanged } = start;
  const { installationId, jobId, tier = 'none', runnerName } = event;
  deps.telemetry.event(
    'info',
    'job-started',
    {
      installationId,
      jobId,
      instanceId: runner?.instanceId,
      tier,
      // A runner that is not one of ours took it.
      ...(runner ? {} : { runnerName }),
      ...(isExchanged ? { meantFor: runner?.plannedJob } : {}),
    },
    {
      QueuedToStartedMilliseconds: between(Math.max(event.queuedAt, before?.approvedAt ?? 0), at),
      AcceptedToLeasedMilliseconds: between(before && waitsSince(before), runner?.launchedAt),
      LeasedToClaimedMilliseconds: between(runner?.launchedAt, runner?.claimedAt),
      ClaimedToListeningMilliseconds: between(runner?.claimedAt, runner?.listeningAt),
      ListeningToStartedMilliseconds: between(runner?.listeningAt, at),
      JobsTakenByOthers: isExchanged ? 1 : [],
    },
  );
}

/** Nothing if one end is unknown, or if the machine is older than the job. */
function between(from: number | undefined, to: number | undefined): number | readonly [] {
  return from === undefined || to === undefined || to < from ? [] : to - from;
}
