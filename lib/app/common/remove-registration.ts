/**
 * Removes a runner's registration, even if its account or repository was renamed: a runner that GitHub does not find under a
 * former name may well be working.
 */
import type { Runner } from '../../core/runner.ts';
import { scopeFor } from '../../core/scope.ts';
import type { Account } from '../../core/tenant.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import { currentName, isSameName } from './in-repository.ts';

type Removal = Answer<'removed' | 'absent' | 'busy'>;

export async function removeRegistration(
  deps: { readonly github: GitHub; readonly jobs: JobStore },
  runner: Runner,
): Promise<Removal> {
  const { installationId, account, repository, instanceId } = runner;
  const remove = (at: Account, name: string) =>
    deps.github.removeRunner(installationId, scopeFor(at, name), instanceId);
  const first = await remove(account, repository);
  if (first.ok || first.refusal.kind !== 'not-found') return first;
  const installation = await deps.github.getInstallation(installationId);
  if (!installation.ok) return installation.refusal.kind === 'not-found' ? first : installation;
  const { accountLogin: login, accountId: repositoryOwnerId } = installation.value;
  const now = { ...account, login };
  if (account.type === 'Organization') {
    return isSameName(login, account.login) ? first : remove(now, repository);
  }
  const job = await deps.jobs.get(installationId, runner.plannedJob);
  const { plannedJob: jobId } = runner;
  const name = await currentName(deps, { installationId, jobId, repository, ...job, repositoryOwnerId });
  if (!name.ok) return name.refusal.kind === 'not-found' ? first : name;
  return isSameName(name.value, repository) ? first : remove(now, name.value);
}
