/** Where a machine's runner registers: with the organization, or with one repository. */
import type { RunnerScope } from './github.ts';
import type { Account, RunnerLevel } from './tenant.ts';

/** @param repository `owner/name` of the job that the runner is for */
export function scopeFor(account: Account, repository: string): RunnerScope {
  if (levelOf(account) === 'organization') return { kind: 'organization', organization: account.login };
  const slash = repository.indexOf('/');
  return { kind: 'repository', owner: repository.slice(0, slash), repository: repository.slice(slash + 1) };
}

/** Rows from before levels existed have none. */
const levelOf = ({ level, type }: Account): RunnerLevel =>
  level ?? (type === 'Organization' ? 'organization' : 'repository');
