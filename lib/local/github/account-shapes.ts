/**
 * Accounts, repositories, the App and its installations in the shape of GitHub's REST answers and webhooks. Every field
 * that GitHub's schema requires is there; fields that the stand-in has no data for are null or zero.
 */
import type { Account, GitHubStore, InstallationRecord, Repository } from './store.ts';
import { fullName, isoTime } from './store.ts';

export const nodeId = (kind: string, id: number) => Buffer.from(`${kind}:${id}`).toString('base64url');

export function accountShape(store: GitHubStore, account: Account) {
  const url = `${store.url}/users/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type, account.id),
    avatar_url: `${store.url}/avatars/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${store.url}/${account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    site_admin: false,
  };
}

/** GitHub's `*_url` fields of a repository, and what follows the repository's own address in each. */
const repositoryUrls = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** A repository as webhooks and lists of an installation's repositories show it. */
export function repositoryNameShape(repository: Repository) {
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  };
}

export function minimalRepositoryShape(store: GitHubStore, repository: Repository) {
  const url = `${store.url}/repos/${fullName(repository)}`;
  return {
    ...repositoryNameShape(repository),
    owner: accountShape(store, repository.owner),
    html_url: `${store.url}/${fullName(repository)}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(repositoryUrls).map(([name, tail]) => [name, url + tail])),
  };
}

export function repositoryShape(store: GitHubStore, repository: Repository) {
  const page = `${store.url}/${fullName(repository)}`;
  const made = isoTime(store.app.createdAt);
  return {
    ...minimalRepositoryShape(store, repository),
    created_at: made,
    updated_at: made,
    pushed_at: made,
    git_url: `git:${page.slice(page.indexOf(':') + 1)}.git`,
    ssh_url: `git@localhost:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    forks_count: 0,
    archived: false,
    disabled: false,
    open_issues_count: 0,
    license: null,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    forks: 0,
    open_issues: 0,
    watchers: 0,
    default_branch: 'main',
  };
}

export const appEvents = ['workflow_job'];
export const appPermissions = {
  actions: 'write',
  administration: 'write',
  metadata: 'read',
  organization_self_hosted_runners: 'write',
} as const;

/** The App's owner, and the actor of everything that people do. */
export const appOwner: Account = { id: 1_001, login: 'mayfly-app-owner', type: 'Organization' };

export function appShape(store: GitHubStore) {
  const made = isoTime(store.app.createdAt);
  return {
    id: store.app.id,
    slug: store.app.slug,
    client_id: store.app.clientId,
    node_id: nodeId('App', store.app.id),
    owner: accountShape(store, appOwner),
    name: 'Mayfly',
    description: 'Ephemeral runners',
    external_url: store.url,
    html_url: `${store.url}/apps/${store.app.slug}`,
    created_at: made,
    updated_at: made,
    ...(store.asked ?? { permissions: appPermissions, events: appEvents }),
    installations_count: store.installations.size,
  };
}

export function installationShape(store: GitHubStore, installation: InstallationRecord) {
  const { account, id, suspendedAt } = installation;
  return {
    id,
    client_id: store.app.clientId,
    account: accountShape(store, account),
    repository_selection: installation.repositorySelection,
    access_tokens_url: `${store.url}/app/installations/${id}/access_tokens`,
    repositories_url: `${store.url}/installation/repositories`,
    html_url: `${store.url}/settings/installations/${id}`,
    app_id: store.app.id,
    app_slug: store.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: appEvents,
    created_at: isoTime(installation.createdAt),
    updated_at: isoTime(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedAt === undefined ? null : accountShape(store, account),
    suspended_at: suspendedAt === undefined ? null : isoTime(suspendedAt),
  };
}
