/**
 * Adopts what is queued in one repository: goes through every unfinished run, oldest first. The position says where it goes on, if the
 * calls run out or GitHub fails within it.
 */
import type { GitHubRepository, GitHubRun } from '../../core/github.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, Page } from '../../ports/github.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { adopt } from './adopt-job.ts';
import type { CallAllowance } from './call-allowance.ts';
import { jobPages, runPages } from './reconcile-settings.ts';
import type { RunPosition, Visit } from './tenant-visit.ts';

/** By the repository's name. */
export type Failures = Map<string, OperationalError>;

/** @returns spent: the calls ran out within it */
export async function goThrough(
  deps: ReconcileDeps,
  visit: Visit,
  of: { readonly repository: GitHubRepository; readonly position: RunPosition; readonly failures: Failures },
): Promise<'done' | 'spent' | 'failed'> {
  try {
    return (await adoptAll(deps, visit, of)) ? 'done' : 'spent';
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    of.failures.set(of.repository.fullName, error);
    return 'failed';
  }
}

/** False: the calls ran out within it. */
async function adoptAll(
  deps: ReconcileDeps,
  visit: Visit,
  { repository, position }: { repository: GitHubRepository; position: RunPosition },
): Promise<boolean> {
  const { tenant, calls } = visit;
  const { installationId } = tenant;
  const { fullName } = repository;
  const runs: GitHubRun[] = [];
  for (const status of ['queued', 'in_progress'] as const) {
    const found = await allPages(calls, runPages, (cursor) =>
      deps.github.listRuns(installationId, fullName, status, cursor),
    );
    if (!found) return false;
    runs.push(...found);
  }
  const unseen = runs.filter(({ runId }) => runId > (position.run ?? 0));
  for (const { runId } of unseen.toSorted((one, other) => one.runId - other.runId)) {
    const jobs = await allPages(calls, jobPages, (cursor) =>
      deps.github.listRunJobs(installationId, fullName, runId, cursor),
    );
    if (!jobs) return false;
    for (const job of jobs) await adopt(deps, visit, { repository, runId, job });
    position.run = runId;
  }
  return true;
}

/** Undefined: the calls ran out. Skips what GitHub refuses to list. */
async function allPages<Item>(
  calls: CallAllowance,
  most: number,
  list: (cursor: string | undefined) => Promise<Answer<Page<Item>>>,
): Promise<Item[] | undefined> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= most; page++) {
    const answer = await calls.ask(() => list(cursor));
    if (!answer) return undefined;
    if (!answer.ok) return items;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return items;
}
