/**
 * Runner groups of an organization: who may use the runners in them. The default group, id 1, always exists.
 * Source: https://docs.github.com/en/rest/actions/self-hosted-runner-groups
 */
import { minimalRepositoryShape } from './account-shapes.ts';
import { assignJobs } from './assignment.ts';
import { groupsOf, newGroup } from './groups.ts';
import { groupShape } from './job-shapes.ts';
import {
  type Call,
  created,
  installation,
  invalid,
  noContent,
  notFound,
  ok,
  page,
  type Route,
  route,
} from './router.ts';
import { dropGroup } from './runner-groups.ts';
import { organizationScope } from './runner-routes.ts';
import type { RunnerGroup } from './store.ts';
import { nameKey, takeId } from './store.ts';

const root = '/orgs/{org}/actions/runner-groups';
const read = installation('organization_self_hosted_runners', 'read');
const write = installation('organization_self_hosted_runners', 'write');

export function runnerGroupRoutes(): Route[] {
  const shown = (call: Call, group: RunnerGroup) =>
    groupShape(call.store, organizationScope(call).account, group);
  return [
    route('GET', root, read, (call) => {
      const { items, total, headers } = page(call, groupsIn(call));
      const runner_groups = items.map((group) => shown(call, group));
      return { status: 200, body: { total_count: total, runner_groups }, headers };
    }),
    route('POST', root, write, (call) => created(shown(call, createGroup(call)))),
    route('GET', `${root}/{runner_group_id}`, read, (call) => ok(shown(call, knownGroup(call)))),
    route('PATCH', `${root}/{runner_group_id}`, write, (call) => ok(shown(call, changeGroup(call)))),
    route('GET', `${root}/{runner_group_id}/repositories`, read, (call) => {
      const ids = knownGroup(call).repositoryIds;
      const chosen = [...call.store.repositories.values()].filter(({ id }) => ids.has(id));
      const { items, total, headers } = page(call, chosen);
      const repositories = items.map((repository) => minimalRepositoryShape(call.store, repository));
      return { status: 200, body: { total_count: total, repositories }, headers };
    }),
    route('PUT', `${root}/{runner_group_id}/repositories`, write, (call) => {
      selectedGroup(call).repositoryIds = repositoryIds(call, call.body['selected_repository_ids']);
      assignJobs(call.store);
      return noContent;
    }),
    route('PUT', `${root}/{runner_group_id}/repositories/{repository_id}`, write, (call) => {
      selectedGroup(call).repositoryIds.add(knownRepository(call));
      assignJobs(call.store);
      return noContent;
    }),
    route('DELETE', `${root}/{runner_group_id}/repositories/{repository_id}`, write, (call) => {
      selectedGroup(call).repositoryIds.delete(Number(call.parts['repository_id']));
      return noContent;
    }),
    route('DELETE', `${root}/{runner_group_id}`, write, (call) => {
      const group = knownGroup(call);
      if (group.isDefault) throw invalid('the default group cannot be deleted');
      dropGroup(call.store, organizationScope(call).account.login, group);
      return noContent;
    }),
  ];
}

const groupsIn = (call: Call) => groupsOf(call.store, organizationScope(call).account.login);

function knownGroup(call: Call): RunnerGroup {
  const group = groupsIn(call).find(({ id }) => id === Number(call.parts['runner_group_id']));
  if (!group) throw notFound();
  return group;
}

function createGroup(call: Call): RunnerGroup {
  const groups = groupsIn(call);
  const name = call.body['name'];
  if (typeof name !== 'string' || name === '') throw invalid('name must be a text that is not empty');
  if (groups.some((group) => group.name === name))
    throw invalid(`a runner group named ${name} exists already`);
  const group: RunnerGroup = {
    ...newGroup(takeId(call.store), { name }),
    visibility: visibility(call.body['visibility']),
    allowsPublicRepositories: call.body['allows_public_repositories'] === true,
    repositoryIds: repositoryIds(call, call.body['selected_repository_ids'] ?? []),
  };
  groups.push(group);
  return group;
}

function changeGroup(call: Call): RunnerGroup {
  const group = knownGroup(call);
  const { name, visibility: seen, allows_public_repositories: isPublic } = call.body;
  if (typeof name === 'string' && name !== '') group.name = name;
  if (seen !== undefined) group.visibility = visibility(seen);
  if (isPublic !== undefined) group.allowsPublicRepositories = isPublic === true;
  assignJobs(call.store);
  return group;
}

function visibility(value: unknown): RunnerGroup['visibility'] {
  if (value === undefined) return 'all';
  if (value === 'all' || value === 'selected' || value === 'private') return value;
  throw invalid(`visibility is ${JSON.stringify(value)}; allowed values are all, selected, private`);
}

/**
 * GitHub's documents say nothing about ids that are not the organization's; here they fail the whole call, the stricter
 * of the possibilities.
 */
function repositoryIds(call: Call, value: unknown): Set<number> {
  if (!Array.isArray(value) || !value.every(Number.isInteger))
    throw invalid('selected_repository_ids must be a list of repository ids');
  const unknown = value.filter((id) => !isOfOrganization(call, id));
  if (unknown.length === 0) return new Set(value);
  throw invalid(`selected_repository_ids: ${unknown.join(', ')} is of no repository of the organization`);
}

function knownRepository(call: Call): number {
  const id = Number(call.parts['repository_id']);
  if (isOfOrganization(call, id)) return id;
  throw notFound();
}

const isOfOrganization = (call: Call, id: number) => {
  const { login } = organizationScope(call).account;
  return [...call.store.repositories].some(
    ([name, repository]) => repository.id === id && name.startsWith(`${nameKey(login)}/`),
  );
};

/** "The runner group must have `visibility` set to `selected`", as documented for all three calls. */
function selectedGroup(call: Call): RunnerGroup {
  const group = knownGroup(call);
  if (group.visibility === 'selected') return group;
  throw invalid(`the runner group ${group.name} is not for selected repositories`);
}
