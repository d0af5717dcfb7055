/**
 * A launch: one CreateFleet call, for one tenant and tier, for one or more machines.
 *
 *   intent → closed
 *
 * The row is written, with the request whole, before the call is made. Whoever finds it still `intent` after
 * `callUntil` makes the same call again: the same ClientToken never buys a second set of machines.
 */
import type { FleetRequest } from './fleet-request.ts';
import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId, TierName } from './ids.ts';

/** closed: every lease either has its machine's row, or went back to the tenant. */
export type LaunchState = 'intent' | 'closed';

export interface Launch {
  readonly launchId: LaunchId;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly state: LaunchState;
  /** What CreateFleet gets. Never changes: a change would be refused as IdempotentParameterMismatch. */
  readonly request: FleetRequest;
  /** One for each machine asked for, and the job that it is meant for. */
  readonly hints: readonly LaunchHint[];
  /** Until then (epoch milliseconds) one caller alone may act on this launch. Also its deadline. */
  readonly callUntil: number;
  readonly createdAt: number;
  /** Which machine got which lease; known once closed. */
  readonly instances: ReadonlyMap<LeaseId, InstanceId>;
}

export interface LaunchHint {
  readonly lease: LeaseId;
  readonly jobId: JobId;
  /** `owner/name`: the scope of the runner where the account is a user. */
  readonly repository: string;
}
