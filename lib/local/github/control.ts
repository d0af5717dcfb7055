/**
 * What people and tests may do to the stand-in, in process: the same actions as over HTTP. They pass ids and names, and
 * get plain data; the stand-in's own records never leave it. Impossible actions throw an Error that says why.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { adopt } from './adopt.ts';
import { type DialChange, type Dials, turnDials } from './dials.ts';
import {
  acceptPermissions,
  changeRepositories,
  type InstallRequest,
  install,
  renameAccount,
  renameRepository,
  setSuspended,
  transferRepository,
  uninstall,
} from './installations.ts';
import { approveJob, cancelJob, type JobRequest, queueJob } from './jobs.ts';
import type { Limits, Resource } from './limits.ts';
import { addPersonalToken } from './personal-tokens.ts';
import { deleteGroup, type GroupChange, setGroup, setPublic } from './runner-groups.ts';
import type { AskedOfApp, GitHubStore, Permissions, PersonalScope } from './store.ts';
import { fullName, isoTime, takeId } from './store.ts';
import type { Webhooks } from './webhooks.ts';
import { setActions, setWorkflow, type WorkflowChange } from './workflows.ts';

export interface Control {
  setWebhook(webhook: { readonly url: string; readonly secret: string }): void;
  /** As in the App's settings now. */
  webhook(): { readonly url: string; readonly secret: string } | undefined;
  /** What an owner changes under `Permissions & events`. Installations keep what they have until they accept. */
  setAsked(asked: AskedOfApp): void;
  /** What an owner does under `Private keys`: each key is valid until it is deleted. @returns PEM, PKCS#8 */
  addPrivateKey(): string;
  deletePrivateKey(privateKeyPem: string): void;
  dials(): Dials;
  setDials(change: DialChange): Dials;
  install(request: InstallRequest): { installationId: number; accountId: number };
  suspend(installationId: number): void;
  unsuspend(installationId: number): void;
  uninstall(installationId: number): void;
  rename(installationId: number, login: string): void;
  renameRepository(installationId: number, name: string, to: string): void;
  /** To the account of this name, which is created if there is none. */
  transferRepository(installationId: number, name: string, to: string): void;
  acceptPermissions(installationId: number, permissions: Permissions): void;
  addRepositories(installationId: number, names: readonly string[]): void;
  removeRepositories(installationId: number, names: readonly string[]): void;
  /** A token that a person creates under `Personal access tokens (classic)`, for what an account owns. @returns the token */
  addPersonalToken(token: { readonly login: string; readonly scopes: readonly PersonalScope[] }): string;
  revokePersonalToken(token: string): void;
  /** Creates or changes a runner group of the organization. */
  setGroup(login: string, change: GroupChange): { groupId: number };
  deleteGroup(login: string, name: string): void;
  /** `repository` is `owner/name`. */
  setPublic(repository: string, isPublic: boolean): void;
  /** Creates or changes a workflow of the repository, `owner/name`. */
  setWorkflow(repository: string, change: WorkflowChange): { workflowId: number };
  /** What an owner changes under Settings, Actions, General of the repository, `owner/name`. */
  setActions(repository: string, isOn: boolean): void;
  /** Counts so many more requests for the installation in this hour; absent resource: all but registrations. */
  spendRequests(installationId: number, requests: number, resource?: Resource): void;
  queueJob(request: JobRequest): { jobId: number; runId: number };
  approveJob(jobId: number): void;
  cancelJob(jobId: number): void;
  /**
   * Releases a version of the runner program, which becomes the current one. `claimedSha256`: the checksum that GitHub
   * states.
   */
  publishRunner(release: { readonly version: string; readonly claimedSha256?: string }): void;
  /** Never throws; ignores what it cannot read. */
  adopt(event: string, payload: unknown): void;
  state(): State;
}

export interface State {
  readonly installations: readonly {
    id: number;
    login: string;
    type: string;
    suspended: boolean;
    repositories: string[];
  }[];
  readonly runners: readonly {
    id: number;
    name: string;
    scope: string;
    labels: readonly string[];
    status: 'online' | 'offline';
    jobId: number | null;
  }[];
  readonly jobs: readonly {
    id: number;
    repository: string;
    labels: readonly string[];
    status: string;
    conclusion: string | null;
    runnerName: string | null;
    /** The steps that began. */
    begun: readonly string[];
    log: readonly string[];
    createdAt: string;
  }[];
  readonly deliveries: { readonly total: number; readonly failed: number };
}

const publicPem = (key: KeyObject | string) =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;

export function createControl(parts: { store: GitHubStore; webhooks: Webhooks; limits: Limits }): Control {
  const { store, webhooks, limits } = parts;
  return {
    setWebhook(webhook) {
      store.webhook = { ...webhook };
    },
    webhook: () => store.webhook && { ...store.webhook },
    setAsked(asked) {
      store.asked = { permissions: { ...asked.permissions }, events: [...asked.events] };
    },
    addPrivateKey() {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      store.app.publicKeyPems.add(publicPem(privateKey));
      return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    },
    deletePrivateKey(pem) {
      if (!store.app.publicKeyPems.delete(publicPem(pem)))
        throw new Error('The App has no such private key.');
    },
    dials: () => store.dials,
    setDials(change) {
      store.dials = turnDials(store.dials, change);
      return store.dials;
    },
    install(request) {
      const { id, account } = install(store, webhooks, request);
      return { installationId: id, accountId: account.id };
    },
    suspend: (id) => setSuspended(store, webhooks, { id, suspended: true }),
    unsuspend: (id) => setSuspended(store, webhooks, { id, suspended: false }),
    uninstall: (id) => uninstall(store, webhooks, id),
    rename: (id, login) => renameAccount(store, webhooks, { id, login }),
    renameRepository: (id, name, to) => renameRepository(store, { id, name, to }),
    transferRepository: (id, name, to) => transferRepository(store, { id, name, to }),
    acceptPermissions: (id, permissions) => acceptPermissions(store, webhooks, { id, permissions }),
    addRepositories: (id, names) => changeRepositories(store, webhooks, { id, action: 'added', names }),
    removeRepositories: (id, names) => changeRepositories(store, webhooks, { id, action: 'removed', names }),
    addPersonalToken: (token) => addPersonalToken(store, token),
    revokePersonalToken: (token) => void store.personalTokens.delete(token),
    setGroup: (login, change) => ({ groupId: setGroup(store, login, change).id }),
    deleteGroup: (login, name) => deleteGroup(store, login, name),
    setPublic: (repository, isPublic) => setPublic(store, repository, isPublic),
    setWorkflow: (repository, change) => ({ workflowId: setWorkflow(store, repository, change).id }),
    setActions: (repository, isOn) => setActions(store, repository, isOn),
    spendRequests: (id, requests, resource) => limits.spend(id, requests, resource),
    queueJob(request) {
      const { id, runId } = queueJob(store, webhooks, request);
      return { jobId: id, runId };
    },
    approveJob: (id) => approveJob(store, webhooks, id),
    cancelJob: (id) => cancelJob(store, webhooks, id),
    publishRunner(release) {
      store.runnerReleases.push({ ...release, id: takeId(store), publishedAt: store.now() });
    },
    adopt: (event, payload) => adopt(store, webhooks, { event, payload }),
    state: () => stateOf(store),
  };
}

function stateOf(store: GitHubStore): State {
  return {
    installations: [...store.installations.values()].map((installation) => ({
      id: installation.id,
      login: installation.account.login,
      type: installation.account.type,
      suspended: installation.suspendedAt !== undefined,
      repositories: [...installation.repositories].map(({ name }) => name),
    })),
    runners: [...store.runners.values()].map((runner) => ({
      id: runner.id,
      name: runner.name,
      scope:
        runner.scope.kind === 'organization' ? runner.scope.account.login : fullName(runner.scope.repository),
      labels: runner.labels,
      status: runner.online ? 'online' : 'offline',
      jobId: runner.job?.id ?? null,
    })),
    jobs: [...store.jobs.values()].map((job) => ({
      id: job.id,
      repository: fullName(job.repository),
      labels: job.labels,
      status: job.status,
      conclusion: job.conclusion,
      runnerName: job.runner?.name ?? null,
      begun: [...job.begun],
      log: [...job.log],
      createdAt: isoTime(job.createdAt),
    })),
    deliveries: {
      total: store.deliveries.length,
      failed: store.deliveries.filter(({ statusCode }) => statusCode < 200 || statusCode >= 400).length,
    },
  };
}
