import type { FleetRequest } from '../core/fleet-request.ts';
import type { InstallationId, InstanceId, LaunchId } from '../core/ids.ts';
import type { Market } from '../core/pools.ts';

/** The machines' maker: EC2. */
export interface Compute {
  /** Never throws for what EC2 answers; see LaunchAnswer. Sending the same request again starts nothing twice. */
  launch(request: FleetRequest): Promise<LaunchAnswer>;
  /** The machines that carry this launch's tag and are not terminated, as far as EC2 shows them yet. */
  findByLaunch(launchId: LaunchId): Promise<LaunchedInstance[]>;
  /** Of these, the ones EC2 knows, in whatever state. May lag after a launch by minutes. */
  describe(instanceIds: readonly InstanceId[]): Promise<DescribedInstance[]>;
  /**
   * A page of the machines of this deployment that are not over, by their tags, whoever knows of them. A cursor is good
   * for a few minutes.
   */
  listMachines(page: { environment: string; cursor?: string }): Promise<{
    readonly machines: readonly TaggedMachine[];
    readonly cursor?: string;
  }>;
  /**
   * Asks EC2 to terminate; a machine that it accepts (or that was terminated already) is proven to end.
   * Unknown ids are no proof of anything. One bad id does not keep the others from being terminated.
   * @throws OperationalError where EC2 could not be asked
   */
  terminate(instanceIds: readonly InstanceId[]): Promise<{ accepted: InstanceId[]; unknown: InstanceId[] }>;
  /**
   * The last of what a machine printed, empty where nothing is known of it yet; EC2 keeps it for an hour after the end.
   * Untrusted text.
   * @throws OperationalError: the machine is not known, or EC2 could not be asked in time
   */
  readConsole(instanceId: InstanceId): Promise<string>;
}

export interface LaunchedInstance {
  readonly instanceId: InstanceId;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Where it is: one of these, or neither where EC2 does not say. */
  readonly zone?: string;
  readonly subnetId?: string;
  /** When EC2 launched it, epoch milliseconds; absent: EC2 did not say, as in its answer to a launch. */
  readonly startedAt?: number;
}

/** A machine as its tags tell of it. Tags are a planned job: what a machine may do is in the records. */
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
  /** EC2's word: pending, running, stopping, stopped, shutting-down, terminated. */
  readonly state: string;
  /** EC2 itself took the spot machine back; nobody asked for its end. */
  readonly takenBack?: boolean;
}

/**
 * What came of a launch call.
 * answered: EC2 made the fleet, now or when it was sent the same request before; these machines exist, and no others will
 * come of it; `failures` say why there are fewer than asked for. refused: EC2 did not take the call (throttled, invalid, over a quota): this call started nothing.
 * unclear: nobody knows (a timeout, a 5xx, a changed request); ask again with the same request, or by tag.
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
 * capacity: another pool may have it. unoffered: that pool never will, others may. quota: the account's own bound. throttled:
 * too many calls. fatal: it can never work.
 */
export type LaunchFailureClass = 'capacity' | 'unoffered' | 'quota' | 'throttled' | 'fatal' | 'unknown';

export interface LaunchFailure {
  readonly class: LaunchFailureClass;
  /** EC2's own code. */
  readonly code: string;
  readonly message: string;
  /** The pool that it is about, where EC2 named one. */
  readonly pool?: FailedPool;
}

export interface FailedPool {
  readonly market: Market;
  readonly instanceType: string;
  readonly subnetId: string;
}
