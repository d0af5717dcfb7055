/**
 * An organization's runner group by its name, and its selected repositories. GitHub can only list groups, not find one by
 * name; both lists are read up to their bounds.
 * Source: https://docs.github.com/en/rest/actions/self-hosted-runner-groups
 */
import type { InstallationId } from '../../core/ids.ts';
import type { RunnerGroup } from '../../core/runner-group.ts';
import { type Ask, level } from './calls.ts';

/** GitHub's own limit. */
const pageSize = 100;
/** An organization may have 10,000 groups; only the first thousand are looked through. */
const groupPages = 10;
/** A group with more than a thousand repositories counts as open to any. */
const repositoryPages = 10;

interface Asked {
  readonly installationId: InstallationId;
  readonly organization: string;
  /** Absent: the default group. */
  readonly name: string | undefined;
}

/** Undefined: none has this name. @throws what Octokit throws; also if there are more groups than are read */
export async function findRunnerGroup(ask: Ask, asked: Asked): Promise<RunnerGroup | undefined> {
  const wanted = asked.name?.toLowerCase();
  for (let page = 1; page <= groupPages; page++) {
    const { runner_groups: groups } = (await read(ask, asked, { path: '', page })) as {
      runner_groups: Shape[];
    };
    const found = groups.find((group) =>
      wanted === undefined ? group.default : group.name.toLowerCase() === wanted,
    );
    if (found) return groupOf(ask, asked, found);
    if (groups.length < pageSize) return undefined;
  }
  // It may be beyond the pages that are read: if it counted as gone, its scopes would be dropped and the platform would
  // create another.
  const text = `None of the first ${groupPages * pageSize} runner groups of ${asked.organization} is called ${asked.name}.`;
  throw Object.assign(new Error(text), { status: 422 });
}

/** @throws what Octokit throws */
export async function admitToGroup(
  ask: Ask,
  change: Omit<Asked, 'name'> & { groupId: number; repositoryId: number; isAdmitted: boolean },
): Promise<'changed'> {
  const { installationId, organization, groupId, repositoryId, isAdmitted } = change;
  const { grant } = level({ kind: 'organization', organization });
  const path = '/orgs/{org}/actions/runner-groups/{group}/repositories/{repository}';
  const route = `${isAdmitted ? 'PUT' : 'DELETE'} ${path}`;
  await ask(installationId, grant, [route, { org: organization, group: groupId, repository: repositoryId }]);
  return 'changed';
}

/** For these repositories only, none of them public. @throws what Octokit throws */
export async function createRunnerGroup(
  ask: Ask,
  made: Omit<Asked, 'name'> & { readonly name: string; readonly repositoryIds: readonly number[] },
): Promise<RunnerGroup> {
  const { installationId, organization, name, repositoryIds } = made;
  const { grant } = level({ kind: 'organization', organization });
  const body = { name, visibility: 'selected', selected_repository_ids: repositoryIds };
  const route = 'POST /orgs/{org}/actions/runner-groups';
  const shape = (await ask(installationId, grant, [route, { org: organization, ...body }])) as Shape;
  return groupOf(ask, made, shape);
}

async function groupOf(ask: Ask, asked: Asked, shape: Shape): Promise<RunnerGroup> {
  const { id, name, visibility } = shape;
  const selected = visibility === 'selected' ? await selectedRepositories(ask, asked, id) : undefined;
  return {
    id,
    name,
    visibility: visibility === 'selected' || visibility === 'private' ? visibility : 'all',
    // An enterprise's group admits public repositories only if both allow it.
    allowsPublicRepositories:
      shape.allows_public_repositories && shape.inherited_allows_public_repositories !== false,
    ...(selected === undefined ? {} : { selectedRepositoryIds: selected }),
  };
}

/** Undefined: there are more than are worth reading. */
async function selectedRepositories(ask: Ask, asked: Asked, id: number): Promise<number[] | undefined> {
  const ids: number[] = [];
  for (let page = 1; page <= repositoryPages; page++) {
    const answer = await read(ask, asked, { path: `/${id}/repositories`, page });
    const { repositories } = answer as { repositories: { id: number }[] };
    ids.push(...repositories.map((repository) => repository.id));
    if (repositories.length < pageSize) return ids;
  }
  return undefined;
}

function read(ask: Ask, asked: Asked, { path, page }: { path: string; page: number }): Promise<unknown> {
  const { installationId, organization } = asked;
  // The token that registers runners works here too.
  const { grant } = level({ kind: 'organization', organization });
  const route = `GET /orgs/{org}/actions/runner-groups${path}`;
  return ask(installationId, grant, [route, { org: organization, per_page: pageSize, page }]);
}

interface Shape {
  readonly id: number;
  readonly name: string;
  readonly visibility: string;
  readonly default: boolean;
  readonly allows_public_repositories: boolean;
  readonly inherited_allows_public_repositories?: boolean;
}
