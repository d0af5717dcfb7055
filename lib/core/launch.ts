/**
 * A launch: one CreateFleet call, for one tenant and tier, for one or more machines.
 *
 *   intent → closed          every machine asked for came
 *   intent → answered → closed   some did not: what came is written down before any lease goes back
 *
 * The row is written, with the request whole, before the call is made. Whoever finds it still `intent` after
 * `callUntil` makes the same call again: the same ClientToken never buys a second set of machines. Once `answered` the
 * call is never made again, for by then it might buy machines whose leases have gone back.
 */
import type { FleetRequest } from './fleet-request.ts';
import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId, TierName } from './ids.ts';
import type { Account } from './tenant.ts';

/** closed: every lease either has its machine's row, or went back to the tenant. */
export type LaunchState = 'intent' | 'answered' | 'closed';

export interface Launch {
  readonly launchId: LaunchId;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** Whose runners these will be, as it was when the launch was planned. */
  readonly account: Account;
  readonly state: LaunchState;
  /** What CreateFleet gets. Never changes: a change would be refused as IdempotentParameterMismatch. */
  readonly request: FleetRequest;
  /** One for each machine asked for, and the job that it is meant for. */
  readonly plannedJobs: readonly PlannedJob[];
  /** Until then (epoch milliseconds) one caller alone may act on this launch. Also its deadline. */
  readonly callUntil: number;
  readonly createdAt: number;
  /** Which machine got which lease; known once answered or closed. */
  readonly instances: ReadonlyMap<LeaseId, InstanceId>;
}

export interface PlannedJob {
  readonly lease: LeaseId;
  readonly jobId: JobId;
  /** `owner/name`: the scope of the runner where the account is a user. */
  readonly repository: string;
}
