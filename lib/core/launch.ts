/**
 * A launch: one CreateFleet call, for one tenant and tier, for one or more machines.
 *
 *   intent → answered → closed
 *
 * The row is written, with the whole request, before the call is made. If it is still `intent` after `callUntil`, the
 * sweep makes the same call again: the same ClientToken never starts a second set of machines. `answered` says which
 * machines came, before any of them has a row and before any lease goes back. From then on the call is never made
 * again. Each lease either belongs to a machine, whose row gives it back, or is missing, and goes back when
 * the launch closes.
 */
import type { FleetRequest } from './fleet-request.ts';
import type { InstallationId, InstanceId, JobId, LaunchId, LeaseId, TierName } from './ids.ts';
import type { LeaseCost } from './spend-counts.ts';
import type { Account } from './tenant.ts';

/** closed: every lease either has its machine's row, or went back. */
export type LaunchState = 'intent' | 'answered' | 'closed';

export interface Launch {
  readonly launchId: LaunchId;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** Whose runners these will be, as it was when the launch was planned. */
  readonly account: Account;
  readonly state: LaunchState;
  /** CreateFleet's request. It never changes once sent: a change would be refused as IdempotentParameterMismatch. */
  readonly request: FleetRequest;
  /** One for each requested machine, and the job that it is meant for. */
  readonly plannedJobs: readonly PlannedJob[];
  /** Until then (epoch milliseconds) only one caller may act on this launch. While it is open, also its deadline. */
  readonly callUntil: number;
  readonly createdAt: number;
  /** The rows of caps over all tenants that count its leases; absent: none. */
  readonly capRows?: readonly string[];
  /** What each of its leases counts as spent. Absent in rows of earlier versions: nothing. */
  readonly leaseCost?: LeaseCost;
  /** Which machine got which lease; known once answered or closed. */
  readonly instances: ReadonlyMap<LeaseId, InstanceId>;
  /**
   * When the sweep looks at its machines (epoch milliseconds), once it is closed no later than the first of
   * their deadlines. The value is the same from the beginning, so closing the launch writes nothing to the
   * index. Absent: all of them have ended; or the launch is open, and an earlier version took its leases.
   */
  readonly lookAt?: number;
}

export interface PlannedJob {
  readonly lease: LeaseId;
  readonly jobId: JobId;
  /** `owner/name`: the scope of the runner if the account is a user. */
  readonly repository: string;
}

/** The leases of machines that did not come, once the launch is answered. */
export const missingLeases = ({ plannedJobs, instances }: Launch): readonly PlannedJob[] =>
  plannedJobs.filter(({ lease }) => !instances.has(lease));

/** The launch for fewer jobs, before anyone requested its machines; without jobs, it is closed. */
export function withoutJobs(launch: Launch, without: readonly PlannedJob[]): Launch {
  const gone = new Set(without.map(({ lease }) => lease));
  const plannedJobs = launch.plannedJobs.filter(({ lease }) => !gone.has(lease));
  const { TargetCapacitySpecification: target, ...request } = launch.request;
  const TargetCapacitySpecification = { ...target, TotalTargetCapacity: plannedJobs.length };
  const smaller = { ...launch, plannedJobs, request: { ...request, TargetCapacitySpecification } };
  if (plannedJobs.length > 0) return smaller;
  const { lookAt: _nothingToLookAt, ...closed } = smaller;
  return { ...closed, state: 'closed' };
}

/** No later than the deadline of any of its machines' rows, whenever those are written. */
export const firstLookAt = (createdAt: number, { bootSeconds }: { readonly bootSeconds: number }) =>
  createdAt + bootSeconds * 1000;

/** The maximum number of machines of one launch, so that its row, with all its jobs, stays at a few KB. */
export const maxMachinesPerLaunch = 96;
