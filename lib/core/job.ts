/**
 * A job: one GitHub `workflow_job`, from the first event about it to its tombstone.
 *
 *   blocked → waiting ⇄ covered → running → done
 *
 * What a job is meant for (its lease) is a plan; what GitHub reports is a fact, and facts never go backwards.
 */
import type { JobAdmission } from './controllers/job-admission.ts';
import type { RepositoryVisibility } from './github.ts';
import type { InstallationId, InstanceId, JobId, LeaseId, TierName } from './ids.ts';
import type { Reason } from './reason.ts';

/**
 * blocked: GitHub holds it for an approval. waiting: accepted, no machine meant for it. covered: a lease is meant for it.
 * running: GitHub said so. done: see `outcome`.
 */
export type JobState = 'blocked' | 'waiting' | 'covered' | 'running' | 'done';

/** refused: never got a machine, for the stored reason. expired: waited for 24 hours. */
export type JobOutcome = 'completed' | 'cancelled' | 'refused' | 'expired';

export interface Job {
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  readonly state: JobState;
  /** Absent where no tier has the job's labels. */
  readonly tier?: TierName;
  /** `owner/name`, as it was heard last: both may be renamed on GitHub. */
  readonly repository: string;
  /** GitHub's id of it, which stays. Absent in rows of earlier versions. */
  readonly repositoryId?: number;
  readonly repositoryOwnerId: number;
  /** As it was when the job was announced. Absent: not said. */
  readonly visibility?: RepositoryVisibility;
  readonly runId: number;
  /** Which attempt of the run it is of. Absent: not said, or in rows of earlier versions. */
  readonly runAttempt?: number;
  /** The workflow's name, shortened. Absent: not said, or in rows of earlier versions. */
  readonly workflow?: string;
  readonly labels: readonly string[];
  /** When GitHub made the job, epoch milliseconds: its place in the line. */
  readonly queuedAt: number;
  /** When the platform first heard of it, epoch milliseconds. */
  readonly acceptedAt: number;
  /** Why it waits. Of a job that is done: why the platform ended it; absent where GitHub did. */
  readonly reason?: Reason;
  /** Why none of its steps ran on the machine that GitHub gave it to. */
  readonly startRefusal?: Reason;
  /** What its tenant's controllers said of it last. Absent: none was asked. */
  readonly admission?: JobAdmission;
  /** The lease that is meant for it, while covered; and of a job that runs, the one that was as it began. */
  readonly lease?: LeaseId;
  /** The lease of the machine that it lost last; that launch and machine have the details. Absent: it lost none. */
  readonly formerLease?: LeaseId;
  /** How many launches were made for it. */
  readonly attempts: number;
  /** How many machines were bought for it and ended without running a job. Absent: none. */
  readonly replacements?: number;
  /** While it waits: before this (epoch milliseconds) no machine is bought for it. */
  readonly retryAt?: number;
  /** When GitHub first said that it has no such job, epoch milliseconds; absent: it did not, or has said otherwise since. */
  readonly goneAt?: number;
  /** When it last said so. */
  readonly goneSaidAt?: number;
  /** The machine that GitHub says ran it. */
  readonly runner?: InstanceId;
  readonly startedAt?: number;
  /**
   * Since when only GitHub knows its state, epoch milliseconds: it is blocked, or runs on no machine of ours, or on one that
   * has ended. The sweep asks.
   */
  readonly unsettledAt?: number;
  readonly doneAt?: number;
  readonly outcome?: JobOutcome;
  /** GitHub's word for the result, for completed and cancelled jobs. */
  readonly conclusion?: string;
}

/** A job that GitHub ended is over; one that the platform ended can be opened again by a fact from GitHub. */
export const isOverOnGitHub = (job: Job): boolean => job.state === 'done' && job.reason === undefined;

/** How it ended, according to GitHub. Undefined for a tenant's own runner, which is not one of our machines. */
export const endOnGitHub = (heard: {
  readonly conclusion: string | null | undefined;
  readonly runner: InstanceId | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}) => ({
  outcome: heard.conclusion === 'cancelled' ? ('cancelled' as const) : ('completed' as const),
  conclusion: heard.conclusion ?? 'unknown',
  at: heard.at,
  ...(heard.runner ? { runner: heard.runner } : {}),
});
