/**
 * Converts the repositories that an operator names, by name, `owner/name` or id, to GitHub's ids. Names are looked up
 * on GitHub.
 */
import type { GitHubRepository } from '../../core/github.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { githubOf, refusalText } from '../insight/github-of.ts';
import type { FoundTenant } from './find-tenant.ts';
import { listRepositories } from './list-repositories.ts';
import { nearNames } from './near-names.ts';
import { entriesOf } from './set-options.ts';

export const isRepositoryId = (entry: string) => /^[1-9]\d{0,14}$/.test(entry);

/** @throws UsageError that lists all that were not found, with similar names */
export async function repositoryIds(
  call: CommandCall,
  { installationId, login }: FoundTenant,
  given: string,
): Promise<number[]> {
  const entries = entriesOf(given);
  if (entries.length === 0) throw new UsageError('--repositories is empty; give names, all, or none.');
  if (entries.every(isRepositoryId)) return unique(entries.map(Number));
  const { platform } = await githubOf(call);
  const reached = await listRepositories(platform, installationId);
  if (!reached.ok) throw new UsageError(`GitHub does not list the repositories: ${refusalText(reached)}`);
  const repositories = reached.value;
  const ids = entries.map((entry) => (isRepositoryId(entry) ? Number(entry) : idOf(repositories, entry)));
  const unknown = entries.filter((_, n) => ids[n] === undefined);
  if (unknown.length > 0) {
    const names = repositories.map(({ fullName }) => fullName.split('/')[1] ?? '');
    const faults = unknown.map((entry) => {
      const near = nearNames(entry.split('/').at(-1) ?? '', names);
      return `The App cannot reach a repository ${JSON.stringify(entry)} of ${login}.${near.length > 0 ? ` Did you mean ${near.join(', ')}?` : ''}`;
    });
    throw new UsageError(
      `${faults.join('\n')}\nAn owner must add repositories to the installation on GitHub.`,
    );
  }
  return unique(ids.flatMap((id) => id ?? []));
}

const unique = (ids: readonly number[]) => [...new Set(ids)];

function idOf(repositories: readonly GitHubRepository[], entry: string): number | undefined {
  const wanted = entry.toLowerCase();
  const found = repositories.find(({ fullName }) => {
    const name = fullName.toLowerCase();
    return name === wanted || name.split('/')[1] === wanted;
  });
  return found?.id;
}
