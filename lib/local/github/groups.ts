/** The runner groups of organizations, as they are. The default one, id 1, is always there. */
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

/** As a new one is: for all repositories but the public ones. */
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
