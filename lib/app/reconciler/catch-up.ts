/**
 * Adopts all jobs that were queued without a webhook: GitHub had the App suspended, or hundreds of webhooks were lost. It
 * goes through every repository and every unfinished run, oldest first, with far more calls than a visit has; the next
 * run continues where the calls ran out. Tenants take turns, and none delays another one's visit.
 */
import { chunksOf } from '../../core/chunks.ts';
import type { InstallationId } from '../../core/ids.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import { CallAllowance } from './call-allowance.ts';
import { failureOf, pass, runOf, tryAgain } from './failed-repositories.ts';
import { type Failures, goThrough } from './go-through-repository.ts';
import {
  catchUpCalls,
  catchUpMillisecondsApart,
  catchUpSeconds,
  failedRepositoriesRemembered,
  notesKeptSeconds,
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

/**
 * From where the last run stopped. At the end of the last repository the backlog is gone. Repositories that failed
 * are skipped, named, and tried again by each later run: after all others, or before them if no more can be skipped.
 * @throws OperationalError that names what failed
 */
export async function catchUp(deps: ReconcileDeps, visit: Visit): Promise<void> {
  const { marks } = visit;
  const failures: Failures = new Map();
  const earlier = marks.failedRepositories ?? [];
  // A repository more cannot be passed: it waits until one of them succeeds.
  const comeFirst = earlier.length >= failedRepositoriesRemembered;
  if (comeFirst) await tryAgain(deps, visit, { earlier, failures });
  const isThrough = marks.backlog === undefined || (await goThroughAll(deps, visit, failures));
  if (isThrough) {
    if (!comeFirst) await tryAgain(deps, visit, { earlier, failures });
    delete marks.backlog;
  }
  if (failures.size > 0) throw failureOf(failures);
}

/** False: the calls ran out, or so much fails that it is GitHub. */
async function goThroughAll(deps: ReconcileDeps, visit: Visit, failures: Failures): Promise<boolean> {
  const { tenant, calls, marks } = visit;
  const { backlog = {} } = marks;
  for (;;) {
    const answer = await calls.ask(() => deps.github.listRepositories(tenant.installationId, backlog.page));
    if (!answer?.ok) return false;
    const left = answer.value.items
      .filter(({ fullName }) => backlog.repository === undefined || fullName > backlog.repository)
      .toSorted((one, other) => (one.fullName < other.fullName ? -1 : 1));
    for (const repository of left) {
      const outcome = await goThrough(deps, visit, { repository, position: backlog, failures });
      if (outcome === 'spent') return false;
      if (outcome === 'failed' && !pass(marks, { repositoryId: repository.id, ...runOf(backlog) }))
        return false;
      backlog.repository = repository.fullName;
      delete backlog.run;
      delete backlog.failedRuns;
    }
    delete backlog.repository;
    const { cursor } = answer.value;
    if (cursor === undefined) return true;
    backlog.page = cursor;
  }
}
