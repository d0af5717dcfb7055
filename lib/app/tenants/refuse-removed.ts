/**
 * Refuses the waiting jobs of repositories that were removed from the installation. The event may be late, or come again
 * days later, when a repository is back: so GitHub is asked what the installation has now, if a job waits at all.
 */
import type { InstallationEvent } from '../../contract/messages.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { reason } from '../../core/reason.ts';
import type { GitHub } from '../../ports/github.ts';
import type { Queues } from '../../ports/queues.ts';
import { refuseWaitingJobs } from './refuse-waiting-jobs.ts';

type RefuseDeps = Parameters<typeof refuseWaitingJobs>[0] & {
  readonly github: GitHub;
  readonly queues: Pick<Queues, 'sendToInstallations'>;
};

/** Each has a hundred repositories. Of an installation with more, the event is believed about the others. */
const mostPages = 10;

/** While GitHub accepts no calls, no job is refused, and the event comes again. @throws OperationalError */
export async function refuseRemoved(deps: RefuseDeps, event: InstallationEvent): Promise<void> {
  if (event.repositoriesRemoved.length === 0) return;
  const { installationId } = event;
  const isNamed = namedIn(event);
  let asking: Promise<Found> | undefined;
  await refuseWaitingJobs(deps, installationId, async (job) => {
    if (!isNamed(job)) return undefined;
    asking ??= repositoriesNow(deps, installationId);
    const { has, limitedSeconds } = await asking;
    if (limitedSeconds !== undefined || has(job)) return undefined;
    const text = `${job.repository} was removed from the installation; add it and re-run the job.`;
    return reason('repository-removed', text);
  });
  const { limitedSeconds: delaySeconds } = (await asking) ?? {};
  if (delaySeconds !== undefined) await deps.queues.sendToInstallations(event, { delaySeconds });
}

type Asked = Pick<Job, 'repository' | 'repositoryId'>;

function namedIn({ repositoriesRemoved, repositoryIdsRemoved }: InstallationEvent) {
  const names = new Set(repositoriesRemoved);
  const ids = new Set(repositoryIdsRemoved);
  // Another repository may have the name by now; ids are never reused.
  return ({ repository, repositoryId }: Asked): boolean =>
    repositoryId !== undefined && ids.size > 0 ? ids.has(repositoryId) : names.has(repository);
}

interface Found {
  readonly has: (job: Asked) => boolean;
  readonly limitedSeconds?: number;
}

async function repositoriesNow({ github }: RefuseDeps, installationId: InstallationId): Promise<Found> {
  const names = new Set<string>();
  const ids = new Set<number>();
  const has = ({ repository, repositoryId }: Asked) =>
    repositoryId === undefined ? names.has(repository) : ids.has(repositoryId);
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    const answer = await github.listRepositories(installationId, cursor);
    if (!answer.ok && answer.refusal.kind === 'limited')
      return { has, limitedSeconds: answer.refusal.retryAfterSeconds };
    // GitHub shows nothing of a suspended installation, or of one that is gone: then the event is believed.
    if (!answer.ok) break;
    for (const { id, fullName } of answer.value.items) {
      names.add(fullName);
      ids.add(id);
    }
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return { has };
}
