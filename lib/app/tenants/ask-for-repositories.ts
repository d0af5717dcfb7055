/**
 * Asks GitHub which repositories an installation has now, as far as ten pages and five seconds reach. All events of a
 * batch about the installation share one answer: each arrived before GitHub was asked.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';

interface AskDeps {
  readonly github: Pick<GitHub, 'listRepositories'>;
  readonly clock: Clock;
}

export interface RepositoriesNow {
  /** When the list was begun, epoch milliseconds. */
  readonly askedAt: number;
  readonly has: (job: Pick<Job, 'repository' | 'repositoryId'>) => boolean;
  /** GitHub accepts no calls for this long, so the list may lack some. */
  readonly limitedSeconds?: number;
  /** The time was over before the last page, so the list may lack some. */
  readonly isSlow?: boolean;
}

/** Each has a hundred repositories. An installation with more is not read any further. */
const mostPages = 10;

/** No page is asked for later than this after the first: the function has 20 s for all events of a batch. */
const listMilliseconds = 5_000;

/** @returns what asks GitHub the first time, and has the same answer from then on */
export function askOnceForRepositories(
  deps: AskDeps,
  installationId: InstallationId,
): () => Promise<RepositoriesNow> {
  let asked: Promise<RepositoriesNow> | undefined;
  return () => {
    asked ??= askForRepositories(deps, installationId);
    return asked;
  };
}

async function askForRepositories(
  { github, clock }: AskDeps,
  installationId: InstallationId,
): Promise<RepositoriesNow> {
  const askedAt = clock.now();
  const names = new Set<string>();
  const ids = new Set<number>();
  const has: RepositoriesNow['has'] = ({ repository, repositoryId }) =>
    repositoryId === undefined ? names.has(repository) : ids.has(repositoryId);
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    if (clock.now() >= askedAt + listMilliseconds) return { askedAt, has, isSlow: true };
    const answer = await github.listRepositories(installationId, cursor);
    if (!answer.ok && answer.refusal.kind === 'limited')
      return { askedAt, has, limitedSeconds: answer.refusal.retryAfterSeconds };
    // GitHub shows nothing of a suspended installation, or of one that is gone: then the event is believed.
    if (!answer.ok) break;
    for (const { id, fullName } of answer.value.items) {
      names.add(fullName);
      ids.add(id);
    }
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return { askedAt, has };
}
