/**
 * What an organization's owners do to its runner groups, and to a repository's visibility: the settings that decide which
 * jobs get a runner. The default group, id 1, always exists. GitHub sends no webhook about any of it.
 * Source: https://docs.github.com/en/rest/actions/self-hosted-runner-groups
 */
import { assignJobs } from './assignment.ts';
import { groupNamed, groupsOf, newGroup } from './groups.ts';
import type { GitHubStore, Repository, RunnerGroup } from './store.ts';
import { nameKey, takeId } from './store.ts';

export interface GroupChange {
  /** Case-insensitive. Created if there is none. */
  readonly name: string;
  readonly visibility?: RunnerGroup['visibility'];
  readonly allowsPublicRepositories?: boolean;
  /** Names of the repositories of a `selected` group, without the owner. */
  readonly repositories?: readonly string[];
}

/** @throws Error if a repository is unknown */
export function setGroup(store: GitHubStore, organization: string, change: GroupChange): RunnerGroup {
  const { name, visibility, allowsPublicRepositories, repositories } = change;
  const group = groupNamed(store, organization, name) ?? newGroup(takeId(store), { name });
  const groups = groupsOf(store, organization);
  if (!groups.includes(group)) groups.push(group);
  if (visibility !== undefined) group.visibility = visibility;
  if (allowsPublicRepositories !== undefined) group.allowsPublicRepositories = allowsPublicRepositories;
  if (repositories) {
    group.repositoryIds = new Set(repositories.map((one) => known(store, `${organization}/${one}`).id));
  }
  assignJobs(store);
  return group;
}

/** @throws Error if there is none, or it is the default one */
export function deleteGroup(store: GitHubStore, organization: string, name: string): void {
  const group = groupNamed(store, organization, name);
  if (!group || group.isDefault) throw new Error(`${organization} has no group ${name} that can be deleted.`);
  dropGroup(store, organization, group);
}

/** Its runners belong to the default group from then on. */
export function dropGroup(store: GitHubStore, organization: string, group: RunnerGroup): void {
  const groups = groupsOf(store, organization);
  groups.splice(groups.indexOf(group), 1);
  for (const runner of store.runners.values()) {
    const isOfIt =
      runner.scope.kind === 'organization' &&
      nameKey(runner.scope.account.login) === nameKey(organization) &&
      runner.groupId === group.id;
    if (isOfIt) runner.groupId = 1;
  }
  assignJobs(store);
}

export function setPublic(store: GitHubStore, fullName: string, isPublic: boolean): void {
  known(store, fullName).private = !isPublic;
  assignJobs(store);
}

function known(store: GitHubStore, fullName: string): Repository {
  const repository = store.repositories.get(nameKey(fullName));
  if (repository) return repository;
  throw new Error(`There is no repository ${fullName}; known: ${[...store.repositories.keys()].join(', ')}.`);
}
