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
  /** A handler that checks the signature and answers, as the baseline. */
  readonly bare: readonly RoundResult[];
}
