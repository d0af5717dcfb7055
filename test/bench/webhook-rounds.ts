/** What the two processes of the webhook's measurement agree on. */
export const inFlight = 16;

export interface RoundResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Milliseconds of this process's processor time a request. */
  readonly cpu: number;
}

export interface Measured {
  readonly webhook: readonly RoundResult[];
  /** A handler that checks the signature and answers, as the baseline. */
  readonly bare: readonly RoundResult[];
}
