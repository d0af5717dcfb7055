/** Where a tenant's runners register: an organization has them in common, a user's belong to one repository. */
import type { RunnerScope } from './github.ts';
import type { Account } from './tenant.ts';

/** @param repository `owner/name` of the job that the runner is for */
export function scopeFor(account: Account, repository: string): RunnerScope {
  if (account.type === 'Organization') return { kind: 'organization', organization: account.login };
  const slash = repository.indexOf('/');
  return { kind: 'repository', owner: repository.slice(0, slash), repository: repository.slice(slash + 1) };
}
