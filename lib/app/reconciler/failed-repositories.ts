/**
 * Repositories that could not be caught up with: what GitHub cannot answer about one of them may last, so those behind it come first.
 * They are remembered, and tried again until they succeed, are gone, or have left the installation.
 */
import { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { type Failures, goThrough } from './go-through-repository.ts';
import { failedRepositoriesRemembered, selectionPages } from './reconcile-settings.ts';
import type { FailedRepository, RunPosition, Visit, VisitMarks } from './tenant-visit.ts';

/** False: no more are passed. */
export function pass(marks: VisitMarks, failed: FailedRepository): boolean {
  const others = without(marks, failed);
  if (others.length >= failedRepositoriesRemembered) return false;
  remember(marks, [...others, failed]);
  return true;
}

/** Each once, as far as the calls reach. */
export async function tryAgain(
  deps: ReconcileDeps,
  visit: Visit,
  { earlier, failures }: { earlier: readonly FailedRepository[]; failures: Failures },
): Promise<void> {
  const { marks } = visit;
  const isSelected = selectionOf(deps, visit);
  for (const { repositoryId } of earlier) {
    // As it is now: more of its runs may have failed since.
    const failed = marks.failedRepositories?.find((one) => one.repositoryId === repositoryId);
    if (!failed) continue;
    const position = runOf(failed);
    const outcome = await tryOne(deps, visit, { failed, position, failures, isSelected });
    const others = without(marks, failed);
    if (outcome === 'done') remember(marks, others);
    else remember(marks, [...others, { repositoryId: failed.repositoryId, ...position }]);
    if (outcome === 'spent') return;
  }
}

async function tryOne(
  deps: ReconcileDeps,
  visit: Visit,
  of: { failed: FailedRepository; position: RunPosition; failures: Failures; isSelected: IsSelected },
): Promise<'done' | 'spent' | 'failed'> {
  const { tenant, calls } = visit;
  const { failed, position, failures, isSelected } = of;
  const { repositoryId } = failed;
  try {
    const answer = await calls.ask(() => deps.github.getRepository(tenant.installationId, repositoryId));
    if (!answer) return 'spent';
    if (!answer.ok) {
      const { refusal } = answer;
      if (refusal.kind === 'not-found') return 'done';
      throw refused(refusal);
    }
    // GitHub shows public repositories to every App, those of other accounts too.
    if (answer.value.ownerId !== tenant.accountId) return 'done';
    if (answer.value.visibility === 'public') {
      const selected = await isSelected(repositoryId);
      if (selected === undefined) return 'spent';
      if (!selected) return 'done';
    }
    return await goThrough(deps, visit, { repository: answer.value, position, failures });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    failures.set(`the repository with the id ${repositoryId}`, error);
    return 'failed';
  }
}

/** Undefined: the calls ran out. */
type IsSelected = (repositoryId: number) => Promise<boolean | undefined>;

/**
 * Reads the installation's list as far as it is asked about, each page once. A repository that is not on the first pages of a
 * longer list counts as selected: to try it again costs less than to read on in every run.
 */
function selectionOf({ github }: ReconcileDeps, { tenant, calls }: Visit): IsSelected {
  const listed = new Set<number>();
  let next: { readonly cursor?: string } | undefined = {};
  let pages = 0;
  return async (repositoryId) => {
    while (!listed.has(repositoryId) && next) {
      if (pages === selectionPages) return true;
      pages += 1;
      const { cursor }: { readonly cursor?: string } = next;
      const answer = await calls.ask(() => github.listRepositories(tenant.installationId, cursor));
      if (!answer) return undefined;
      if (!answer.ok) throw refused(answer.refusal);
      for (const { id } of answer.value.items) listed.add(id);
      next = answer.value.cursor === undefined ? undefined : { cursor: answer.value.cursor };
    }
    return listed.has(repositoryId);
  };
}

const refused = ({ message }: { readonly message: string }) =>
  new OperationalError(message, { code: 'repository-failed', retryable: true });

export function failureOf(failures: Failures): OperationalError {
  const each = [...failures].map(([name, { message }]) => `${name}: ${message}`);
  const message = `These repositories or runs could not be read, and are tried again: ${each.join('; ')}`;
  return new OperationalError(message, { code: 'repository-failed', retryable: true });
}

export const runOf = ({ run, failedRuns }: RunPosition): RunPosition => ({
  ...(run === undefined ? {} : { run }),
  ...(failedRuns === undefined ? {} : { failedRuns }),
});

const without = ({ failedRepositories = [] }: VisitMarks, { repositoryId }: FailedRepository) =>
  failedRepositories.filter((one) => one.repositoryId !== repositoryId);

function remember(marks: VisitMarks, failed: readonly FailedRepository[]): void {
  if (failed.length > 0) marks.failedRepositories = failed;
  else delete marks.failedRepositories;
}
