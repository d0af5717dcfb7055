/** The messages between the two processes that measure the webhook. */
export const inFlight = 16;

export interface RoundResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Milliseconds of this process's processor time per request. */
  readonly cpu: number;
}

export interface Measured {
  readonly webhook: readonly RoundResult[];
  /** A handler that checks the signature and answers. */
  readonly bare: readonly RoundResult[];
  /** One that also sends what it read by a plain request of Node's, without a signature: the baseline. */
  readonly plain: readonly RoundResult[];
}
