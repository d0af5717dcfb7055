/**
 * Everything that the GitHub stand-in knows, as plain records in maps. Nothing here decides anything: the
 * files that are named for a subject do. Names compare without regard to case, as on GitHub, so the maps are
 * keyed by `nameKey`.
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
  /** Absent: all that the installation has. */
  readonly repositories?: readonly Repository[];
  readonly expiresAt: number;
}

export type PersonalScope = 'admin:org' | 'repo';

/** A token that a person made. */
export interface PersonalToken {
  /** Whose runners and repositories it reaches. */
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
  /** When it was last heard of; registration counts. */
  lastSeenAt: number;
  /** Answers the long poll that is open now. */
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
  /** The runner group that `runs-on` names. Webhooks do not say it. */
  readonly group: string | undefined;
  /** Whose run it is part of, and what started that; undefined: the repository's first one, a push. */
  readonly workflow: { readonly id: number; readonly event: string } | undefined;
  /** How long the runner program works on it. */
  readonly milliseconds: number;
  /** What it does instead. */
  readonly steps: readonly StepRecord[];
  /** The names of those that began, in order. */
  readonly begun: string[];
  /** Its log, as far as the runner program reported it: what its hook and its steps printed. */
  readonly log: string[];
  status: 'waiting' | 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  readonly createdAt: number;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** When a runner was given it. */
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

export interface World {
  readonly app: AppIdentity;
  /** `http://127.0.0.1:PORT`; known once the server listens. */
  url: string;
  dials: Dials;
  webhook: { url: string; secret: string } | undefined;
  /** As the App's settings have it under Permissions & events. Undefined: all that the platform can use. */
  asked: AskedOfApp | undefined;
  readonly accounts: Map<string, Account>;
  readonly repositories: Map<string, Repository>;
  /** By names that they had before. */
  readonly formerAccounts: Map<string, Account>;
  readonly formerRepositories: Map<string, Repository>;
  readonly installations: Map<number, InstallationRecord>;
  /** Ids of installations that were deleted: they never come back. */
  readonly deletedInstallations: Set<number>;
  readonly tokens: Map<string, TokenRecord>;
  /** Of people, by the token. */
  readonly personalTokens: Map<string, PersonalToken>;
  readonly groups: Map<string, RunnerGroup[]>;
  readonly runners: Map<number, RunnerRecord>;
  readonly jobs: Map<number, JobRecord>;
  /** By the repository's id. */
  readonly workflows: Map<number, WorkflowRecord[]>;
  /** Repositories, by id, whose owner switched Actions off. */
  readonly actionsOff: Set<number>;
  readonly deliveries: DeliveryRecord[];
  /** Of actions/runner, oldest first. */
  readonly runnerReleases: RunnerReleaseRecord[];
  readonly now: () => number;
  /** At least 0, below 1; the dials' chance. */
  readonly fraction: () => number;
  readonly tell: (name: string, fields: Readonly<Record<string, unknown>>) => void;
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
  /** Of all keys that the App has now; whichever signed, it is the App. */
  readonly publicKeyPems: Set<string>;
  readonly createdAt: number;
}

export const nameKey = (name: string) => name.toLowerCase();
export const fullName = (repository: Repository) => `${repository.owner.login}/${repository.name}`;
export const isoTime = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** One sequence for everything that has an id; starts where GitHub's own ids are today. */
export function takeId(world: World): number {
  world.nextId += 1;
  return world.nextId;
}

export function createWorld(parts: Pick<World, 'app' | 'fraction' | 'tell'>): World {
  return {
    ...parts,
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
