/**
 * What a new scope may name: the deployment's tiers, and the group or repository in question if GitHub confirms that it is the
 * tenant's. GitHub is asked only for a scope that names one, and for no other change.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { KnownTargets, PolicyChange } from '../../core/controllers/policy-change.ts';
import type { ScopeTarget } from '../../core/controllers/scope.ts';
import type { GitHubRefusal, GitHubRepository } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { Owner } from './admin.ts';
import { type Faulty, faulty } from './fault.ts';
import { findListed } from './find-listed.ts';

export interface TargetDeps {
  readonly deployment: Pick<Deployment, 'tiers'>;
  readonly github: Pick<GitHub, 'getRepository' | 'listRepositories' | 'getRunnerGroup'>;
}

export async function findTargets(
  deps: TargetDeps,
  { tenant }: Owner,
  change: PolicyChange,
): Promise<KnownTargets | Faulty> {
  const tiers = deps.deployment.tiers
    .map(({ name }) => name)
    .filter((name) => tenant?.allowedTiers?.includes(name) ?? true);
  const none: KnownTargets = { tiers, repositoryIds: new Set() };
  if (change.kind !== 'add-scope' || !tenant) return none;
  const { target } = change;
  const asked = await ask(deps, tenant, target);
  if (asked === undefined) return none;
  if ('refusal' in asked) return refused(asked.refusal);
  return { ...none, ...asked };
}

type Found = Partial<Pick<KnownTargets, 'groups' | 'repositoryIds'>>;

async function ask(
  { github }: TargetDeps,
  { installationId, accountId, accountLogin, accountType }: Tenant,
  target: ScopeTarget,
): Promise<Found | { readonly refusal: GitHubRefusal } | undefined> {
  if ('repositoryId' in target) {
    const answer = await github.getRepository(installationId, target.repositoryId);
    if (!answer.ok) return answer.refusal.kind === 'not-found' ? undefined : answer;
    if (answer.value.ownerId !== accountId) return undefined;
    const reached = await isReached(github, installationId, answer.value);
    if (!reached.ok) return reached;
    return { repositoryIds: new Set(reached.value ? [target.repositoryId] : []) };
  }
  if (!('group' in target) || accountType !== 'Organization') return undefined;
  const answer = await github.getRunnerGroup(installationId, accountLogin, target.group);
  if (!answer.ok) return answer.refusal.kind === 'not-found' ? undefined : answer;
  return answer.value ? { groups: [answer.value.name] } : undefined;
}

/**
 * GitHub shows a public repository even to an installation without access to it: only the installation's list is
 * reliable.
 */
async function isReached(
  github: TargetDeps['github'],
  installationId: InstallationId,
  { id, visibility }: GitHubRepository,
): Promise<Answer<boolean>> {
  if (visibility !== 'public') return { ok: true, value: true };
  const answer = await findListed(github, installationId, (repository) => repository.id === id);
  if (!answer.ok) return answer;
  const { repository, isWhole } = answer.value;
  // Beyond what is read, an installation's repositories are trusted.
  return { ok: true, value: repository !== undefined || !isWhole };
}

export function refused(refusal: GitHubRefusal): Faulty {
  if ('retryAfterSeconds' in refusal) {
    throw new OperationalError('GitHub accepts no more calls from the App for now.', {
      code: 'github-limited',
      retryable: true,
    });
  }
  return faulty(
    'invalid',
    'foreign-target',
    'GitHub does not let the App check whether the target belongs to the installation.',
    { field: 'target' },
  );
}
