import type { TierName } from '../core/ids.ts';

/**
 * A tier's own queue, for the function that works on it: besides what it is handed, it may take more by itself. Throws
 * OperationalError.
 */
export interface Arrivals {
  /**
   * Some messages that are there now, at most ten; none where it finds none at once. Nobody else gets them for a while. What
   * is not done with by then comes again.
   */
  take(tier: TierName): Promise<readonly Arrival[]>;
  /** At most ten, as they were taken: they never come again. */
  done(tier: TierName, arrivals: readonly Arrival[]): Promise<void>;
}

export interface Arrival {
  readonly id: string;
  readonly body: string;
  /** For `done`, and for this one time that it was taken. */
  readonly receipt: string;
}
