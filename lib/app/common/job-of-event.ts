/** A job made from its first event, of any kind: the facts about its repository decide later whether it may run. */
import type { JobEvent } from '../../contract/messages.ts';
import type { Job } from '../../core/job.ts';

export function jobOfEvent(event: JobEvent, now: number): Omit<Job, 'state'> {
  return {
    installationId: event.installationId,
    jobId: event.jobId,
    ...(event.tier ? { tier: event.tier } : {}),
    repository: event.repository,
    repositoryOwnerId: event.repositoryOwnerId,
    ...(event.repositoryId === undefined ? {} : { repositoryId: event.repositoryId }),
    ...(event.visibility ? { visibility: event.visibility } : {}),
    runId: event.runId,
    ...(event.runAttempt === undefined ? {} : { runAttempt: event.runAttempt }),
    ...(event.workflow === undefined ? {} : { workflow: event.workflow }),
    labels: event.labels,
    queuedAt: event.queuedAt,
    acceptedAt: now,
    attempts: 0,
  };
}
