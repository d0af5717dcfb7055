import type { InstallationId, InstanceId, JobId, LeaseId, TierName } from '../core/ids.ts';
import type { Job, JobOutcome } from '../core/job.ts';
import type { Reason } from '../core/reason.ts';
import type { OperationalError } from './errors.ts';

/** The jobs. Every method may throw OperationalError. */
export interface JobStore {
  /**
   * Puts each job that is not known yet, whatever its state. Answers in the order given; a job that cannot be stored is
   * answered with why, and keeps none of the others out.
   */
  insert(jobs: readonly Job[]): Promise<InsertOutcome[]>;
  /** Reads consistently. */
  get(installationId: InstallationId, jobId: JobId): Promise<Job | undefined>;
  /** Those of these jobs that are known. Reads consistently. */
  find(installationId: InstallationId, jobIds: readonly JobId[]): Promise<Job[]>;
  /** Waiting jobs of one tier, oldest first. Reads consistently. */
  listWaiting(installationId: InstallationId, tier: TierName, limit: number): Promise<Job[]>;
  /** Waiting jobs of the tenant over all tiers that come after its `count` oldest, the youngest last. Reads consistently. */
  listWaitingBeyond(installationId: InstallationId, count: number, limit: number): Promise<Job[]>;
  /** The tiers in which jobs of this tenant wait. Reads consistently. */
  tiersWithWaiting(installationId: InstallationId): Promise<TierName[]>;
  /**
   * Across tenants: a page of the jobs that wait, or that are unsettled: only GitHub can say how they do. A tenant's come one
   * after the other, the unsettled first, the oldest first. A row that is no job (people edit them) hides none of the others.
   */
  scanPendingAcrossTenants(page: {
    limit: number;
    cursor?: string;
  }): Promise<{ jobs: Job[]; cursor?: string; unreadable?: readonly OperationalError[] }>;
  /** blocked → waiting; else nothing. */
  unblock(installationId: InstallationId, jobId: JobId, reason: Reason): Promise<boolean>;
  /** Its repository goes by this name now. Does nothing where the job is not known. */
  rename(installationId: InstallationId, jobId: JobId, repository: string): Promise<void>;
  /** Stores why each still waits; leaves alone what no longer does. */
  setWaitReasons(
    installationId: InstallationId,
    waits: readonly { readonly jobId: JobId; readonly reason: Reason }[],
  ): Promise<void>;
  /**
   * covered by this very lease → waiting; else nothing, and false. Its place in the line stays. A reason for which
   * `isReplacement` grows `replacements`, here and in `requeue`.
   */
  waitAgain(installationId: InstallationId, jobId: JobId, lease: LeaseId, reason: Reason): Promise<boolean>;
  /**
   * running on this very machine, which is gone, or (undefined) on none of ours → waiting, since GitHub still has it
   * queued; else nothing, and false.
   */
  requeue(
    installationId: InstallationId,
    jobId: JobId,
    runner: InstanceId | undefined,
    reason: Reason,
  ): Promise<boolean>;
  /** running on this machine, which ended → also pending, until GitHub says how it did; else nothing. */
  markUnsettled(installationId: InstallationId, jobId: JobId, runner: InstanceId, at: number): Promise<void>;
  /**
   * Anything but done → running, and unsettled where no machine of ours runs it. Answers with the job as it was: undefined if it was not known (it is not written
   * then), and with state done if the fact came too late.
   */
  start(
    installationId: InstallationId,
    jobId: JobId,
    start: { runner: InstanceId | undefined; at: number },
  ): Promise<Job | undefined>;
  /**
   * Anything but done → done. Answers with the job as it was: undefined if it was not known (it is not written then),
   * and with state done if it already was.
   */
  finish(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<Job | undefined>;
  /** blocked → done; else nothing, and false. */
  refuseBlocked(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<boolean>;
  /** waiting → done, refused or expired; else nothing, and false. */
  refuseWaiting(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<boolean>;
}

export type InsertOutcome = 'inserted' | 'exists' | OperationalError;

export interface JobEnd {
  readonly outcome: JobOutcome;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly conclusion?: string;
  readonly runner?: InstanceId;
  readonly reason?: Reason;
}
