import type { TierName } from '../core/ids.ts';

/**
 * A function's own queue: besides the messages that it was invoked with, it may receive more. Throws
 * OperationalError.
 */
export interface QueueArrivals {
  /**
   * At most ten of the messages that are there now; none if none is found at once. They are hidden from other
   * receivers for a while; those not marked as done by then are delivered again.
   */
  take(): Promise<readonly Arrival[]>;
  /** At most ten, as they were received: they are never delivered again. */
  done(arrivals: readonly Arrival[]): Promise<void>;
}

/** The same for each tier's queue, for the function that works on all of them. */
export interface Arrivals {
  take(tier: TierName): ReturnType<QueueArrivals['take']>;
  done(tier: TierName, arrivals: readonly Arrival[]): Promise<void>;
}

export interface Arrival {
  readonly id: string;
  readonly body: string;
  /** For `done`; valid for this one receipt. */
  readonly receipt: string;
}
