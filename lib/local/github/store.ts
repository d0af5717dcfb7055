/**
 * Everything that the GitHub stand-in knows, as plain records in maps. Nothing here decides anything: the files named
 * after a subject do. Names are case-insensitive, as on GitHub, so the maps are keyed by `nameKey`.
 */
import { type Dials, defaultDials } from './dials.ts';
import { firstVersion, type RunnerReleaseRecord } from './runner-releases.ts';

export interface Account {
  readonly id: number;
  login: string;
  readonly type: 'Organization' | 'User';
}

export interface Repository {
  readonly id: number;
  name: string;
  owner: Account;
  private: boolean;
}

export type Level = 'read' | 'write';
export type Permissions = Readonly<Record<string, Level>>;

export interface InstallationRecord {
  readonly id: number;
  readonly account: Account;
  readonly repositorySelection: 'all' | 'selected';
  readonly repositories: Set<Repository>;
  permissions: Permissions;
  suspendedAt: number | undefined;
  readonly createdAt: number;
  updatedAt: number;
}

export interface TokenRecord {
  readonly installationId: number;
  readonly permissions: Permissions;
  /** Absent: all of the installation's. */
  readonly repositories?: readonly Repository[];
  readonly expiresAt: number;
}

export type PersonalScope = 'admin:org' | 'repo';

/** A person's token. */
export interface PersonalToken {
  /** The account whose runners and repositories it reaches. */
  readonly account: Account;
  readonly scopes: readonly PersonalScope[];
}

export interface RunnerGroup {
  readonly id: number;
  name: string;
  visibility: 'all' | 'selected' | 'private';
  allowsPublicRepositories: boolean;
  readonly isDefault: boolean;
  repositoryIds: Set<number>;
}

export type Scope =
  | { readonly kind: 'organization'; readonly account: Account }
  | { readonly kind: 'repository'; readonly repository: Repository };

export interface RunnerRecord {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  readonly scope: Scope;
  groupId: number;
  /** What the runner program authenticates with. */
  readonly token: string;
  online: boolean;
  job: JobRecord | undefined;
  /** When it was last heard from; its registration counts. */
  lastSeenAt: number;
  /** Answers the open long poll. */
  answerPoll: ((job: JobRecord | undefined) => void) | undefined;
}

export interface WorkflowRecord {
  readonly id: number;
  name: string;
  state: 'active' | 'disabled_manually' | 'disabled_inactivity';
  /** Whether `on:` has `workflow_dispatch`. */
  dispatchable: boolean;
  /** Of the one job of a dispatched run. */
  labels: readonly string[];
  milliseconds: number;
}

export interface StepRecord {
  readonly name: string;
  /** pre: what an action does before all steps. */
  readonly stage: 'pre' | 'main';
  readonly condition: 'success()' | 'failure()' | 'always()';
  readonly milliseconds: number;
}

export interface JobRecord {
  readonly id: number;
  readonly runId: number;
  readonly runAttempt: number;
  readonly repository: Repository;
  readonly labels: readonly string[];
  /** The runner group in `runs-on`. Webhooks do not contain it. */
  readonly group: string | undefined;
  /** The run that it belongs to, and what started that; undefined: of the repository's first workflow, by a push. */
  readonly workflow: { readonly id: number; readonly event: string } | undefined;
  /** How long the runner program works on it. */
  readonly milliseconds: number;
  /** What it does instead. */
  readonly steps: readonly StepRecord[];
  /** The names of the steps that began, in order. */
  readonly begun: string[];
  /** Its log, as far as the runner program reported it: the output of its hook and its steps. */
  readonly log: string[];
  status: 'waiting' | 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  readonly createdAt: number;
  /** Since when it waits for a runner, or for an approval. */
  queuedAt: number;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** When it was assigned to a runner. */
  assignedAt: number | undefined;
  runner: { readonly id: number; readonly name: string; readonly groupId: number } | undefined;
}

export interface DeliveryRecord {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly deliveredAt: number;
  readonly redelivery: boolean;
  readonly durationSeconds: number;
  readonly status: string;
  readonly statusCode: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The exact bytes that were signed. */
  readonly body: string;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

export interface GitHubStore {
  readonly app: AppIdentity;
  /** `http://127.0.0.1:PORT`; known once the server listens. */
  url: string;
  dials: Dials;
  webhook: { url: string; secret: string } | undefined;
  /** As in the App's settings under Permissions & events. Undefined: all that the platform can use. */
  asked: AskedOfApp | undefined;
  readonly accounts: Map<string, Account>;
  readonly repositories: Map<string, Repository>;
  /** By their former names. */
  readonly formerAccounts: Map<string, Account>;
  readonly formerRepositories: Map<string, Repository>;
  readonly installations: Map<number, InstallationRecord>;
  /** Ids of deleted installations: they never come back. */
  readonly deletedInstallations: Set<number>;
  readonly tokens: Map<string, TokenRecord>;
  /** People's tokens. */
  readonly personalTokens: Map<string, PersonalToken>;
  readonly groups: Map<string, RunnerGroup[]>;
  readonly runners: Map<number, RunnerRecord>;
  readonly jobs: Map<number, JobRecord>;
  /** By the repository's id. */
  readonly workflows: Map<number, WorkflowRecord[]>;
  /** Ids of repositories whose owner disabled Actions. */
  readonly actionsOff: Set<number>;
  readonly deliveries: DeliveryRecord[];
  /** Of actions/runner, oldest first. */
  readonly runnerReleases: RunnerReleaseRecord[];
  readonly now: () => number;
  /** At least 0, below 1; for the dials' probabilities. */
  readonly fraction: () => number;
  readonly emit: (name: string, fields: Readonly<Record<string, unknown>>) => void;
  nextId: number;
}

export interface AskedOfApp {
  readonly permissions: Permissions;
  readonly events: readonly string[];
}

export interface AppIdentity {
  readonly id: number;
  readonly clientId: string;
  readonly slug: string;
  readonly privateKeyPem: string;
  /** All of the App's keys; a signature by any of them is the App's. */
  readonly publicKeyPems: Set<string>;
  readonly createdAt: number;
}

export const nameKey = (name: string) => name.toLowerCase();
export const fullName = (repository: Repository) => `${repository.owner.login}/${repository.name}`;
export const isoTime = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** One sequence for everything that has an id; starts where GitHub's own ids are today. */
export function takeId(store: GitHubStore): number {
  store.nextId += 1;
  return store.nextId;
}

export function createGitHubStore(options: Pick<GitHubStore, 'app' | 'fraction' | 'emit'>): GitHubStore {
  return {
    ...options,
    url: '',
    dials: defaultDials,
    webhook: undefined,
    asked: undefined,
    accounts: new Map(),
    repositories: new Map(),
    formerAccounts: new Map(),
    formerRepositories: new Map(),
    installations: new Map(),
    deletedInstallations: new Set(),
    tokens: new Map(),
    personalTokens: new Map(),
    groups: new Map(),
    runners: new Map(),
    jobs: new Map(),
    workflows: new Map(),
    actionsOff: new Set(),
    deliveries: [],
    runnerReleases: [{ id: 1_001, version: firstVersion, publishedAt: Date.now() }],
    now: Date.now,
    nextId: 91_000_000,
  };
}
