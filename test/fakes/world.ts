/**
 * The rows that the four stores in memory share, so that what is one transaction in DynamoDB is one here. Tests look into
 * it, edit it as an operator would, and set its dials: a call can fail before its effect or after it, which is how a
 * crash or a lost answer looks from outside. Rows go in and out as copies, or frozen.
 */
import type { ComparisonState } from '../../lib/core/comparison-state.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import type { Decision } from '../../lib/core/controllers/decision.ts';
import type { ControllerRecord } from '../../lib/core/controllers/record.ts';
import type { SigningSecret } from '../../lib/core/controllers/secret.ts';
import type { StoredToken } from '../../lib/core/controllers/token.ts';
import type { InstallationId, InstanceId, JobId, LaunchId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Launch } from '../../lib/core/launch.ts';
import type { RollUpProgress } from '../../lib/core/roll-up-plan.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { CapRow, Waiter } from '../../lib/core/shared-cap.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { UsageRecord } from '../../lib/core/usage.ts';
import type { UsageSum } from '../../lib/core/usage-sum.ts';
import type { Audit, GroupChange } from '../../lib/ports/audit.ts';
import type { ControllerStore } from '../../lib/ports/controllers.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { JobStore } from '../../lib/ports/jobs.ts';
import type { LaunchStore } from '../../lib/ports/launches.ts';
import type { QuestionStore, StoredQuestion } from '../../lib/ports/questions.ts';
import type { RunnerStore } from '../../lib/ports/runners.ts';
import type { TenantStore } from '../../lib/ports/tenants.ts';
import type { UsageStore } from '../../lib/ports/usage.ts';
import type { UsageLedger } from '../../lib/ports/usage-ledger.ts';
import { copyOf, FrozenRows } from './copy.ts';

export interface StorePorts {
  readonly tenants: TenantStore;
  readonly jobs: JobStore;
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly usage: UsageStore;
  readonly ledger: UsageLedger;
  readonly audit: Audit;
  readonly controllers: ControllerStore;
  readonly questions: QuestionStore;
}

/** All that one owner has in the table of controllers but its decisions. */
export interface ControllerRows {
  readonly epoch: number;
  readonly controllers: readonly Controller[];
  readonly tokenVersion: number;
  readonly tokens: readonly StoredToken[];
  readonly secrets: ReadonlyMap<string, readonly SigningSecret[]>;
}

/** `launches.take`, `jobs.insert`, … */
export type StoreCall = {
  [Port in keyof StorePorts]: `${Port}.${keyof StorePorts[Port] & string}`;
}[keyof StorePorts];

export type StoreHook = (call: StoreCall) => void | Promise<void>;

/** What the stores work on. Whoever reads `rows` changes nothing; tests use the inspection below. */
export interface Rows {
  readonly tenants: Map<InstallationId, Tenant>;
  /** The newest installation of each account, by the account's id. */
  readonly newestOfAccounts: Map<number, InstallationId>;
  /** By `installation/job`. */
  readonly jobs: Map<string, Job>;
  readonly launches: Map<LaunchId, Launch>;
  readonly runners: Map<InstanceId, Runner>;
  /** What caps over all tenants count, by the row's key. */
  readonly capRows: Map<string, CapRow>;
  /** The most rows that each cap has had, by its name. */
  readonly capRowsEver: Map<string, number>;
  /** Who waits, by the name of the cap. */
  readonly lines: Map<string, readonly Waiter[]>;
  /** The policy of each tenant, as it was recorded last. */
  readonly recorded: Map<InstallationId, string>;
  /** Of runner groups, each once an hour. */
  readonly groupChanges: Map<string, GroupChange>;
  /** What machines were used for, by the record's key. */
  readonly usage: Map<string, UsageRecord>;
  readonly controllers: Map<InstallationId, ControllerRows>;
  /** What the audit keeps of changes of controllers, tokens and secrets, in the order of the changes. */
  readonly controllerRecords: { readonly owner: InstallationId; readonly record: ControllerRecord }[];
  /** By tenant, time, job and gate. */
  readonly decisions: Map<string, Decision>;
  /** By `day/installation`. */
  readonly usageSums: Map<string, readonly UsageSum[]>;
  /** The progress of a day's sums. */
  readonly rollUps: Map<string, RollUpProgress>;
  /** How the last comparison with AWS's bill ended, under `last`. */
  readonly comparisons: Map<'last', ComparisonState>;
  /** By owner, controller and id. */
  readonly questions: Map<string, StoredQuestion>;
}

export interface StoreWorld {
  readonly rows: Rows;
  /** Awaited before each call's effect; what it throws is what the caller gets, and nothing was done. */
  beforeCall: StoreHook | undefined;
  /** Awaited after each call's effect; what it throws is what the caller gets, and all was done. */
  afterCall: StoreHook | undefined;
  /** What reads that may lag see: rows as they were. Undefined: they see what is there, as they nearly always do. */
  past: Rows | undefined;
  /** Rows broken by manual edits, by name (unreadable.ts). */
  readonly unreadable: Set<string>;
  /** Launches whose `open` or `deadline` a hand changed: they are in no list until somebody writes both again. */
  readonly unlisted: Set<LaunchId>;
  /** The next such call fails: with this error before its effect, or, `after`, once it was done. Repeat to fail more. */
  failNext(call: StoreCall, failure: Error | 'after'): void;
  /** For the stores: the one way into the rows. `effect` runs at once, as a whole. */
  call<Value>(call: StoreCall, effect: (rows: Rows) => Value): Promise<Value>;

  tenant(installationId: InstallationId): Tenant | undefined;
  job(installationId: InstallationId, jobId: JobId): Job | undefined;
  launch(launchId: LaunchId): Launch | undefined;
  runner(instanceId: InstanceId): Runner | undefined;
  allTenants(): Tenant[];
  allJobs(): Job[];
  allLaunches(): Launch[];
  allRunners(): Runner[];
  /** As an operator with the AWS CLI: neither `version` nor any condition is minded. */
  editTenant(installationId: InstallationId, changes: Partial<Tenant>): void;
  setMaxRunners(installationId: InstallationId, maxRunners: number): void;
  /** As an operator's REMOVE. */
  removeFromTenant(installationId: InstallationId, name: 'suspendedBy' | 'attention'): void;
}

export const jobKey = (installationId: InstallationId, jobId: JobId) => `${installationId}/${jobId}`;

/** @param shared rows that several worlds have in common */
export function createStoreWorld(shared: Partial<Rows> = {}): StoreWorld {
  const rows: Rows = {
    tenants: new FrozenRows(),
    newestOfAccounts: new Map(),
    jobs: new Map(),
    launches: new Map(),
    runners: new Map(),
    capRows: new Map(),
    capRowsEver: new Map(),
    lines: new FrozenRows(),
    recorded: new Map(),
    groupChanges: new Map(),
    usage: new Map(),
    controllers: new Map(),
    controllerRecords: [],
    decisions: new Map(),
    usageSums: new Map(),
    rollUps: new Map(),
    comparisons: new Map(),
    questions: new Map(),
    ...shared,
  };
  const failures: { readonly call: StoreCall; readonly failure: Error | 'after' }[] = [];

  const nextFailure = (call: StoreCall) => {
    const n = failures.findIndex((entry) => entry.call === call);
    return n === -1 ? undefined : failures.splice(n, 1)[0]?.failure;
  };

  const world: StoreWorld = {
    rows,
    beforeCall: undefined,
    afterCall: undefined,
    past: undefined,
    unreadable: new Set(),
    unlisted: new Set(),
    failNext: (call, failure) => void failures.push({ call, failure }),
    async call(call, effect) {
      await world.beforeCall?.(call);
      const failure = nextFailure(call);
      if (failure instanceof Error) throw failure;
      const value = copyOf(effect(rows));
      if (failure === 'after') {
        throw new OperationalError(`The answer to ${call} was lost.`, {
          code: 'TimeoutError',
          retryable: true,
        });
      }
      await world.afterCall?.(call);
      return value;
    },

    tenant: (id) => copyOf(rows.tenants.get(id)),
    job: (installationId, jobId) => copyOf(rows.jobs.get(jobKey(installationId, jobId))),
    launch: (id) => copyOf(rows.launches.get(id)),
    runner: (id) => copyOf(rows.runners.get(id)),
    allTenants: () => copyOf([...rows.tenants.values()]),
    allJobs: () => copyOf([...rows.jobs.values()]),
    allLaunches: () => copyOf([...rows.launches.values()]),
    allRunners: () => copyOf([...rows.runners.values()]),
    editTenant(installationId, changes) {
      const tenant = rows.tenants.get(installationId);
      if (!tenant) throw new Error(`There is no tenant ${installationId} to edit; create it first.`);
      // In the row, what GitHub suspended is another word: whoever writes a status writes over that word.
      const { suspendedBy, ...rest } = tenant;
      const isKept = suspendedBy !== undefined && (changes.status === undefined || suspendedBy !== 'github');
      const kept = isKept ? { ...rest, suspendedBy } : rest;
      rows.tenants.set(installationId, copyOf({ ...kept, ...changes }));
    },
    setMaxRunners: (installationId, maxRunners) => world.editTenant(installationId, { maxRunners }),
    removeFromTenant(installationId, name) {
      const tenant = rows.tenants.get(installationId);
      // Of what GitHub suspended, the row says so in its status alone.
      if (!tenant || (name === 'suspendedBy' && tenant.suspendedBy === 'github')) return;
      const { [name]: _removed, ...rest } = tenant;
      rows.tenants.set(installationId, rest);
    },
  };
  return world;
}
