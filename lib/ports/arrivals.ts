import type { TierName } from '../core/ids.ts';

/**
 * A tier's own queue, for the function that works on it: besides the messages it was invoked with, it may take more. Throws
 * OperationalError.
 */
export interface Arrivals {
  /**
   * Some of the messages that are there now, at most ten; none if it finds none at once. Nobody else gets them for a while;
   * those not marked as done by then are delivered again.
   */
  take(tier: TierName): Promise<readonly Arrival[]>;
  /** At most ten, as they were taken: they are never delivered again. */
  done(tier: TierName, arrivals: readonly Arrival[]): Promise<void>;
}

export interface Arrival {
  readonly id: string;
  readonly body: string;
  /** For `done`; valid for this one receipt. */
  readonly receipt: string;
}
