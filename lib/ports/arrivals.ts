import type { TierName } from '../core/ids.ts';

/**
 * A function's own queue: besides the messages that it was invoked with, it may receive more. Throws
 * OperationalError.
 */
export interface QueueArrivals {
  /**
   * Receives at most ten messages, without waiting for any. They are hidden from other receivers for a while; those that
   * are not passed to `done` in that time are delivered again.
   */
  take(): Promise<readonly Arrival[]>;
  /** Deletes at most ten received messages, so that they are not delivered again. */
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
