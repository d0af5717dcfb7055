/** The runner groups of organizations. The default one, id 1, always exists. */
import type { GitHubStore, RunnerGroup } from './store.ts';
import { nameKey } from './store.ts';

/** The groups of an organization. */
export function groupsOf(store: GitHubStore, organization: string): RunnerGroup[] {
  const key = nameKey(organization);
  const known = store.groups.get(key);
  if (known) return known;
  const groups = [newGroup(1, { name: 'Default', isDefault: true })];
  store.groups.set(key, groups);
  return groups;
}

/** As a new group is: for all repositories except public ones. */
export function newGroup(id: number, made: { name: string; isDefault?: boolean }): RunnerGroup {
  const { name, isDefault = false } = made;
  return {
    id,
    name,
    visibility: 'all',
    allowsPublicRepositories: false,
    isDefault,
    repositoryIds: new Set(),
  };
}

export const groupNamed = (store: GitHubStore, organization: string, name: string) =>
  groupsOf(store, organization).find((group) => nameKey(group.name) === nameKey(name));
