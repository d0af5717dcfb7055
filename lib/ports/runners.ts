import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import type { Runner, RunnerEndReason } from '../core/runner.ts';
import type { LeaseCost, Settlement } from '../core/spend-counts.ts';
import type { Tenant } from '../core/tenant.ts';
import type { UnreadableRow } from './unreadable-row.ts';

/** The machines. Every method may throw OperationalError. */
export interface RunnerStore {
  /** Stores each that is not known yet; the others stay unchanged. */
  bind(runners: readonly Runner[]): Promise<void>;
  /** Undefined also for another tenant's machine. */
  get(installationId: InstallationId, instanceId: InstanceId): Promise<Runner | undefined>;
  /**
   * The job that the runner is meant for, and its tenant, in one consistent read; each undefined if it does not
   * exist. With `jobMayLag` the job is read eventually consistently, at half the price.
   */
  readPlan(
    runner: Runner,
    how?: { readonly jobMayLag: true },
  ): Promise<{ readonly job: Job | undefined; readonly tenant: Tenant | undefined }>;
  /** The same for a runner that was read before, and the runner as it is now, if this tenant has it. */
  readRun(runner: Runner): Promise<RunRead>;
  /**
   * Across tenants: EC2's events name no tenant. Unknown ids are left out. Rows that cannot be read are added to `skipped`; without
   * it they are thrown.
   */
  findAcrossTenants(instanceIds: readonly InstanceId[], skipped?: UnreadableRow[]): Promise<Runner[]>;
  /** booting → claimed with this nonce; claimed with this nonce stays as it is; all else is refused. */
  claim(claim: {
    instanceId: InstanceId;
    launchId: LaunchId;
    nonce: string;
    at: number;
  }): Promise<ClaimOutcome>;
  /**
   * claimed with this nonce → listening. False: it listens already, has another nonce, or lacks a gate that is required now. Its
   * deadline stays as it is.
   */
  confirm(confirm: RunnerConfirm): Promise<boolean>;
  /** From now on it cannot confirm without a gate. False: it has one, or its state is not as it was read. */
  requireGate(runner: Pick<Runner, 'instanceId' | 'state'>, at: number): Promise<boolean>;
  /**
   * All or nothing: the job becomes covered by the runner's lease, and the runner's planned job becomes that job.
   * @param job as it was read: waiting, or covered by a lease
   * @returns false if the job, or the runner's state or planned job, has changed since it was read
   */
  giveJob(runner: Runner, job: Job): Promise<boolean>;
  /** Each machine runs this job, which is not the one that was planned. False: it has ended, or is not known. */
  recordRan(runs: readonly Run[]): Promise<readonly boolean[]>;
  /**
   * Any state, all or nothing: it ran a job that the App does not know, and its tenant's row counts it. True for the first
   * caller only; false as well if one of the two has no row.
   */
  noteUnknownRun(runner: Runner, at: number): Promise<boolean>;
  /** Not ended → later deadline; else false. */
  extend(runner: Runner, deadline: number): Promise<boolean>;
  /**
   * All or nothing: its lease counts this as expected, in its row and in what its tenant has spent. False: it has ended, or
   * counts something else than in `runner`.
   */
  expectMore(runner: Runner, more: Pick<LeaseCost, 'expected' | 'overrun'>): Promise<boolean>;
  /**
   * Any state → ended, and in the same moment the lease goes back, to the tenant and to each cap that counts it, and what it is
   * counted as spent is settled: exactly once, however often the machine is ended. Answers in the order given.
   */
  end(ends: readonly RunnerEnd[]): Promise<EndOutcome[]>;
}

export interface RunRead {
  readonly runner: Runner | undefined;
  /** The job that the given `runner` was assumed to run; the row may name another one by now. */
  readonly job: Job | undefined;
  readonly tenant: Tenant | undefined;
}

export interface Run {
  readonly instanceId: InstanceId;
  readonly jobId: JobId;
  /** The lease that was meant for the job; absent: none was, or it is on record already. */
  readonly leftLease?: LeaseId;
}

/** changed: plan, run or what it counts are no longer as in `runner`, and nothing was written. */
export type EndOutcome = 'ended' | 'was-ended' | 'changed';

export interface RunnerEnd {
  readonly runner: Runner;
  readonly reason: RunnerEndReason;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The end of its console, if it never claimed. */
  readonly console?: string;
  /** How its lease changes the tenant's spending when it goes back. */
  readonly spend?: Settlement;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly runner: Runner }
  /** No machine of that id is bound yet. */
  | { readonly kind: 'unknown' }
  /** The machine is of another launch, was claimed with another nonce, has confirmed, or has ended. */
  | { readonly kind: 'refused'; readonly why: 'other-launch' | 'other-nonce' | 'confirmed' | 'ended' };

export interface RunnerConfirm {
  readonly instanceId: InstanceId;
  /** Of the ticket that the machine showed; its row must name the same. */
  readonly launchId: LaunchId;
  readonly nonce: string;
  /** Epoch milliseconds, as is `runningAt`. */
  readonly at: number;
  readonly gated?: boolean;
  /** When its kernel started. */
  readonly runningAt?: number;
}
