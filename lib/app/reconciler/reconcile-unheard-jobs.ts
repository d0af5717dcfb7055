/**
 * Adopts jobs that are queued on GitHub without a webhook: each goes to its tier's queue, by the same path as from the
 * webhook. It goes through the repositories in turn, as far as the visit's calls reach; the next visit continues behind
 * the last one. Of a run with many jobs each visit sees the next page. Of many runs it sees the newest hundred at every other visit,
 * and in between the next hundred: a job without a webhook keeps its run open, while newer runs come before it.
 */
import type { GitHubRefusal, GitHubRepository, GitHubRun } from '../../core/github.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import { levelNow } from '../../core/runner-level.ts';
import { scopeFor } from '../../core/scope.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { isSameName } from '../common/in-repository.ts';
import { adopt } from './adopt-job.ts';
import { askAboutTenant } from './ask-about-tenant.ts';
import { failureOf } from './failed-repositories.ts';
import type { Failures } from './go-through-repository.ts';
import { reconcileRunners } from './reconcile-registrations.ts';
import {
  failedRunMilliseconds,
  failedRunsPerVisit,
  runListsRemembered,
  runsPerRepository,
} from './reconcile-settings.ts';
import { ordered, type Visit } from './tenant-visit.ts';

/** @returns why GitHub refused the installation as a whole, if it did */
export async function reconcileUnheardJobs(
  deps: ReconcileDeps,
  visit: Visit,
): Promise<GitHubRefusal | undefined> {
  const { tenant, calls, marks } = visit;
  const answer = await calls.ask(() =>
    deps.github.listRepositories(tenant.installationId, marks.repositoriesPage),
  );
  if (!answer) return undefined;
  if (!answer.ok) return answer.refusal;
  const { items, cursor } = answer.value;
  if (items.some((repository) => isRenamed(tenant, repository))) await askAboutTenant(deps, tenant);
  const left = items
    .filter(({ fullName }) => marks.repository === undefined || fullName > marks.repository)
    .toSorted((one, other) => (one.fullName < other.fullName ? -1 : 1));
  for (const repository of left) {
    const failures: Failures = new Map();
    await lookInto(deps, visit, { repository, failures }).catch((error: unknown) => {
      // The others come first: what GitHub cannot answer about this one may last.
      marks.repository = repository.fullName;
      if (!(error instanceof OperationalError)) throw error;
      failures.set(repository.fullName, error);
    });
    if (failures.size > 0) {
      marks.repository = repository.fullName;
      throw failureOf(failures);
    }
    // The calls ran out within it: the next visit begins with it, at another of its runs.
    if (calls.isSpent) return undefined;
    marks.repository = repository.fullName;
  }
  delete marks.repository;
  if (cursor === undefined) delete marks.repositoriesPage;
  else marks.repositoriesPage = cursor;
  return undefined;
}

/** Its own event is late or lost; the list has the account's current name. */
const isRenamed = ({ accountId, accountLogin }: Tenant, { ownerId, fullName }: GitHubRepository) =>
  ownerId === accountId && !isSameName(fullName.split('/')[0] ?? '', accountLogin);

interface LookedInto {
  readonly repository: GitHubRepository;
  readonly failures: Failures;
}

async function lookInto(deps: ReconcileDeps, visit: Visit, of: LookedInto): Promise<void> {
  const { tenant, calls } = visit;
  const { repository } = of;
  const { accountLogin: login, accountType: type, installationId } = tenant;
  const { level } = levelNow(tenant);
  if (level === 'repository') {
    await reconcileRunners(deps, visit, scopeFor({ login, type, level }, repository.fullName));
  }
  // A run is in progress as soon as one of its jobs is, whatever the others are.
  for (const status of ['queued', 'in_progress'] as const) {
    const list = `${repository.id}/${status}`;
    const page = pageNow(visit, list);
    const runs = await calls.ask(() =>
      deps.github.listRuns(installationId, repository.fullName, status, page),
    );
    if (!runs) return;
    goToOtherPage(visit, list, { page, next: runs.ok ? runs.value.cursor : undefined });
    // Each page has positions of its own.
    const place = page === undefined ? list : `${list}/${page}`;
    if (runs.ok) await lookIntoRuns(deps, visit, { ...of, list: place, runs: runs.value.items });
  }
}

function pageNow({ marks }: Visit, list: string): string | undefined {
  const further = marks.runsPages?.[list];
  return further?.isNow ? further.cursor : undefined;
}

/** From a further page to the first one, and from that to the further one behind the last; after the last page to the second. */
function goToOtherPage(
  { marks }: Visit,
  list: string,
  { page, next }: { page: string | undefined; next: string | undefined },
): void {
  const { [list]: known, ...others } = marks.runsPages ?? {};
  const cursor = page === undefined && next !== undefined ? (known?.cursor ?? next) : next;
  const further = cursor === undefined ? {} : { [list]: { cursor, isNow: page === undefined } };
  marks.runsPages = newest({ ...others, ...further });
}

async function lookIntoRuns(
  deps: ReconcileDeps,
  visit: Visit,
  found: LookedInto & { list: string; runs: readonly GitHubRun[] },
): Promise<void> {
  const { marks } = visit;
  const { repository } = found;
  for (const { runId, place } of chooseRuns(visit, found.runs, found.list)) {
    const jobs = await listJobs(deps, visit, { ...found, runId });
    if (!jobs) return;
    if (place !== undefined) {
      const { [place]: _former, ...others } = marks.runs ?? {};
      marks.runs = newest({ ...others, [place]: ordered(runId) });
    }
    if (jobs === 'failed' || !jobs.ok) continue;
    goToNextPage(visit, runId, jobs.value.cursor);
    for (const job of jobs.value.items) await adopt(deps, visit, { repository, runId, job });
  }
}

/**
 * Undefined: the calls ran out. failed: the other runs are looked at all the same, since that may last.
 * @throws OperationalError if too many fail, or GitHub took long to
 */
async function listJobs(
  { github, clock }: ReconcileDeps,
  { tenant, calls, marks }: Visit,
  { repository, failures, runId }: LookedInto & { readonly runId: number },
) {
  const { fullName } = repository;
  const page = marks.jobsPages?.[ordered(runId)];
  const asked = clock.now();
  try {
    return await calls.ask(() => github.listRunJobs(tenant.installationId, fullName, runId, page));
  } catch (error) {
    const isSlow = clock.now() - asked > failedRunMilliseconds;
    if (!(error instanceof OperationalError) || isSlow || failures.size >= failedRunsPerVisit) throw error;
    failures.set(`${fullName}, run ${runId}`, error);
    return 'failed';
  }
}

/** GitHub lists ended jobs as well: what is behind the first page of a run stays there. */
function goToNextPage({ marks }: Visit, runId: number, cursor: string | undefined): void {
  const { [ordered(runId)]: _former, ...others } = marks.jobsPages ?? {};
  marks.jobsPages = cursor === undefined ? others : newest({ ...others, [ordered(runId)]: cursor });
}

interface ChosenRun {
  readonly runId: number;
  /** The name under which the visit remembers its position, if the list is longer than a visit looks at. */
  readonly place?: string;
}

/**
 * In a long list, runs without a waiting job here come first: otherwise a run whose only webhook was lost would wait
 * behind every known run. One of the others is looked at all the same, since a run has many jobs. Each kind has its own
 * position, and so has each list, or a repository with few runs would reset one with many.
 */
function chooseRuns(
  { marks, waitingRuns }: Visit,
  runs: readonly GitHubRun[],
  list: string,
): readonly ChosenRun[] {
  const places = { unheard: `${list}/unheard`, heard: list };
  if (runs.length <= runsPerRepository) {
    const { [places.unheard]: _one, [places.heard]: _other, ...others } = marks.runs ?? {};
    marks.runs = others;
    return nextInTurn(runs, { keyOf, after: undefined, count: runsPerRepository });
  }
  const heard = runs.filter(({ runId }) => waitingRuns.has(runId));
  const unheard = runs.filter(({ runId }) => !waitingRuns.has(runId));
  const turn = (of: readonly GitHubRun[], place: string, count: number) =>
    nextInTurn(of, { keyOf, after: marks.runs?.[place], count }).map(({ runId }) => ({ runId, place }));
  const first = turn(unheard, places.unheard, runsPerRepository - Math.min(heard.length, 1));
  return [...first, ...turn(heard, places.heard, runsPerRepository - first.length)];
}

const keyOf = ({ runId }: GitHubRun) => ordered(runId);

const newest = <Mark>(places: Readonly<Record<string, Mark>>) =>
  Object.fromEntries(Object.entries(places).slice(-runListsRemembered));
