/** The runner groups of organizations. The default one, id 1, always exists. */
import type { RunnerGroup, World } from './world.ts';
import { nameKey } from './world.ts';

/** The groups of an organization. */
export function groupsOf(world: World, organization: string): RunnerGroup[] {
  const key = nameKey(organization);
  const known = world.groups.get(key);
  if (known) return known;
  const groups = [newGroup(1, { name: 'Default', isDefault: true })];
  world.groups.set(key, groups);
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

export const groupNamed = (world: World, organization: string, name: string) =>
  groupsOf(world, organization).find((group) => nameKey(group.name) === nameKey(name));
