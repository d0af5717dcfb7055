/**
 * Adopts all jobs that were queued without a webhook: GitHub had the App suspended, or hundreds of webhooks were lost. It
 * goes through every repository and every unfinished run, oldest first, with far more calls than a visit has; the next
 * run continues where the calls ran out. Tenants take turns, and none delays another one's visit.
 */
import { chunksOf } from '../../core/chunks.ts';
import type { GitHubRepository, GitHubRun } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import type { Answer, Page } from '../../ports/github.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import { adopt } from './adopt-job.ts';
import { CallAllowance } from './call-allowance.ts';
import {
  catchUpCalls,
  catchUpMillisecondsApart,
  catchUpSeconds,
  jobPages,
  notesKeptSeconds,
  runPages,
  visitsAtOnce,
} from './reconcile-settings.ts';
import { ordered, type Visit } from './tenant-visit.ts';

export const catchUpNote = 'reconcile/catch-up';

/** @param visit opens a tenant's visit, does the work, and stores its marks */
export async function catchUpInTurn(
  deps: ReconcileDeps,
  behind: readonly InstallationId[],
  visit: (installationId: InstallationId, calls: CallAllowance) => Promise<unknown>,
): Promise<unknown[]> {
  if (behind.length === 0) return [];
  const now = deps.clock.now();
  const until = now + catchUpSeconds * 1000;
  const note = (await deps.notes.read([catchUpNote], now)).get(catchUpNote);
  const after = note?.value['after'] as string | undefined;
  const line = nextInTurn(behind, { keyOf: ordered, after, count: behind.length });
  const errors: unknown[] = [];
  for (const group of chunksOf(line, visitsAtOnce)) {
    if (deps.clock.now() >= until) break;
    const pace = { clock: deps.clock, until, millisecondsApart: catchUpMillisecondsApart };
    const results = await Promise.allSettled(
      group.map((installationId) => visit(installationId, new CallAllowance(catchUpCalls, pace))),
    );
    errors.push(...errorsOf(results));
    const expiresAt = deps.clock.now() + notesKeptSeconds * 1000;
    await deps.notes.write(catchUpNote, { value: { after: ordered(group.at(-1)!) }, expiresAt });
  }
  return errors;
}

/** From where the last run stopped. At the end of the last repository the backlog is gone. */
export async function catchUp(deps: ReconcileDeps, visit: Visit): Promise<void> {
  const { tenant, calls, marks } = visit;
  const backlog = marks.backlog;
  if (!backlog) return;
  for (;;) {
    const answer = await calls.ask(() => deps.github.listRepositories(tenant.installationId, backlog.page));
    if (!answer?.ok) return;
    const left = answer.value.items
      .filter(({ fullName }) => backlog.repository === undefined || fullName > backlog.repository)
      .toSorted((one, other) => (one.fullName < other.fullName ? -1 : 1));
    for (const repository of left) {
      if (!(await lookThrough(deps, visit, repository))) return;
      backlog.repository = repository.fullName;
      delete backlog.run;
    }
    delete backlog.repository;
    const { cursor } = answer.value;
    if (cursor === undefined) break;
    backlog.page = cursor;
  }
  delete marks.backlog;
}

/** False: the calls ran out within it. */
async function lookThrough(
  deps: ReconcileDeps,
  visit: Visit,
  repository: GitHubRepository,
): Promise<boolean> {
  const { tenant, calls, marks } = visit;
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
  const unseen = runs.filter(({ runId }) => runId > (marks.backlog?.run ?? 0));
  for (const { runId } of unseen.toSorted((one, other) => one.runId - other.runId)) {
    const jobs = await allPages(calls, jobPages, (cursor) =>
      deps.github.listRunJobs(installationId, fullName, runId, cursor),
    );
    if (!jobs) return false;
    for (const job of jobs) await adopt(deps, visit, { repository, runId, job });
    if (marks.backlog) marks.backlog.run = runId;
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
