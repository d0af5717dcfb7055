/**
 * Repositories that could not be caught up with: what GitHub cannot answer about one of them may last, so those behind it come first.
 * They are remembered, and tried again until they succeed or are gone.
 */
import { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { type Failures, goThrough } from './go-through-repository.ts';
import { failedRepositoriesRemembered } from './reconcile-settings.ts';
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
  for (const failed of earlier) {
    const position = runOf(failed);
    const outcome = await tryOne(deps, visit, { failed, position, failures });
    const others = without(marks, failed);
    if (outcome === 'done') remember(marks, others);
    else remember(marks, [...others, { repositoryId: failed.repositoryId, ...position }]);
    if (outcome === 'spent') return;
  }
}

async function tryOne(
  deps: ReconcileDeps,
  visit: Visit,
  of: { failed: FailedRepository; position: RunPosition; failures: Failures },
): Promise<'done' | 'spent' | 'failed'> {
  const { tenant, calls } = visit;
  const { failed, position, failures } = of;
  const { repositoryId } = failed;
  try {
    const answer = await calls.ask(() => deps.github.getRepository(tenant.installationId, repositoryId));
    if (!answer) return 'spent';
    if (!answer.ok) {
      const { refusal } = answer;
      if (refusal.kind === 'not-found') return 'done';
      throw new OperationalError(refusal.message, { code: 'repository-failed', retryable: true });
    }
    // GitHub shows public repositories to every App, those of other accounts too.
    if (answer.value.ownerId !== tenant.accountId) return 'done';
    return await goThrough(deps, visit, { repository: answer.value, position, failures });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    failures.set(`the repository with the id ${repositoryId}`, error);
    return 'failed';
  }
}

export function failureOf(failures: Failures): OperationalError {
  const each = [...failures].map(([name, { message }]) => `${name}: ${message}`);
  const message = `These repositories could not be gone through, and are tried again: ${each.join('; ')}`;
  return new OperationalError(message, { code: 'repository-failed', retryable: true });
}

export const runOf = ({ run }: RunPosition): RunPosition => (run === undefined ? {} : { run });

const without = ({ failedRepositories = [] }: VisitMarks, { repositoryId }: FailedRepository) =>
  failedRepositories.filter((one) => one.repositoryId !== repositoryId);

function remember(marks: VisitMarks, failed: readonly FailedRepository[]): void {
  if (failed.length > 0) marks.failedRepositories = failed;
  else delete marks.failedRepositories;
}
