/**
 * What people do with the App on GitHub: install it, choose repositories, suspend, rename, uninstall. Each sends the
 * webhook that GitHub sends. A deleted id never comes back; a reinstallation gets a new one.
 */
import { accountShape, appPermissions, installationShape, repositoryNameShape } from './account-shapes.ts';
import type { Webhooks } from './webhooks.ts';
import type { Account, InstallationRecord, Permissions, Repository, World } from './world.ts';
import { fullName, nameKey, takeId } from './world.ts';

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
export function addInstallation(world: World, request: InstallRequest): InstallationRecord {
  const account = ensureAccount(world, { ...request, type: request.type ?? 'Organization' });
  for (const name of request.repositories ?? []) {
    ensureRepository(world, account, { name, private: !request.publicRepositories });
  }
  if (ownedBy(world, account).length === 0) ensureRepository(world, account, { name: 'app' });
  const chosen = new Set(request.repositories?.map(nameKey));
  const now = world.now();
  const installation: InstallationRecord = {
    id: request.installationId ?? takeId(world),
    account,
    repositorySelection: request.repositories ? 'selected' : 'all',
    repositories: new Set(
      ownedBy(world, account).filter(({ name }) => !request.repositories || chosen.has(nameKey(name))),
    ),
    permissions: request.permissions ?? permissionsFor(account),
    suspendedAt: undefined,
    createdAt: now,
    updatedAt: now,
  };
  world.installations.set(installation.id, installation);
  world.tell('installed', { login: account.login, type: account.type, installationId: installation.id });
  return installation;
}

/** @throws Error if the account has an installation, or the id is in use or was deleted */
export function install(world: World, webhooks: Webhooks, request: InstallRequest): InstallationRecord {
  const standing = installationOf(world, request.login);
  if (standing) throw new Error(`${request.login} has installation ${standing.id} already; delete it first.`);
  const id = request.installationId;
  if (id !== undefined && (world.installations.has(id) || world.deletedInstallations.has(id))) {
    throw new Error(`Installation id ${id} is used already; leave it out, or give another.`);
  }
  const installation = addInstallation(world, request);
  announce(world, webhooks, { installation, action: 'created' });
  return installation;
}

export function setSuspended(world: World, webhooks: Webhooks, change: { id: number; suspended: boolean }) {
  const installation = standingInstallation(world, change.id);
  installation.suspendedAt = change.suspended ? world.now() : undefined;
  installation.updatedAt = world.now();
  announce(world, webhooks, { installation, action: change.suspended ? 'suspend' : 'unsuspend' });
}

export function acceptPermissions(
  world: World,
  webhooks: Webhooks,
  change: { id: number; permissions: Permissions },
) {
  const installation = standingInstallation(world, change.id);
  installation.permissions = change.permissions;
  installation.updatedAt = world.now();
  announce(world, webhooks, { installation, action: 'new_permissions_accepted' });
}

/** Its tokens become invalid. Registered runners stay, as on GitHub. */
export function uninstall(world: World, webhooks: Webhooks, id: number) {
  const installation = standingInstallation(world, id);
  announce(world, webhooks, { installation, action: 'deleted' });
  forgetInstallation(world, id);
}

export function forgetInstallation(world: World, id: number) {
  world.installations.delete(id);
  world.deletedInstallations.add(id);
}

export function renameAccount(world: World, webhooks: Webhooks, change: { id: number; login: string }) {
  const installation = standingInstallation(world, change.id);
  const { account } = installation;
  const from = account.login;
  setLogin(world, account, change.login);
  installation.updatedAt = world.now();
  const fields = {
    account: accountShape(world, account),
    changes: { login: { from } },
    target_type: account.type,
  };
  webhooks.send({ event: 'installation_target', action: 'renamed', installation, fields });
}

/** The account and its repositories have the new name from now on. */
export function setLogin(world: World, account: Account, login: string) {
  const owned = ownedBy(world, account);
  world.accounts.delete(nameKey(account.login));
  world.formerAccounts.set(nameKey(account.login), account);
  for (const repository of owned) leaveName(world, repository);
  account.login = login;
  world.accounts.set(nameKey(login), account);
  for (const repository of owned) takeName(world, repository);
}

/** Without a webhook: the App has not subscribed to `repository` events. */
export function renameRepository(world: World, change: { id: number; name: string; to: string }) {
  const repository = ownRepository(world, change.id, change.name);
  leaveName(world, repository);
  repository.name = change.to;
  takeName(world, repository);
}

/** To an account with or without the App. Without a webhook. */
export function transferRepository(world: World, change: { id: number; name: string; to: string }) {
  const repository = ownRepository(world, change.id, change.name);
  const owner = ensureAccount(world, { login: change.to, type: 'Organization' });
  leaveName(world, repository);
  standingInstallation(world, change.id).repositories.delete(repository);
  repository.owner = owner;
  takeName(world, repository);
  const theirs = installationOf(world, owner.login);
  if (theirs?.repositorySelection === 'all') theirs.repositories.add(repository);
}

function ownRepository(world: World, id: number, name: string): Repository {
  const { account } = standingInstallation(world, id);
  const repository = ownedBy(world, account).find((one) => nameKey(one.name) === nameKey(name));
  if (!repository) throw new Error(`${account.login} has no repository ${name}.`);
  return repository;
}

function leaveName(world: World, repository: Repository) {
  const key = nameKey(fullName(repository));
  world.repositories.delete(key);
  world.formerRepositories.set(key, repository);
}

const takeName = (world: World, repository: Repository) =>
  void world.repositories.set(nameKey(fullName(repository)), repository);

export function changeRepositories(
  world: World,
  webhooks: Webhooks,
  change: { id: number; action: 'added' | 'removed'; names: readonly string[] },
) {
  const installation = standingInstallation(world, change.id);
  const changed = change.names.map((name) => ensureRepository(world, installation.account, { name }));
  for (const repository of changed) {
    if (change.action === 'added') installation.repositories.add(repository);
    else installation.repositories.delete(repository);
  }
  installation.updatedAt = world.now();
  const names = changed.map(repositoryNameShape);
  const fields = {
    installation: installationShape(world, installation),
    repository_selection: installation.repositorySelection,
    repositories_added: change.action === 'added' ? names : [],
    repositories_removed: change.action === 'removed' ? names : [],
    requester: null,
  };
  webhooks.send({ event: 'installation_repositories', action: change.action, installation, fields });
}

function announce(
  world: World,
  webhooks: Webhooks,
  what: { installation: InstallationRecord; action: string },
) {
  const { installation, action } = what;
  const fields = {
    installation: installationShape(world, installation),
    repositories: [...installation.repositories].map(repositoryNameShape),
    requester: null,
  };
  webhooks.send({ event: 'installation', action, installation, fields });
}

/** @throws Error if none has this id */
export function standingInstallation(world: World, id: number): InstallationRecord {
  const installation = world.installations.get(id);
  if (installation) return installation;
  const known = [...world.installations.keys()].join(', ') || 'none';
  throw new Error(`There is no installation ${id}; there are: ${known}.`);
}

export function installationOf(world: World, login: string): InstallationRecord | undefined {
  const account = world.accounts.get(nameKey(login));
  return [...world.installations.values()].findLast((installation) => installation.account === account);
}

export function ensureAccount(
  world: World,
  wanted: { login: string; type: 'Organization' | 'User'; accountId?: number },
): Account {
  const known = world.accounts.get(nameKey(wanted.login));
  if (known) return known;
  const account = { id: wanted.accountId ?? takeId(world), login: wanted.login, type: wanted.type };
  world.accounts.set(nameKey(wanted.login), account);
  return account;
}

export function ensureRepository(
  world: World,
  owner: Account,
  wanted: { name: string; id?: number; private?: boolean },
): Repository {
  const key = nameKey(`${owner.login}/${wanted.name}`);
  const known = world.repositories.get(key);
  if (known) return known;
  const repository = {
    id: wanted.id ?? takeId(world),
    name: wanted.name,
    owner,
    private: wanted.private ?? true,
  };
  world.repositories.set(key, repository);
  const installation = installationOf(world, owner.login);
  if (installation?.repositorySelection === 'all') installation.repositories.add(repository);
  return repository;
}

const ownedBy = (world: World, account: Account) =>
  [...world.repositories.values()].filter((repository) => repository.owner === account);

function permissionsFor(account: Account): Permissions {
  if (account.type === 'Organization') return appPermissions;
  const { organization_self_hosted_runners: _none, ...rest } = appPermissions;
  return rest;
}
