/**
 * GitHub in memory: installations, registrations, jobs and budgets as the port shows them, with dials for
 * what GitHub might answer instead. Stateful and exact, so that use cases can be tested and simulated
 * without a server; it gives jobs to nobody by itself.
 */
import type {
  GitHubJob,
  GitHubRun,
  Installation,
  Permissions,
  RepositoryVisibility,
  RunnerScope,
  WebhookDelivery,
} from '../../lib/core/github.ts';
import type { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { RunnerGroup } from '../../lib/core/runner-group.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Answer, GitHub, JitRequest } from '../../lib/ports/github.ts';
import { createMemoryListings, type ListingDials } from './github-listings.ts';
import {
  currentName,
  currentScope,
  moveRepository,
  registrationKey,
  renameAccount,
  repositoryIdOf,
} from './github-renames.ts';
import {
  asInstallation,
  budgetKey,
  defaultGroup,
  emptyState,
  fullPermissions,
  groupsOf,
  jobKey,
  type MemoryBudget,
  type MemoryJobDetails,
  type MemoryRegistration,
  type NextAnswer,
  outOfPermission,
  outOfReach,
  outOfScope,
  outOfSight,
  refused,
  runKey,
  type State,
  through,
} from './github-state.ts';

export type { MemoryRegistration, NextAnswer } from './github-state.ts';

export interface MemoryGitHub extends GitHub {
  readonly registrations: Map<string, MemoryRegistration>;
  /** Attempts to deliver webhooks, oldest first. */
  readonly deliveries: WebhookDelivery[];
  readonly listing: ListingDials;
  /** The jobs that were run again, in order. */
  readonly reruns: JobId[];
  putInstallation(
    installationId: InstallationId,
    /** Absent permissions: all that the App asks for. */
    installation: Omit<Installation, 'permissions'> & {
      readonly permissions?: Permissions;
      readonly repositories?: readonly string[];
    },
  ): void;
  deleteInstallation(installationId: InstallationId): void;
  /** Whether it is there. */
  isInstalled(installationId: InstallationId): boolean;
  /** What GitHub answers former names with: 404, or a redirect that is followed. */
  setFormerNames(answer: 'gone' | 'redirect'): void;
  renameAccount(installationId: InstallationId, login: string): void;
  renameRepository(installationId: InstallationId, name: string, to: string): void;
  transferRepository(installationId: InstallationId, name: string, owner: string): void;
  /** Of `owner/name`. */
  repositoryId(fullName: string): number;
  /** `repository` is `owner/name`. */
  putJob(repository: string, jobId: JobId, job: GitHubJob, details?: MemoryJobDetails): void;
  /** Deletes the job: GitHub knows it no longer. */
  dropJob(repository: string, jobId: JobId): void;
  /** What the run is, whatever its jobs say. */
  putRun(repository: string, run: GitHubRun): void;
  setBusy(name: string, busy: boolean): void;
  /** Makes a runner group of the organization, or changes the one of its id. */
  putGroup(installationId: InstallationId, group: RunnerGroup): void;
  dropGroup(installationId: InstallationId, groupId: number): void;
  setVisibility(repository: string, visibility: RepositoryVisibility): void;
  /**
   * Calls left for this installation until somebody sets another number; then `limited` by so many seconds.
   */
  setBudget(installationId: InstallationId, budget: MemoryBudget): void;
  /** The next calls of this method get these answers, in order. */
  failNext(method: keyof GitHub, ...answers: readonly NextAnswer[]): void;
}

export function createMemoryGitHub(): MemoryGitHub {
  const state = emptyState();
  const listing: ListingDials = {
    pageSize: 100,
    redelivery: ({ deliveredAt }) => ({ statusCode: 200, deliveredAt }),
  };
  return {
    ...hands(state),
    ...createMemoryListings(state, listing),
    listing,
    async prepare() {},
    getInstallation: (installationId) =>
      through<Installation>(state, 'getInstallation', () => {
        const found = state.installations.get(installationId);
        if (!found) return refused('not-found', `no installation ${installationId}`);
        const { repositories: _own, ...value } = found;
        return { ok: true, value };
      }),
    createJitConfig: (request) =>
      through(state, 'createJitConfig', () =>
        asInstallation(
          state,
          request.installationId,
          (installation) => {
            const scope = currentScope(state, installation, request.scope);
            return (
              outOfScope(installation, scope) ??
              outOfPermission(installation, runnerPermission(scope)) ??
              register(state, { ...request, scope })
            );
          },
          'actions_runner_registration',
        ),
      ),
    removeRunner: (installationId, given, name) =>
      through(state, 'removeRunner', () =>
        asInstallation(state, installationId, (installation) => {
          const scope = currentScope(state, installation, given);
          return outOfScope(installation, scope) ?? remove(state, keyOf(scope, name));
        }),
      ),
    rerunJob: (installationId, given, jobId) =>
      through(state, 'rerunJob', () =>
        asInstallation<'asked'>(state, installationId, (installation) => {
          const repository = currentName(state, installation, given);
          return (
            outOfReach(installation, repository) ??
            outOfPermission(installation, 'actions') ??
            rerun(state, repository, jobId)
          );
        }),
      ),
    getRunnerGroup: (installationId, organization, name) =>
      through(state, 'getRunnerGroup', () =>
        asInstallation<RunnerGroup | undefined>(state, installationId, (installation) => {
          const value = groupsOf(state, installationId).find((group) =>
            name === undefined ? group.id === 1 : group.name.toLowerCase() === name.toLowerCase(),
          );
          return (
            outOfScope(installation, { kind: 'organization', organization }) ??
            outOfPermission(installation, 'organization_self_hosted_runners') ?? { ok: true, value }
          );
        }),
      ),
    admitToGroup: (installationId, organization, { groupId, repositoryId, isAdmitted }) =>
      through(state, 'admitToGroup', () =>
        asInstallation<'changed'>(state, installationId, (installation) => {
          const refusal =
            outOfScope(installation, { kind: 'organization', organization }) ??
            outOfPermission(installation, 'organization_self_hosted_runners');
          if (refusal) return refusal;
          const group = groupsOf(state, installationId).find(({ id }) => id === groupId);
          const ids = [...installation.repositories].map((name) =>
            repositoryIdOf(state, `${installation.accountLogin}/${name}`),
          );
          if (!group) return refused('not-found', `no runner group ${groupId}`);
          if (group.visibility !== 'selected')
            return refused('invalid', `${group.name} is not for selected ones`);
          if (isAdmitted && !ids.includes(repositoryId))
            return refused('not-found', `no repository ${repositoryId}`);
          const others = (group.selectedRepositoryIds ?? []).filter((id) => id !== repositoryId);
          const selectedRepositoryIds = isAdmitted ? [...others, repositoryId] : others;
          const changed = { ...group, selectedRepositoryIds };
          const groups = groupsOf(state, installationId).map((one) => (one.id === groupId ? changed : one));
          state.groups.set(installationId, groups);
          return { ok: true, value: 'changed' };
        }),
      ),
    getJob: (installationId, given, jobId) =>
      through(state, 'getJob', () =>
        asInstallation<GitHubJob>(state, installationId, (installation) => {
          const repository = currentName(state, installation, given);
          const job = state.jobs.get(jobKey(repository, jobId));
          if (!job) return refused('not-found', `no job ${jobId}`);
          const { status, conclusion, runnerName } = job;
          return (
            outOfSight(state, installation, repository) ?? {
              ok: true,
              value: { status, conclusion, runnerName },
            }
          );
        }),
      ),
  };
}

/** What tests and simulations do to it. */
function hands(state: State): Omit<MemoryGitHub, keyof GitHub | 'listing'> {
  return {
    registrations: state.registrations,
    deliveries: state.deliveries,
    reruns: state.reruns,
    putInstallation(installationId, { repositories = ['app'], permissions, ...installation }) {
      const names = new Set(repositories.map((name) => name.toLowerCase()));
      const granted = permissions ?? fullPermissions;
      state.installations.set(installationId, { ...installation, permissions: granted, repositories: names });
    },
    deleteInstallation: (installationId) => void state.installations.delete(installationId),
    isInstalled: (installationId) => state.installations.has(installationId),
    setFormerNames(answer) {
      state.formerNames = answer;
    },
    renameAccount: (installationId, login) => renameAccount(state, installationId, login),
    renameRepository: (installationId, name, to) =>
      moveRepository(state, installationId, { name, to: { name: to } }),
    transferRepository: (installationId, name, owner) =>
      moveRepository(state, installationId, { name, to: { owner, name } }),
    repositoryId: (fullName) => repositoryIdOf(state, fullName),
    putJob(repository, jobId, job, details = {}) {
      const key = jobKey(repository, jobId);
      const known = { ...state.jobs.get(key), ...details };
      const { runId = jobId, labels = [], createdAt = 0, about } = known;
      state.jobs.set(key, { repository, jobId, runId, labels, createdAt, ...(about && { about }), ...job });
    },
    dropJob: (repository, jobId) => void state.jobs.delete(jobKey(repository, jobId)),
    putRun: (repository, run) => void state.runs.set(runKey(repository, run.runId), run),
    setBusy(name, busy) {
      for (const registration of state.registrations.values()) {
        if (registration.name === name) registration.busy = busy;
      }
    },
    putGroup(installationId, group) {
      const others = groupsOf(state, installationId).filter(({ id }) => id !== group.id);
      state.groups.set(
        installationId,
        [...others, group].sort((one, other) => one.id - other.id),
      );
    },
    dropGroup(installationId, groupId) {
      const kept = groupsOf(state, installationId).filter(({ id }) => id !== groupId);
      state.groups.set(installationId, kept);
    },
    setVisibility: (repository, visibility) =>
      void state.visibilities.set(repositoryIdOf(state, repository), visibility),
    setBudget: (installationId, budget) =>
      void state.budgets.set(budgetKey(installationId, budget.resource), { ...budget }),
    failNext(method, ...answers) {
      state.nextAnswers.set(method, [...(state.nextAnswers.get(method) ?? []), ...answers]);
    },
  };
}

function register(state: State, request: JitRequest): Answer<{ jitConfig: string }> {
  const { registrations } = state;
  const { name, labels, runnerGroupId, installationId, scope } = request;
  const fault = faultOf(request);
  if (fault) return refused('invalid', fault);
  const groups = scope.kind === 'organization' ? groupsOf(state, installationId) : [defaultGroup];
  if (!groups.some(({ id }) => id === runnerGroupId)) {
    return refused('invalid', `no runner group ${runnerGroupId}`);
  }
  const key = keyOf(scope, name);
  if (registrations.get(key)?.busy) return refused('invalid', `a runner named ${name} is busy`);
  registrations.set(key, { installationId, scope, name, labels, groupId: runnerGroupId, busy: false });
  return { ok: true, value: { jitConfig: Buffer.from(JSON.stringify({ name })).toString('base64') } };
}

function rerun({ jobs, reruns }: State, repository: string, jobId: JobId): Answer<'asked'> {
  const job = jobs.get(jobKey(repository, jobId));
  if (!job) return refused('not-found', `no job ${jobId}`);
  if (job.status !== 'completed') return refused('forbidden', 'This workflow is already running');
  reruns.push(jobId);
  return { ok: true, value: 'asked' };
}

function remove({ registrations }: State, key: string): Answer<'removed' | 'absent' | 'busy'> {
  const registration = registrations.get(key);
  if (!registration) return { ok: true, value: 'absent' };
  if (registration.busy) return { ok: true, value: 'busy' };
  registrations.delete(key);
  return { ok: true, value: 'removed' };
}

function faultOf({ name, labels }: JitRequest): string | undefined {
  if (name.length < 1 || name.length > 64)
    return `name has ${name.length} characters; allowed values are 1 to 64`;
  if (labels.length < 1 || labels.length > 100) return `${labels.length} labels; allowed values are 1 to 100`;
  return undefined;
}

const runnerPermission = ({ kind }: RunnerScope) =>
  kind === 'organization' ? 'organization_self_hosted_runners' : 'administration';

const keyOf = registrationKey;

/** What a lost connection looks like, for `failNext`. */
export const githubUnreachable = () =>
  new OperationalError('GitHub could not be asked: connection lost', {
    code: 'github-unreachable',
    retryable: true,
  });
