/**
 * Adopts what is queued in one repository: goes through every unfinished run, oldest first. A few runs whose jobs GitHub cannot list
 * are passed, and tried again later. The position says where it goes on, if the calls run out or GitHub fails within it.
 */
import type { GitHubRepository, GitHubRun, ListedJob } from '../../core/github.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, Page } from '../../ports/github.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { adopt } from './adopt-job.ts';
import type { CallAllowance } from './call-allowance.ts';
import { failedRunsRemembered, jobPages, runPages } from './reconcile-settings.ts';
import type { RunPosition, Visit } from './tenant-visit.ts';

/** By the name of the repository, or of one run of it. */
export type Failures = Map<string, OperationalError>;

/** @returns spent: the calls ran out within it. failed: all of it, or some runs */
export async function goThrough(
  deps: ReconcileDeps,
  visit: Visit,
  of: { readonly repository: GitHubRepository; readonly position: RunPosition; readonly failures: Failures },
): Promise<'done' | 'spent' | 'failed'> {
  try {
    return await adoptAll(deps, visit, of);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    of.failures.set(of.repository.fullName, error);
    return 'failed';
  }
}

type Of = Parameters<typeof goThrough>[2];

async function adoptAll(deps: ReconcileDeps, visit: Visit, of: Of): Promise<'done' | 'spent' | 'failed'> {
  const { tenant, calls } = visit;
  const { repository, position, failures } = of;
  const { installationId } = tenant;
  const { fullName } = repository;
  const runs: GitHubRun[] = [];
  for (const status of ['queued', 'in_progress'] as const) {
    const found = await allPages(calls, runPages, (cursor) =>
      deps.github.listRuns(installationId, fullName, status, cursor),
    );
    if (!found) return 'spent';
    runs.push(...found);
  }
  for (const runId of inTurn(position, runs)) {
    const jobs = await jobsOf(deps, visit, { ...of, runId });
    if (!jobs) return 'spent';
    if (jobs !== 'failed') {
      for (const job of jobs) await adopt(deps, visit, { repository, runId, job });
      // Only now: it must be tried again if one of its jobs could not be adopted.
      remember(position, others(position, runId));
      failures.delete(nameOf(repository, runId));
    }
    position.run = Math.max(runId, position.run ?? 0);
  }
  return position.failedRuns ? 'failed' : 'done';
}

/** Those that failed before come last, or first if no more of them can be passed. Those that are over are forgotten. */
function inTurn(position: RunPosition, runs: readonly GitHubRun[]): number[] {
  const ids = runs.map(({ runId }) => runId).toSorted((one, other) => one - other);
  const unseen = ids.filter((runId) => runId > (position.run ?? 0));
  const failed = (position.failedRuns ?? []).filter((runId) => ids.includes(runId));
  remember(position, failed);
  return failed.length >= failedRunsRemembered ? [...failed, ...unseen] : [...unseen, ...failed];
}

/** failed: the run is passed, and tried again later. Undefined: the calls ran out. */
async function jobsOf(
  deps: ReconcileDeps,
  { tenant, calls }: Visit,
  { repository, position, failures, runId }: Of & { readonly runId: number },
): Promise<ListedJob[] | 'failed' | undefined> {
  try {
    return await allPages(calls, jobPages, (cursor) =>
      deps.github.listRunJobs(tenant.installationId, repository.fullName, runId, cursor),
    );
  } catch (error) {
    const before = others(position, runId);
    if (!(error instanceof OperationalError) || before.length >= failedRunsRemembered) throw error;
    remember(position, [...before, runId]);
    failures.set(nameOf(repository, runId), error);
    return 'failed';
  }
}

const nameOf = ({ fullName }: GitHubRepository, runId: number) => `${fullName}, run ${runId}`;

const others = ({ failedRuns = [] }: RunPosition, runId: number) => failedRuns.filter((one) => one !== runId);

function remember(position: RunPosition, failedRuns: readonly number[]): void {
  if (failedRuns.length > 0) position.failedRuns = failedRuns;
  else delete position.failedRuns;
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
