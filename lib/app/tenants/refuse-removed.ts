/**
 * Refuses the waiting jobs of repositories that were removed from the installation. The event may be late, or come again
 * days later, when a repository is back: so GitHub is asked what the installation has now, if a job waits at all.
 */
import type { InstallationEvent } from '../../contract/messages.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import type { Queues } from '../../ports/queues.ts';
import type { RepositoriesNow } from './ask-for-repositories.ts';
import { refuseWaitingJobs } from './refuse-waiting-jobs.ts';

type RefuseDeps = Parameters<typeof refuseWaitingJobs>[0] & {
  readonly queues: Pick<Queues, 'sendToInstallations'>;
  /** Of the event's installation. */
  readonly repositoriesNow: () => Promise<RepositoriesNow>;
};

/** So often the event is sent again, each time after this, because the list took too long. Then it is believed. */
const mostSlowLists = 3;
const slowListSeconds = 60;

/** While GitHub accepts no calls, or lists slowly, no job is refused, and the event is sent again. @throws OperationalError */
export async function refuseRemoved(deps: RefuseDeps, event: InstallationEvent): Promise<void> {
  if (event.repositoriesRemoved.length === 0) return;
  const { installationId } = event;
  const isNamed = namedIn(event);
  let again: Again | undefined;
  await refuseWaitingJobs(deps, installationId, async (job) => {
    if (!isNamed(job)) return undefined;
    const now = await deps.repositoriesNow();
    // GitHub reports only jobs of repositories that the installation has: this one is back, since the list was read.
    if (now.has(job) || job.queuedAt > now.askedAt) return undefined;
    again = sentAgain(event, now);
    if (again) return undefined;
    const text = `${job.repository} was removed from the installation; add it and re-run the job.`;
    return reason('repository-removed', text);
  });
  if (again) await deps.queues.sendToInstallations(again.event, { delaySeconds: again.delaySeconds });
}

interface Again {
  readonly event: InstallationEvent;
  readonly delaySeconds: number;
}

/** Undefined: what the list does not have is gone. */
function sentAgain(event: InstallationEvent, { limitedSeconds, isSlow }: RepositoriesNow): Again | undefined {
  if (limitedSeconds !== undefined) return { event, delaySeconds: limitedSeconds };
  const { slowLists = 0 } = event;
  return isSlow && slowLists < mostSlowLists
    ? { event: { ...event, slowLists: slowLists + 1 }, delaySeconds: slowListSeconds }
    : undefined;
}

function namedIn({ repositoriesRemoved, repositoryIdsRemoved }: InstallationEvent) {
  const names = new Set(repositoriesRemoved);
  const ids = new Set(repositoryIdsRemoved);
  // Another repository may have the name by now; ids are never reused.
  return ({ repository, repositoryId }: Pick<Job, 'repository' | 'repositoryId'>): boolean =>
    repositoryId !== undefined && ids.size > 0 ? ids.has(repositoryId) : names.has(repository);
}
