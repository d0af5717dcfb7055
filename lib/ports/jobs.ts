import type { JobAdmission } from '../core/controllers/job-admission.ts';
import type { InstallationId, InstanceId, JobId, LeaseId, TierName } from '../core/ids.ts';
import type { Job, JobOutcome } from '../core/job.ts';
import type { Rest } from '../core/job-rest.ts';
import type { Reason } from '../core/reason.ts';
import type { OperationalError } from './errors.ts';
import type { UnreadableRow } from './unreadable-row.ts';

/** When GitHub reported that it has no such job, epoch milliseconds. */
export interface Doubt {
  /** It has reported that each time since then. */
  readonly since: number;
  readonly saidAt: number;
  /** The doubt that was on the row when GitHub was asked, by its `since`; absent: there was none. */
  readonly known?: number;
}

export interface DecidedJob {
  readonly jobId: JobId;
  readonly admission: JobAdmission;
  /** The decision that the row had when it was read. Absent: it had none. */
  readonly insteadOf?: Pick<JobAdmission, 'policy' | 'state' | 'at'> | undefined;
  /** For which it was made: nothing is stored if the job is in another one by now. */
  readonly tier?: TierName | undefined;
}

export interface Page {
  readonly limit: number;
  /** Of the page before it; absent: the first one. */
  readonly cursor?: string;
}

export interface JobPage {
  readonly jobs: Job[];
  /** Absent: it was the last page. */
  readonly cursor?: string;
}

/**
 * The jobs. Every method may throw OperationalError. A row that is not a job (people edit rows) is left out of what waits, and
 * hides no other job; reading it by its id fails.
 */
export interface JobStore {
  /**
   * Stores each job that is not known yet, whatever its state. Answers in the order given; for a job that cannot be stored
   * the answer says why, and the others are stored.
   */
  insert(jobs: readonly Job[]): Promise<InsertOutcome[]>;
  /** Reads consistently. */
  get(installationId: InstallationId, jobId: JobId): Promise<Job | undefined>;
  /** Those of these jobs that are known. Reads consistently. Fails if a row is not a job and there is no `skipped` to add it to. */
  find(installationId: InstallationId, jobIds: readonly JobId[], skipped?: UnreadableRow[]): Promise<Job[]>;
  /**
   * The newest jobs of the tenant by GitHub's ids, whatever their state, newest first. Rows that are not jobs are added to
   * `skipped`, and count towards the limit. May lag by a second.
   */
  listNewest(installationId: InstallationId, limit: number, skipped?: UnreadableRow[]): Promise<Job[]>;
  /** Across tenants: the one of these that has the job. Reads consistently. */
  findAcrossTenants(jobId: JobId, installationIds: readonly InstallationId[]): Promise<Job | undefined>;
  /** Waiting jobs of one tier, oldest first. Rows that are not jobs are added to `skipped`. Reads consistently. */
  listWaiting(
    installationId: InstallationId,
    tier: TierName,
    limit: number,
    skipped?: UnreadableRow[],
  ): Promise<Job[]>;
  /**
   * The same, a page at a time: a cursor continues after the page that returned it, so that all pages together read
   * each row once. A job that comes to an earlier place meanwhile is in no later page. Reads consistently.
   */
  pageOfWaiting(installationId: InstallationId, tier: TierName, page: Page): Promise<JobPage>;
  /**
   * The same, eventually consistent, at half the price: waiting jobs may be missing, and jobs that no longer wait
   * may be included.
   */
  glanceAtWaiting(installationId: InstallationId, tier: TierName, limit: number): Promise<Job[]>;
  /**
   * Waiting jobs of the tenant over all tiers that come after its `count` oldest, the youngest last. Rows that cannot be read
   * count among the oldest. Reads consistently.
   */
  listWaitingBeyond(installationId: InstallationId, count: number, limit: number): Promise<Job[]>;
  /** The tiers in which this tenant's jobs wait. Reads consistently. */
  tiersWithWaiting(installationId: InstallationId): Promise<TierName[]>;
  /**
   * Across tenants: a page of the jobs that wait, or are unsettled (only GitHub knows their state). Grouped by tenant, the
   * unsettled first, then the oldest first. `unreadable` names the rows that are not jobs.
   */
  scanPendingAcrossTenants(page: Page): Promise<JobPage & { unreadable?: readonly OperationalError[] }>;
  /** waiting, covered → blocked, and unsettled since then; else nothing. No lease is freed by it. */
  block(installationId: InstallationId, jobId: JobId, at: number): Promise<boolean>;
  /**
   * blocked → waiting, unless the hold began after `heardAt`. Also done → waiting, if the platform itself ended the job and it
   * did not expire. Returns the job as it was; undefined: it was in no such state, or no tier has its labels.
   */
  reopen(installationId: InstallationId, jobId: JobId, again: Reopening): Promise<Job | undefined>;
  /**
   * waiting, as it was read → waiting in this tier, at the same place of its line; else nothing, and false. Its controllers
   * decide again, since they may decide by the tier.
   */
  moveTier(job: Job, to: TierName): Promise<boolean>;
  /** Its repository was renamed. Returns the job as it was; undefined: it is not known. */
  rename(installationId: InstallationId, jobId: JobId, repository: string): Promise<Job | undefined>;
  /** Stores why each job still waits; jobs that no longer wait stay unchanged. */
  setWaitReasons(
    installationId: InstallationId,
    waits: readonly { readonly jobId: JobId; readonly reason: Reason }[],
  ): Promise<void>;
  /**
   * Stores the controllers' decision about each job that is not done, and returns the jobs for which it did. It replaces only
   * the decision that the caller read, if that is open or of another policy: of several callers that read the same, one wins.
   */
  setAdmissions(installationId: InstallationId, admissions: readonly DecidedJob[]): Promise<readonly JobId[]>;
  /**
   * covered by this very lease, which is kept as `formerLease` → waiting; else nothing, and false. Without `rest`, its place in
   * the line and its count of replacements stay; here and in `requeue`.
   */
  waitAgain(
    installationId: InstallationId,
    jobId: JobId,
    lease: LeaseId,
    reason: Reason,
    rest?: Rest,
  ): Promise<boolean>;
  /** waiting → waiting, with this rest in its tier, or without any; else nothing. */
  rest(installationId: InstallationId, jobId: JobId, reason: Reason, rest?: Rest): Promise<void>;
  /**
   * Any state but done: records that GitHub reports no such job, or (undefined) that it reports it again. A doubt is written
   * only over the one that was read, so that a doubt that was cleared meanwhile does not return with its old beginning.
   */
  doubt(installationId: InstallationId, jobId: JobId, doubt: Doubt | undefined): Promise<void>;
  /**
   * running on this very machine, which is gone, or (undefined) on none of ours → waiting, since GitHub still has it
   * queued; else nothing, and false.
   */
  requeue(
    installationId: InstallationId,
    jobId: JobId,
    runner: InstanceId | undefined,
    reason: Reason,
    rest?: Rest,
  ): Promise<boolean>;
  /** running on this machine, which ended → also pending, until GitHub says how it did; else nothing, and false. */
  markUnsettled(
    installationId: InstallationId,
    jobId: JobId,
    runner: InstanceId,
    at: number,
  ): Promise<boolean>;
  /** Any state: records that the start gate let none of its steps run. True for the first caller only. */
  noteStartRefusal(installationId: InstallationId, jobId: JobId, why: Reason): Promise<boolean>;
  /**
   * Any state in which the job is not over on GitHub → running, and unsettled if none of our machines runs it. A job that the
   * platform itself ended counts as not over if a tier has its labels. Returns the job as it was; undefined: it is not known,
   * and nothing was written. A job that is over on GitHub is not changed.
   */
  start(
    installationId: InstallationId,
    jobId: JobId,
    /**
     * unsettled: in the same write as a start on a machine, so that no crash in between leaves a job that is never
     * asked about
     */
    start: { runner: InstanceId | undefined; at: number; unsettled?: boolean },
  ): Promise<Job | undefined>;
  /**
   * Anything but done → done; an end without a reason is GitHub's report, and also replaces an end by the platform.
   * Returns the job as it was; undefined: it is not known, and nothing was written.
   */
  finish(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<Job | undefined>;
  /** blocked → done; else nothing, and false. */
  refuseBlocked(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<boolean>;
  /** waiting → done, refused or expired; else nothing, and false. */
  refuseWaiting(installationId: InstallationId, jobId: JobId, end: JobEnd): Promise<boolean>;
}

export interface Reopening {
  readonly reason: Reason;
  /** When GitHub said that it is queued, epoch milliseconds; absent: just now. */
  readonly heardAt?: number;
  /** From when on its time to wait counts, after a hold; absent: as before. */
  readonly approvedAt?: number;
}

export type InsertOutcome = 'inserted' | 'exists' | OperationalError;

export interface JobEnd {
  readonly outcome: JobOutcome;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly conclusion?: string;
  readonly runner?: InstanceId;
  /** Present: the platform itself ends it. */
  readonly reason?: Reason;
  /** Present: nothing is written unless the row still has the doubt that began then. */
  readonly doubtedSince?: number;
}
