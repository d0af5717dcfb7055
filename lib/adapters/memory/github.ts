/**
 * GitHub in memory: installations, registrations, jobs and budgets as the port shows them, with dials for
 * what GitHub might answer instead. Stateful and exact, so that use cases can be tested and simulated
 * without a server; it gives jobs to nobody by itself.
 */
import type { GitHubJob, GitHubRefusal, Installation, RunnerScope } from '../../core/github.ts';
import type { InstallationId, JobId } from '../../core/ids.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, GitHub, JitRequest } from '../../ports/github.ts';

export interface MemoryRegistration {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  readonly name: string;
  readonly labels: readonly string[];
  busy: boolean;
}

interface MemoryInstallation extends Installation {
  /** Names of its repositories, without the owner. */
  readonly repositories: ReadonlySet<string>;
}

/** One answer in place of GitHub's own. `after`: the call had its effect, and then this came. */
export type NextAnswer =
  | { readonly refusal: GitHubRefusal; readonly after?: boolean }
  | { readonly error: OperationalError; readonly after?: boolean };

export interface MemoryGitHub extends GitHub {
  readonly registrations: Map<string, MemoryRegistration>;
  putInstallation(
    installationId: InstallationId,
    installation: Installation & { readonly repositories?: readonly string[] },
  ): void;
  deleteInstallation(installationId: InstallationId): void;
  /** `repository` is `owner/name`. */
  putJob(repository: string, jobId: JobId, job: GitHubJob): void;
  setBusy(name: string, busy: boolean): void;
  /**
   * Calls left for this installation until somebody sets another number; then `limited` by so many seconds.
   */
  setBudget(installationId: InstallationId, budget: { calls: number; retryAfterSeconds: number }): void;
  /** The next calls of this method get these answers, in order. */
  failNext(method: keyof GitHub, ...answers: readonly NextAnswer[]): void;
}

/** The runner group that every organization has; this GitHub has no other. */
const defaultGroup = 1;

export function createMemoryGitHub(): MemoryGitHub {
  const state = emptyState();
  return {
    ...hands(state),
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
          (installation) => outOfScope(installation, request.scope) ?? register(state, request),
        ),
      ),
    removeRunner: (installationId, scope, name) =>
      through(state, 'removeRunner', () =>
        asInstallation(
          state,
          installationId,
          (installation) => outOfScope(installation, scope) ?? remove(state, keyOf(scope, name)),
        ),
      ),
    getJob: (installationId, repository, jobId) =>
      through(state, 'getJob', () =>
        asInstallation<GitHubJob>(state, installationId, (installation) => {
          const job = state.jobs.get(jobKey(repository, jobId));
          const [owner = '', name = ''] = repository.toLowerCase().split('/');
          const isReached =
            owner === installation.accountLogin.toLowerCase() && installation.repositories.has(name);
          return job && isReached ? { ok: true, value: job } : refused('not-found', `no job ${jobId}`);
        }),
      ),
  };
}

interface State {
  readonly installations: Map<InstallationId, MemoryInstallation>;
  readonly registrations: Map<string, MemoryRegistration>;
  readonly jobs: Map<string, GitHubJob>;
  readonly budgets: Map<InstallationId, { calls: number; retryAfterSeconds: number }>;
  readonly nextAnswers: Map<keyof GitHub, NextAnswer[]>;
}

const emptyState = (): State => ({
  installations: new Map(),
  registrations: new Map(),
  jobs: new Map(),
  budgets: new Map(),
  nextAnswers: new Map(),
});

/** What tests and simulations do to it. */
function hands(state: State): Omit<MemoryGitHub, keyof GitHub> {
  return {
    registrations: state.registrations,
    putInstallation(installationId, { repositories = ['app'], ...installation }) {
      const names = new Set(repositories.map((name) => name.toLowerCase()));
      state.installations.set(installationId, { ...installation, repositories: names });
    },
    deleteInstallation: (installationId) => void state.installations.delete(installationId),
    putJob: (repository, jobId, job) => void state.jobs.set(jobKey(repository, jobId), job),
    setBusy(name, busy) {
      for (const registration of state.registrations.values()) {
        if (registration.name === name) registration.busy = busy;
      }
    },
    setBudget: (installationId, budget) => void state.budgets.set(installationId, { ...budget }),
    failNext(method, ...answers) {
      state.nextAnswers.set(method, [...(state.nextAnswers.get(method) ?? []), ...answers]);
    },
  };
}

/** Lets the dials answer, or the effect. */
async function through<Value>(
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
function asInstallation<Value>(
  state: State,
  installationId: InstallationId,
  effect: (installation: MemoryInstallation) => Answer<Value>,
): Answer<Value> {
  const installation = state.installations.get(installationId);
  if (!installation) return refused('not-found', `no installation ${installationId}`);
  if (installation.suspended) return refused('forbidden', 'This installation has been suspended');
  const budget = state.budgets.get(installationId);
  if (budget && budget.calls <= 0) {
    return { ok: false, refusal: { kind: 'limited', retryAfterSeconds: budget.retryAfterSeconds } };
  }
  if (budget) budget.calls -= 1;
  return effect(installation);
}

function register({ registrations }: State, request: JitRequest): Answer<{ jitConfig: string }> {
  const { name, labels, runnerGroupId, installationId, scope } = request;
  const fault = faultOf(request);
  if (fault) return refused('invalid', fault);
  if (runnerGroupId !== defaultGroup) return refused('invalid', `no runner group ${runnerGroupId}`);
  const key = keyOf(scope, name);
  if (registrations.get(key)?.busy) return refused('invalid', `a runner named ${name} is busy`);
  registrations.set(key, { installationId, scope, name, labels, busy: false });
  return { ok: true, value: { jitConfig: Buffer.from(JSON.stringify({ name })).toString('base64') } };
}

function remove({ registrations }: State, key: string): Answer<'removed' | 'absent' | 'busy'> {
  const registration = registrations.get(key);
  if (!registration) return { ok: true, value: 'absent' };
  if (registration.busy) return { ok: true, value: 'busy' };
  registrations.delete(key);
  return { ok: true, value: 'removed' };
}

const refused = (kind: 'forbidden' | 'not-found' | 'invalid', message: string): Answer<never> => ({
  ok: false,
  refusal: { kind, message },
});

/** GitHub's answers to a scope that is not the installation's: the token itself cannot be had for such. */
function outOfScope(installation: MemoryInstallation, scope: RunnerScope): Answer<never> | undefined {
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

function faultOf({ name, labels }: JitRequest): string | undefined {
  if (name.length < 1 || name.length > 64) return `name has ${name.length} characters; allowed are 1 to 64`;
  if (labels.length < 1 || labels.length > 100) return `${labels.length} labels; allowed are 1 to 100`;
  return undefined;
}

const keyOf = (scope: RunnerScope, name: string) =>
  scope.kind === 'organization'
    ? `${scope.organization}: ${name}`.toLowerCase()
    : `${scope.owner}/${scope.repository}: ${name}`.toLowerCase();

const jobKey = (repository: string, jobId: JobId) => `${repository.toLowerCase()} ${jobId}`;

/** What a lost connection looks like, for `failNext`. */
export const githubUnreachable = () =>
  new OperationalError('GitHub could not be asked: connection lost', {
    code: 'github-unreachable',
    retryable: true,
  });
