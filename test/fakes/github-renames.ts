/**
 * Names on GitHub, which change, and ids, which stay. A former name is answered with 404, or leads to the new one, as the
 * dial says; what has taken the name since comes first.
 */
import type { RunnerScope } from '../../lib/core/github.ts';
import type { InstallationId } from '../../lib/core/ids.ts';
import { jobKey, type MemoryInstallation, memoryRepositoryId, runKey, type State } from './github-state.ts';

const key = (name: string) => name.toLowerCase();

/** The same as long as the repository lives; made when it is first asked for. */
export function repositoryIdOf({ repositoryIds }: State, fullName: string): number {
  const known = repositoryIds.get(key(fullName));
  if (known !== undefined) return known;
  const taken = [...repositoryIds.values()];
  const own = memoryRepositoryId(fullName);
  const id = taken.includes(own) ? Math.max(2_000_000, ...taken) + 1 : own;
  repositoryIds.set(key(fullName), id);
  return id;
}

/** `owner/name` as the repository is called now. */
export function nameOfId({ repositoryIds }: State, id: number): string | undefined {
  return [...repositoryIds].find(([, one]) => one === id)?.[0];
}

/** Where the dial leads a request that names a repository. */
export function currentName(state: State, installation: MemoryInstallation, fullName: string): string {
  const [owner = '', name = ''] = key(fullName).split('/');
  const isTaken = owner === key(installation.accountLogin) && installation.repositories.has(name);
  if (isTaken || state.formerNames === 'gone') return fullName;
  return state.formerRepositories.get(key(fullName)) ?? fullName;
}

export function currentLogin(state: State, installation: MemoryInstallation, login: string): string {
  const isFormer = state.formerLogins.get(key(login)) === installation.accountId;
  return isFormer && state.formerNames === 'redirect' ? installation.accountLogin : login;
}

/** A token that is narrowed to a repository is narrowed by its name, which leads nowhere. */
export function currentScope(
  state: State,
  installation: MemoryInstallation,
  scope: RunnerScope,
): RunnerScope {
  if (scope.kind === 'organization') {
    return { ...scope, organization: currentLogin(state, installation, scope.organization) };
  }
  const [owner = '', repository = ''] = currentName(
    state,
    installation,
    `${scope.owner}/${scope.repository}`,
  ).split('/');
  return key(repository) === key(scope.repository) ? { ...scope, owner } : scope;
}

export function renameAccount(state: State, installationId: InstallationId, login: string): void {
  const installation = state.installations.get(installationId);
  if (!installation) return;
  const from = key(installation.accountLogin);
  state.formerLogins.set(from, installation.accountId);
  state.formerLogins.delete(key(login));
  state.installations.set(installationId, { ...installation, accountLogin: login });
  for (const name of installation.repositories) repositoryIdOf(state, `${from}/${name}`);
  for (const fullName of [...state.repositoryIds.keys()]) {
    const [owner, name] = fullName.split('/');
    if (owner === from) move(state, fullName, `${login}/${name}`);
  }
  moveRegistrations(state, (scope) => {
    if (scope.kind === 'repository') return key(scope.owner) === from ? { ...scope, owner: login } : scope;
    return key(scope.organization) === from ? { ...scope, organization: login } : scope;
  });
}

/** `to`: the repository's new name, and its new owner where it is transferred. */
export function moveRepository(
  state: State,
  installationId: InstallationId,
  change: { name: string; to: { owner?: string; name: string } },
): void {
  const installation = state.installations.get(installationId);
  if (!installation) return;
  const { name, to } = change;
  const { accountLogin: login } = installation;
  const repositories = new Set([...installation.repositories].filter((one) => one !== key(name)));
  if (to.owner === undefined) repositories.add(key(to.name));
  state.installations.set(installationId, { ...installation, repositories });
  const owner = to.owner ?? login;
  move(state, `${login}/${name}`, `${owner}/${to.name}`);
  moveRegistrations(state, (scope) =>
    scope.kind === 'repository' && key(`${scope.owner}/${scope.repository}`) === key(`${login}/${name}`)
      ? { ...scope, owner, repository: to.name }
      : scope,
  );
}

function move(state: State, from: string, to: string): void {
  const id = repositoryIdOf(state, from);
  state.repositoryIds.delete(key(from));
  state.repositoryIds.set(key(to), id);
  for (const [former, now] of state.formerRepositories) {
    if (key(now) === key(from)) state.formerRepositories.set(former, to);
  }
  state.formerRepositories.set(key(from), to);
  for (const [place, job] of [...state.jobs]) {
    if (key(job.repository) !== key(from)) continue;
    state.jobs.delete(place);
    state.jobs.set(jobKey(to, job.jobId), { ...job, repository: to });
  }
  for (const [place, run] of [...state.runs]) {
    if (place !== runKey(from, run.runId)) continue;
    state.runs.delete(place);
    state.runs.set(runKey(to, run.runId), run);
  }
}

function moveRegistrations(state: State, change: (scope: RunnerScope) => RunnerScope): void {
  for (const [place, registration] of [...state.registrations]) {
    const scope = change(registration.scope);
    if (scope === registration.scope) continue;
    state.registrations.delete(place);
    state.registrations.set(registrationKey(scope, registration.name), { ...registration, scope });
  }
}

export const registrationKey = (scope: RunnerScope, name: string) =>
  scope.kind === 'organization'
    ? `${scope.organization}: ${name}`.toLowerCase()
    : `${scope.owner}/${scope.repository}: ${name}`.toLowerCase();
