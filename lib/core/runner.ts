/**
 * A runner: one machine, for one job.
 *
 *   booting → claimed → listening → ended        any → ended
 *
 * claimed: it has a JIT config, and may ask for it again. listening: it confirmed; it gets no further answers. Being busy
 * is a fact about a job (`running`, with this runner), so it is not stored twice.
 */
import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId, TierName } from './ids.ts';
import type { MachineRates } from './price.ts';
import type { LeaseCost } from './spend-counts.ts';
import type { Account } from './tenant.ts';

export type RunnerState = 'booting' | 'claimed' | 'listening' | 'ended';

export interface Runner {
  readonly instanceId: InstanceId;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly launchId: LaunchId;
  readonly lease: LeaseId;
  readonly state: RunnerState;
  /** The job it is meant for: a plan. GitHub may give it another one. */
  readonly plannedJob: JobId;
  /** The job that GitHub says it runs, if that is not the planned one. */
  readonly ran?: JobId;
  /** The lease that was meant for the job it ran: that lease's machine lost its job to this one. */
  readonly leftLease?: LeaseId;
  /** `owner/name` of the planned job. */
  readonly repository: string;
  readonly account: Account;
  /** When it was found to have run a job unknown to the App, epoch milliseconds. */
  readonly unknownRunAt?: number;
  /** The rows of caps over all tenants that count its lease; absent: none. */
  readonly capRows?: readonly string[];
  /** What its lease counts as spent until it ends. Absent in rows of earlier versions: nothing. */
  readonly leaseCost?: LeaseCost;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Its availability zone. Absent: not known, as in rows of earlier versions. */
  readonly zone?: string;
  /** Its cost, as at its launch. Absent in rows of earlier versions. */
  readonly rates?: MachineRates;
  /** The machine's own random nonce. Once one has claimed, only the same nonce may claim again. */
  readonly nonce?: string;
  /** When the state must have changed, epoch milliseconds; the sweep acts on what is overdue. */
  readonly deadline: number;
  /** When its launch was planned. */
  readonly launchedAt: number;
  /** When EC2 was called for it, or launched it. Absent in rows of earlier versions. */
  readonly startedAt?: number;
  /**
   * When its kernel started, by the machine's own clock: about when AWS begins to charge. Absent: it did
   * not report that.
   */
  readonly runningAt?: number;
  readonly claimedAt?: number;
  readonly listeningAt?: number;
  /** Its job's first step waits until the start gate admits it. Absent: it does not ask. */
  readonly gated?: boolean;
  /**
   * When it was found without a gate although its tenant's machines need one, epoch milliseconds: since
   * then it cannot confirm without one. If it was already listening, GitHub gives it no further job.
   */
  readonly gateRequiredAt?: number;
  readonly endedAt?: number;
  /** Why it ended, for people. */
  readonly endReason?: RunnerEndReason;
  /** The end of its console, if it ended without claiming. Untrusted text. */
  readonly console?: string;
}

export const runnerEndReasons = [
  'job-completed',
  'stood-down',
  'instance-ended',
  'boot-deadline',
  'idle-deadline',
  'job-time-limit',
  'tenant-deleted',
] as const;

export type RunnerEndReason = (typeof runnerEndReasons)[number];

/** The job that a listening runner is assumed to run: as GitHub said, else as planned. */
export const jobOf = ({ plannedJob, ran }: Runner): JobId => ran ?? plannedJob;

/** Until when a listening runner may have no job, epoch milliseconds. Its `deadline` may still be that of its boot. */
export const idleUntil = ({ listeningAt, launchedAt }: Runner, limits: { readonly idleSeconds: number }) =>
  (listeningAt ?? launchedAt) + limits.idleSeconds * 1000;
