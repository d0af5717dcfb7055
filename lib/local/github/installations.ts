/**
 * What people do with the App on GitHub: install it, choose repositories, suspend, rename, uninstall. Each sends the
 * webhook that GitHub sends. A deleted id never comes back; a reinstallation gets a new one.
 */
import { accountShape, appPermissions, installationShape, repositoryNameShape } from './account-shapes.ts';
import type { Account, GitHubStore, InstallationRecord, Permissions, Repository } from './store.ts';
import { fullName, nameKey, takeId } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export interface InstallRequest {
  readonly login: string;
  readonly type?: 'Organization' | 'User';
  /** Names, without the owner. Given: only these; absent: all that the account has, and one named `app` if it has none. */
  readonly repositories?: readonly string[];
  readonly installationId?: number;
  readonly accountId?: number;
  /** Absent: what the App asks for; user accounts have no organization permissions. */
  readonly permissions?: Permissions;
  /** Whether its repositories are public; absent: private. */
  readonly publicRepositories?: boolean;
}

/** Creates the account, its repositories and the installation, without a webhook. */
export function addInstallation(store: GitHubStore, request: InstallRequest): InstallationRecord {
  const account = ensureAccount(store, { ...request, type: request.type ?? 'Organization' });
  for (const name of request.repositories ?? []) {
    ensureRepository(store, account, { name, private: !request.publicRepositories });
  }
  if (ownedBy(store, account).length === 0) ensureRepository(store, account, { name: 'app' });
  const chosen = new Set(request.repositories?.map(nameKey));
  const now = store.now();
  const installation: InstallationRecord = {
    id: request.installationId ?? takeId(store),
    account,
    repositorySelection: request.repositories ? 'selected' : 'all',
    repositories: new Set(
      ownedBy(store, account).filter(({ name }) => !request.repositories || chosen.has(nameKey(name))),
    ),
    permissions: request.permissions ?? permissionsFor(account),
    suspendedAt: undefined,
    createdAt: now,
    updatedAt: now,
  };
  store.installations.set(installation.id, installation);
  store.emit('installed', { login: account.login, type: account.type, installationId: installation.id });
  return installation;
}

/** @throws Error if the account has an installation, or the id is in use or was deleted */
export function install(store: GitHubStore, webhooks: Webhooks, request: InstallRequest): InstallationRecord {
  const standing = installationOf(store, request.login);
  if (standing) throw new Error(`${request.login} has installation ${standing.id} already; delete it first.`);
  const id = request.installationId;
  if (id !== undefined && (store.installations.has(id) || store.deletedInstallations.has(id))) {
    throw new Error(`Installation id ${id} is used already; leave it out, or give another.`);
  }
  const installation = addInstallation(store, request);
  announce(store, webhooks, { installation, action: 'created' });
  return installation;
}

export function setSuspended(
  store: GitHubStore,
  webhooks: Webhooks,
  change: { id: number; suspended: boolean },
) {
  const installation = standingInstallation(store, change.id);
  installation.suspendedAt = change.suspended ? store.now() : undefined;
  installation.updatedAt = store.now();
  announce(store, webhooks, { installation, action: change.suspended ? 'suspend' : 'unsuspend' });
}

export function acceptPermissions(
  store: GitHubStore,
  webhooks: Webhooks,
  change: { id: number; permissions: Permissions },
) {
  const installation = standingInstallation(store, change.id);
  installation.permissions = change.permissions;
  installation.updatedAt = store.now();
  announce(store, webhooks, { installation, action: 'new_permissions_accepted' });
}

/** Its tokens become invalid. Registered runners stay, as on GitHub. */
export function uninstall(store: GitHubStore, webhooks: Webhooks, id: number) {
  const installation = standingInstallation(store, id);
  announce(store, webhooks, { installation, action: 'deleted' });
  forgetInstallation(store, id);
}

export function forgetInstallation(store: GitHubStore, id: number) {
  store.installations.delete(id);
  store.deletedInstallations.add(id);
}

export function renameAccount(store: GitHubStore, webhooks: Webhooks, change: { id: number; login: string }) {
  const installation = standingInstallation(store, change.id);
  const { account } = installation;
  const from = account.login;
  setLogin(store, account, change.login);
  installation.updatedAt = store.now();
  const fields = {
    account: accountShape(store, account),
    changes: { login: { from } },
    target_type: account.type,
  };
  webhooks.send({ event: 'installation_target', action: 'renamed', installation, fields });
}

/** The account and its repositories have the new name from now on. */
export function setLogin(store: GitHubStore, account: Account, login: string) {
  const owned = ownedBy(store, account);
  store.accounts.delete(nameKey(account.login));
  store.formerAccounts.set(nameKey(account.login), account);
  for (const repository of owned) leaveName(store, repository);
  account.login = login;
  store.accounts.set(nameKey(login), account);
  for (const repository of owned) takeName(store, repository);
}

/** Without a webhook: the App has not subscribed to `repository` events. */
export function renameRepository(store: GitHubStore, change: { id: number; name: string; to: string }) {
  const repository = ownRepository(store, change.id, change.name);
  leaveName(store, repository);
  repository.name = change.to;
  takeName(store, repository);
}

/** To an account with or without the App. Without a webhook. */
export function transferRepository(store: GitHubStore, change: { id: number; name: string; to: string }) {
  const repository = ownRepository(store, change.id, change.name);
  const owner = ensureAccount(store, { login: change.to, type: 'Organization' });
  leaveName(store, repository);
  standingInstallation(store, change.id).repositories.delete(repository);
  repository.owner = owner;
  takeName(store, repository);
  const theirs = installationOf(store, owner.login);
  if (theirs?.repositorySelection === 'all') theirs.repositories.add(repository);
}

function ownRepository(store: GitHubStore, id: number, name: string): Repository {
  const { account } = standingInstallation(store, id);
  const repository = ownedBy(store, account).find((one) => nameKey(one.name) === nameKey(name));
  if (!repository) throw new Error(`${account.login} has no repository ${name}.`);
  return repository;
}

function leaveName(store: GitHubStore, repository: Repository) {
  const key = nameKey(fullName(repository));
  store.repositories.delete(key);
  store.formerRepositories.set(key, repository);
}

const takeName = (store: GitHubStore, repository: Repository) =>
  void store.repositories.set(nameKey(fullName(repository)), repository);

export function changeRepositories(
  store: GitHubStore,
  webhooks: Webhooks,
  change: { id: number; action: 'added' | 'removed'; names: readonly string[] },
) {
  const installation = standingInstallation(store, change.id);
  const changed = change.names.map((name) => ensureRepository(store, installation.account, { name }));
  for (const repository of changed) {
    if (change.action === 'added') installation.repositories.add(repository);
    else installation.repositories.delete(repository);
  }
  installation.updatedAt = store.now();
  const names = changed.map(repositoryNameShape);
  const fields = {
    installation: installationShape(store, installation),
    repository_selection: installation.repositorySelection,
    repositories_added: change.action === 'added' ? names : [],
    repositories_removed: change.action === 'removed' ? names : [],
    requester: null,
  };
  webhooks.send({ event: 'installation_repositories', action: change.action, installation, fields });
}

function announce(
  store: GitHubStore,
  webhooks: Webhooks,
  what: { installation: InstallationRecord; action: string },
) {
  const { installation, action } = what;
  const fields = {
    installation: installationShape(store, installation),
    repositories: [...installation.repositories].map(repositoryNameShape),
    requester: null,
  };
  webhooks.send({ event: 'installation', action, installation, fields });
}

/** @throws Error if none has this id */
export function standingInstallation(store: GitHubStore, id: number): InstallationRecord {
  const installation = store.installations.get(id);
  if (installation) return installation;
  const known = [...store.installations.keys()].join(', ') || 'none';
  throw new Error(`There is no installation ${id}; there are: ${known}.`);
}

export function installationOf(store: GitHubStore, login: string): InstallationRecord | undefined {
  const account = store.accounts.get(nameKey(login));
  return [...store.installations.values()].findLast((installation) => installation.account === account);
}

export function ensureAccount(
  store: GitHubStore,
  wanted: { login: string; type: 'Organization' | 'User'; accountId?: number },
): Account {
  const known = store.accounts.get(nameKey(wanted.login));
  if (known) return known;
  const account = { id: wanted.accountId ?? takeId(store), login: wanted.login, type: wanted.type };
  store.accounts.set(nameKey(wanted.login), account);
  return account;
}

export function ensureRepository(
  store: GitHubStore,
  owner: Account,
  wanted: { name: string; id?: number; private?: boolean },
): Repository {
  const key = nameKey(`${owner.login}/${wanted.name}`);
  const known = store.repositories.get(key);
  if (known) return known;
  const repository = {
    id: wanted.id ?? takeId(store),
    name: wanted.name,
    owner,
    private: wanted.private ?? true,
  };
  store.repositories.set(key, repository);
  const installation = installationOf(store, owner.login);
  if (installation?.repositorySelection === 'all') installation.repositories.add(repository);
  return repository;
}

const ownedBy = (store: GitHubStore, account: Account) =>
  [...store.repositories.values()].filter((repository) => repository.owner === account);

function permissionsFor(account: Account): Permissions {
  if (account.type === 'Organization') return appPermissions;
  const { organization_self_hosted_runners: _none, ...rest } = appPermissions;
  return rest;
}
