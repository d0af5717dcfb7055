/** Records jobs that GitHub reports as queued, each once; and what follows if one of them already has a row. */
import type { JobEvent } from '../../contract/messages.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import { jobOfEvent } from '../common/job-of-event.ts';
import type { Accepted } from '../launch/carry-out-launch.ts';
import type { BalanceDeps } from './balance-deps.ts';

const justQueued = reason('queued', 'Accepted; earlier jobs come first.');

export const waitingJob = (event: JobEvent, now: number): Job => ({
  ...jobOfEvent(event, now),
  state: 'waiting',
  reason: justQueued,
});

/**
 * The job is recorded as waiting before another lease is tried, so that a process that frees one afterwards finds
 * the job.
 * @param events of one tenant and tier
 * @returns for each what failed; undefined: it is recorded
 */
export async function recordWaiting(deps: BalanceDeps, events: readonly JobEvent[]): Promise<unknown[]> {
  const now = deps.clock.now();
  const outcomes = await deps.jobs.insert(events.map((event) => waitingJob(event, now)));
  const failures = await Promise.all(
    events.map(async (event, n) => {
      const outcome = outcomes[n];
      if (outcome !== 'exists') return outcome === 'inserted' ? undefined : outcome;
      return hearAgain(deps, event).then(
        () => undefined,
        (error: unknown) => error,
      );
    }),
  );
  logAccepted(
    deps,
    events.filter((_, n) => outcomes[n] === 'inserted'),
    now,
  );
  return failures;
}

/** GitHub reports a known job as queued. */
export async function hearAgain(deps: BalanceDeps, event: JobEvent): Promise<void> {
  const { installationId, jobId, repository, repositoryId, receivedAt: heardAt = deps.clock.now() } = event;
  const known = await deps.jobs.rename(installationId, jobId, repository);
  if (known?.state === 'done') return reopen(deps, event);
  // A `queued` from before the hold does not reopen the job, and GitHub often sends it again.
  if (known?.state !== 'blocked' || heardAt <= (known.unsettledAt ?? 0)) return;
  await deps.queues.sendToInstallations({
    kind: 'look-at-job',
    installationId,
    jobId,
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    heardAt,
  });
}

/** The platform had ended it by its own decision. */
async function reopen(deps: BalanceDeps, { installationId, jobId }: JobEvent): Promise<void> {
  const before = await deps.jobs.reopen(installationId, jobId, { reason: justQueued, heardAt: 0 });
  if (!before) return;
  const about = { installationId, jobId, tier: before.tier ?? 'none', reason: before.reason?.code };
  deps.telemetry.event('info', 'job-reopened', about);
}

/**
 * One line for new jobs of a tenant and tier. Jobs that are launched at once are in the line of their launch instead.
 */
export function logAccepted(deps: BalanceDeps, events: readonly JobEvent[], at: number): void {
  const [first] = events;
  if (!first) return;
  const { installationId, tier = 'none' } = first;
  const about = { installationId, tier, jobIds: events.map(({ jobId }) => jobId) };
  deps.telemetry.event('info', 'jobs-accepted', about, acceptedOf(events, at));
}

/** What is measured of jobs that were recorded for the first time. */
export function acceptedOf(events: readonly JobEvent[], at: number): Accepted {
  return {
    JobsAccepted: events.length > 0 ? events.length : [],
    ReceivedToAcceptedMilliseconds: events.flatMap(({ receivedAt = at + 1 }) =>
      receivedAt <= at ? [at - receivedAt] : [],
    ),
  };
}
