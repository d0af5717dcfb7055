/**
 * Removes a runner's registration, even if its account or repository was renamed: a runner that GitHub does not find under a
 * former name may well be working.
 */
import type { RunnerScope } from '../../core/github.ts';
import { runnerNameOf } from '../../core/ids.ts';
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
  const { installationId, account, repository } = runner;
  const remove = (at: Account, name: string) => removeByEitherName(deps, runner, scopeFor(at, name));
  const first = await remove(account, repository);
  if (first.ok || first.refusal.kind !== 'not-found') return first;
  const installation = await deps.github.getInstallation(installationId);
  if (!installation.ok) return installation.refusal.kind === 'not-found' ? first : installation;
  const { accountLogin: login, accountId: repositoryOwnerId } = installation.value;
  const now = { ...account, login };
  if (scopeFor(account, repository).kind === 'organization') {
    return isSameName(login, account.login) ? first : remove(now, repository);
  }
  const job = await deps.jobs.get(installationId, runner.plannedJob);
  const { plannedJob: jobId } = runner;
  const name = await currentName(deps, { installationId, jobId, repository, ...job, repositoryOwnerId });
  if (!name.ok) return name.refusal.kind === 'not-found' ? first : name;
  return isSameName(name.value, repository) ? first : remove(now, name.value);
}

/** A machine with a gate may be registered without the mark in its name: by an earlier version, or by an earlier claim. */
async function removeByEitherName(
  { github }: { readonly github: GitHub },
  { installationId, instanceId, gated = false }: Runner,
  scope: RunnerScope,
): Promise<Removal> {
  const first = await github.removeRunner(installationId, scope, runnerNameOf(instanceId, gated));
  const isElsewhere = gated && first.ok && first.value === 'absent';
  return isElsewhere ? github.removeRunner(installationId, scope, instanceId) : first;
}
