import type { FleetRequest } from '../core/fleet-request.ts';
import type { InstallationId, InstanceId, LaunchId } from '../core/ids.ts';
import type { Market } from '../core/pools.ts';

/** Starts, lists and terminates machines: EC2. */
export interface Compute {
  /** Never throws for what EC2 answers; see LaunchAnswer. Sending the same request again starts nothing twice. */
  launch(request: FleetRequest): Promise<LaunchAnswer>;
  /** The machines that carry this launch's tag and are not terminated, as far as EC2 shows them yet. */
  findByLaunch(launchId: LaunchId): Promise<LaunchedInstance[]>;
  /** The ones that EC2 knows, in any state. May lag after a launch by minutes. */
  describe(instanceIds: readonly InstanceId[]): Promise<DescribedInstance[]>;
  /**
   * A page of this deployment's machines that have not ended, found by their tags. A cursor is valid for a few
   * minutes.
   */
  listMachines(page: { environment: string; cursor?: string }): Promise<{
    readonly machines: readonly TaggedMachine[];
    readonly cursor?: string;
  }>;
  /**
   * Asks EC2 to terminate; a machine that it accepts (or that was terminated already) is proven to end.
   * Unknown ids prove nothing. One bad id does not stop the termination of the others.
   * @throws OperationalError if EC2 could not be asked
   */
  terminate(instanceIds: readonly InstanceId[]): Promise<{ accepted: InstanceId[]; unknown: InstanceId[] }>;
  /**
   * The end of a machine's console, empty if EC2 has none yet; EC2 keeps it for an hour after the machine's end.
   * Untrusted text.
   * @throws OperationalError: the machine is not known, or EC2 could not be asked in time
   */
  readConsole(instanceId: InstanceId): Promise<string>;
}

export interface LaunchedInstance {
  readonly instanceId: InstanceId;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Where it is: its zone or its subnet, or neither if EC2 does not say. */
  readonly zone?: string;
  readonly subnetId?: string;
  /** When EC2 launched it, epoch milliseconds; absent: EC2 did not say, as in its answer to a launch. */
  readonly startedAt?: number;
}

/** A machine as described by its tags. Tags are hints: the records decide what a machine may do. */
export interface TaggedMachine {
  readonly instanceId: InstanceId;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly launchId: LaunchId;
  /** Absent: the tag is missing or no number. */
  readonly installationId?: InstallationId;
}

export interface DescribedInstance {
  readonly instanceId: InstanceId;
  /** EC2's state: pending, running, stopping, stopped, shutting-down, terminated. */
  readonly state: string;
  /** EC2 itself interrupted the spot machine; nobody asked for its end. */
  readonly takenBack?: boolean;
}

/**
 * The result of a launch call.
 * answered: EC2 made the fleet, now or when it was sent the same request before; these machines exist, and no others will
 * come from it; `failures` say why there are fewer than asked for. refused: EC2 did not accept the call (throttled,
 * invalid, over a quota): this call started nothing. unclear: the result is unknown (a timeout, a 5xx, a changed
 * request); ask again with the same request, or by tag.
 */
export type LaunchAnswer =
  | {
      readonly kind: 'answered';
      readonly instances: readonly LaunchedInstance[];
      readonly failures: readonly LaunchFailure[];
    }
  | { readonly kind: 'refused'; readonly failure: LaunchFailure }
  | { readonly kind: 'unclear'; readonly failure: LaunchFailure };

/**
 * capacity: another pool may have it. unoffered: that pool never will, others may. quota: the account's own limit.
 * throttled: too many calls. fatal: it can never work.
 */
export type LaunchFailureClass = 'capacity' | 'unoffered' | 'quota' | 'throttled' | 'fatal' | 'unknown';

export interface LaunchFailure {
  readonly class: LaunchFailureClass;
  /** EC2's own code. */
  readonly code: string;
  readonly message: string;
  /** The pool that it is about, if EC2 named one. */
  readonly pool?: FailedPool;
}

export interface FailedPool {
  readonly market: Market;
  readonly instanceType: string;
  readonly subnetId: string;
}
