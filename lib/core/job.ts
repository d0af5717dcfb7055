/**
 * A job: one GitHub `workflow_job`, from the first event about it to its tombstone.
 *
 *   blocked → waiting ⇄ covered → running → done
 *
 * Its lease is a plan; what GitHub reports is a fact, and facts never go backwards.
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
  /** Absent if no tier has the job's labels. */
  readonly tier?: TierName;
  /** `owner/name`, as last reported: both may be renamed on GitHub. */
  readonly repository: string;
  /** GitHub's id of it, which never changes. Absent in rows of earlier versions. */
  readonly repositoryId?: number;
  readonly repositoryOwnerId: number;
  /** The repository's visibility when the job was queued. Absent: not reported. */
  readonly visibility?: RepositoryVisibility;
  readonly runId: number;
  /** The attempt of the run. Absent: not reported, or in rows of earlier versions. */
  readonly runAttempt?: number;
  /** The workflow's name, shortened. Absent: not reported, or in rows of earlier versions. */
  readonly workflow?: string;
  readonly labels: readonly string[];
  /** When GitHub created the job, epoch milliseconds: its place in the line. */
  readonly queuedAt: number;
  /** When the platform first learned of it, epoch milliseconds. */
  readonly acceptedAt: number;
  /** When GitHub had it queued again after a hold, epoch milliseconds. Absent: it was not held. */
  readonly approvedAt?: number;
  /** Why it waits. For a done job: why the platform ended it; absent if GitHub did. */
  readonly reason?: Reason;
  /** Why none of its steps ran on the machine that GitHub gave it to. */
  readonly startRefusal?: Reason;
  /** Its tenant's controllers' latest decision. Absent: none was asked. */
  readonly admission?: JobAdmission;
  /** The lease meant for it, while covered; for a running job, the one that it had as it began. */
  readonly lease?: LeaseId;
  /** The lease of the machine that it lost last; that launch and machine have the details. Absent: it lost none. */
  readonly formerLease?: LeaseId;
  /** How many launches were made for it. */
  readonly attempts: number;
  /** How many machines were launched for it and ended without running a job. Absent: none. */
  readonly replacements?: number;
  /** While it waits: no machine is launched for it before this (epoch milliseconds). */
  readonly retryAt?: number;
  /**
   * When GitHub first reported that it has no such job, epoch milliseconds; absent: it did not, or has
   * reported otherwise since.
   */
  readonly goneAt?: number;
  /** When it last reported that. */
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
  /** GitHub's conclusion, for completed and cancelled jobs. */
  readonly conclusion?: string;
}

/**
 * Since when it could get a machine, epoch milliseconds. GitHub holds a job for an approval for up to 30 days, and fails a
 * queued one after 24 hours: https://docs.github.com/en/actions/reference/limits
 */
export const waitsSince = ({ acceptedAt, approvedAt = 0 }: Pick<Job, 'acceptedAt' | 'approvedAt'>): number =>
  Math.max(acceptedAt, approvedAt);

/** A job that GitHub ended is over; a fact from GitHub can reopen one that the platform ended. */
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
