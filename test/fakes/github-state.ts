/**
 * What GitHub in memory knows, and how a call gets through to it: past the dials, as an installation that stands, is
 * not suspended and has calls left. Nothing here knows a method of the port.
 */
import type {
  GitHubJob,
  GitHubRefusal,
  GitHubRun,
  Installation,
  Permissions,
  RepositoryVisibility,
  RunAbout,
  RunnerScope,
  WebhookDelivery,
} from '../../lib/core/github.ts';
import type { CallResource } from '../../lib/core/github-budget.ts';
import type { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { RunnerGroup } from '../../lib/core/runner-group.ts';
import type { OperationalError } from '../../lib/ports/errors.ts';
import type { Answer, GitHub } from '../../lib/ports/github.ts';

export interface MemoryRegistration {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  readonly name: string;
  readonly labels: readonly string[];
  /** The runner group; absent: 1, as for those of a repository. */
  readonly groupId?: number;
  busy: boolean;
  /** Whether the runner program is connected; absent: only while it is busy. */
  online?: boolean;
}

export interface MemoryInstallation extends Installation {
  /** Names of its repositories, without the owner. */
  readonly repositories: ReadonlySet<string>;
}

/** Calls that are left of one resource; then `limited`. With `limit` and `resetsAt`, answers say how many are left, as GitHub's do. */
export interface MemoryBudget {
  /** Absent: all but registrations. */
  readonly resource?: CallResource;
  calls: number;
  readonly retryAfterSeconds: number;
  readonly limit?: number;
  readonly resetsAt?: number;
}

/** What the App asks for, and what an installation gives where nothing else is said. */
export const fullPermissions: Permissions = {
  actions: 'write',
  administration: 'write',
  metadata: 'read',
  organization_self_hosted_runners: 'write',
};

/** One answer in place of GitHub's own. `after`: the call had its effect, and then this came. */
export type NextAnswer =
  | { readonly refusal: GitHubRefusal; readonly after?: boolean }
  | { readonly error: OperationalError; readonly after?: boolean };

/** What a list of a run's jobs shows besides; absent: its own run, no labels, made at 0. */
export interface MemoryJobDetails {
  readonly runId?: number;
  readonly labels?: readonly string[];
  readonly createdAt?: number;
  /** What GitHub says of its run. Absent: what is usual. */
  readonly about?: RunAbout;
}

export interface MemoryJob
  extends GitHubJob,
    Required<Omit<MemoryJobDetails, 'about'>>,
    Pick<MemoryJobDetails, 'about'> {
  readonly jobId: JobId;
  /** `owner/name`. */
  readonly repository: string;
}

export interface State {
  readonly installations: Map<InstallationId, MemoryInstallation>;
  readonly registrations: Map<string, MemoryRegistration>;
  readonly jobs: Map<string, MemoryJob>;
  /** Runs that are not what their jobs say they are, by `repository run`. */
  readonly runs: Map<string, GitHubRun>;
  /** Oldest first. */
  readonly deliveries: WebhookDelivery[];
  /** The runner groups of organizations, the default one first. */
  readonly groups: Map<InstallationId, RunnerGroup[]>;
  /** Of repositories by id; absent: private. */
  readonly visibilities: Map<number, RepositoryVisibility>;
  readonly reruns: JobId[];
  /** By `installation/resource`. */
  readonly budgets: Map<string, MemoryBudget>;
  readonly nextAnswers: Map<keyof GitHub, NextAnswer[]>;
  /** By the name that each has now. */
  readonly repositoryIds: Map<string, number>;
  /** By names that they had before: what they are called now, or whose account it was. */
  readonly formerRepositories: Map<string, string>;
  readonly formerLogins: Map<string, number>;
  formerNames: 'gone' | 'redirect';
}

export const emptyState = (): State => ({
  installations: new Map(),
  registrations: new Map(),
  jobs: new Map(),
  runs: new Map(),
  deliveries: [],
  groups: new Map(),
  visibilities: new Map(),
  reruns: [],
  budgets: new Map(),
  nextAnswers: new Map(),
  repositoryIds: new Map(),
  formerRepositories: new Map(),
  formerLogins: new Map(),
  formerNames: 'gone',
});

/** Lets the dials answer, or the effect. */
export async function through<Value>(
  state: State,
  method: keyof GitHub,
  effect: () => Answer<Value>,
): Promise<Answer<Value>> {
  const next = state.nextAnswers.get(method)?.shift();
  if (!next) return effect();
  if (next.after) effect();
  if ('error' in next) throw next.error;
  return { ok: false, refusal: next.refusal };
}

/** As the installation: it must stand, not be suspended, and have calls left. */
export function asInstallation<Value>(
  state: State,
  installationId: InstallationId,
  effect: (installation: MemoryInstallation) => Answer<Value>,
  resource: CallResource = 'core',
): Answer<Value> {
  const installation = state.installations.get(installationId);
  if (!installation) return refused('not-found', `no installation ${installationId}`);
  if (installation.suspended) return refused('forbidden', 'This installation has been suspended');
  const budget = state.budgets.get(budgetKey(installationId, resource));
  if (budget && budget.calls <= 0) {
    const { retryAfterSeconds } = budget;
    return { ok: false, refusal: { kind: 'limited', retryAfterSeconds, resource } };
  }
  if (!budget) return effect(installation);
  budget.calls -= 1;
  const { limit, resetsAt, calls: remaining } = budget;
  const says = limit !== undefined && resetsAt !== undefined;
  return {
    ...effect(installation),
    ...(says ? { budgets: { [resource]: { resource, limit, remaining, resetsAt } } } : {}),
  };
}

export const budgetKey = (installationId: InstallationId, resource: CallResource = 'core') =>
  `${installationId}/${resource}`;

export const refused = (kind: 'forbidden' | 'not-found' | 'invalid', message: string): Answer<never> => ({
  ok: false,
  refusal: { kind, message },
});

/** GitHub's answers to a scope that is not the installation's: the token itself cannot be had for such. */
export function outOfScope(installation: MemoryInstallation, scope: RunnerScope): Answer<never> | undefined {
  const login = installation.accountLogin.toLowerCase();
  if (scope.kind === 'organization') {
    if (installation.accountType === 'User')
      return refused('forbidden', 'users have no organization runners');
    return scope.organization.toLowerCase() === login
      ? undefined
      : refused('not-found', `no organization ${scope.organization}`);
  }
  if (!installation.repositories.has(scope.repository.toLowerCase())) {
    return refused('not-found', `repository ${scope.repository} is not in the installation`);
  }
  return scope.owner.toLowerCase() === login ? undefined : refused('not-found', `no owner ${scope.owner}`);
}

/** Runners are for those who may write them, here or there. */
export function outOfPermission(
  installation: MemoryInstallation,
  name: 'actions' | 'administration' | 'organization_self_hosted_runners',
): Answer<never> | undefined {
  if (installation.permissions[name] === 'write') return undefined;
  return refused('forbidden', `The permissions requested are not granted: ${name}`);
}

/** Undefined: the installation reaches the repository. */
export function outOfReach(installation: MemoryInstallation, repository: string): Answer<never> | undefined {
  const [owner = '', name = ''] = repository.split('/');
  return outOfScope(installation, { kind: 'repository', owner, repository: name });
}

/** The same, of what anyone may read of a public repository: its jobs, its runs and itself. */
export function outOfSight(
  state: State,
  installation: MemoryInstallation,
  repository: string,
): Answer<never> | undefined {
  const id = state.repositoryIds.get(repository.toLowerCase());
  const isPublic = id !== undefined && state.visibilities.get(id) === 'public';
  return isPublic ? undefined : outOfReach(installation, repository);
}

/** The id of a repository's owner, who need not have the App. */
export function ownerIdOf({ installations }: State, fullName: string): number {
  const login = fullName.toLowerCase().split('/')[0] ?? '';
  const own = [...installations.values()].find((one) => one.accountLogin.toLowerCase() === login);
  return own?.accountId ?? 5_000_000 + memoryRepositoryId(login);
}

/** As a new organization has it: no public repository gets a runner of it. */
export const defaultGroup: RunnerGroup = {
  id: 1,
  name: 'Default',
  visibility: 'all',
  allowsPublicRepositories: false,
};

export const groupsOf = ({ groups }: State, installationId: InstallationId) =>
  groups.get(installationId) ?? [defaultGroup];

/** The same for the same name, whatever its case. */
export function memoryRepositoryId(fullName: string): number {
  const known = repositoryIds.get(fullName);
  if (known !== undefined) return known;
  const letters = [...fullName.toLowerCase()];
  const id = letters.reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7) + 1;
  repositoryIds.set(fullName, id);
  return id;
}

/** Tests have few repositories, and ask for each of them often. */
const repositoryIds = new Map<string, number>();

export const jobKey = (repository: string, jobId: JobId) => `${repository.toLowerCase()} ${jobId}`;
export const runKey = (repository: string, runId: number) => `${repository.toLowerCase()} ${runId}`;
