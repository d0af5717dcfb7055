import type { InstallationId, InstanceId, JobId, LaunchId } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import type { Runner, RunnerEndReason } from '../core/runner.ts';

/** The machines. Every method may throw OperationalError. */
export interface RunnerStore {
  /** Puts each that is not known yet, and leaves the others as they are. */
  bind(runners: readonly Runner[]): Promise<void>;
  /** Of this tenant only: another tenant's machine is not there. */
  get(installationId: InstallationId, instanceId: InstanceId): Promise<Runner | undefined>;
  /** Across tenants: EC2's events name no tenant. Unknown ids are left out. */
  findAcrossTenants(instanceIds: readonly InstanceId[]): Promise<Runner[]>;
  /** booting → claimed with this nonce; claimed with this nonce stays as it is; all else is refused. */
  claim(claim: {
    instanceId: InstanceId;
    launchId: LaunchId;
    nonce: string;
    at: number;
  }): Promise<ClaimOutcome>;
  /** claimed with this nonce → listening; listening, or another nonce: false. */
  confirm(confirm: { instanceId: InstanceId; nonce: string; at: number; deadline: number }): Promise<boolean>;
  /**
   * All or nothing: the waiting job becomes covered by the runner's lease, and the runner's hint becomes that job.
   * False: the job no longer waits, or the runner is not claimed, or its hint has changed.
   */
  giveJob(runner: Runner, job: Job): Promise<boolean>;
  /**
   * All or nothing: two jobs change places, because GitHub gave `taken` to `by`. `by`'s hint becomes `taken`; its former
   * job becomes covered by the lease of `from`, whose hint it becomes. False: something of this has changed meanwhile.
   */
  swapJobs(swap: { by: Runner; from: Runner; taken: JobId }): Promise<boolean>;
  /** The runner's hint becomes this job, which it runs. False: it has ended, or its hint has changed. */
  setHint(runner: Runner, jobId: JobId): Promise<boolean>;
  /** Not ended → later deadline; else false. */
  extend(runner: Runner, deadline: number): Promise<boolean>;
  /** Any state → ended, if the hint is still the one in `runner`. Ended already counts as ended; a changed hint: false. */
  end(runner: Runner, end: { reason: RunnerEndReason; at: number }): Promise<boolean>;
  /** Across tenants: runners not ended whose deadline has passed, longest overdue first. */
  listOverdueAcrossTenants(now: number, limit: number): Promise<Runner[]>;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly runner: Runner }
  /** No machine of that id is bound yet. */
  | { readonly kind: 'unknown' }
  /** The machine is of another launch, was claimed with another nonce, has confirmed, or has ended. */
  | { readonly kind: 'refused'; readonly why: 'other-launch' | 'other-nonce' | 'confirmed' | 'ended' };
