/** What the two processes of the webhook's measurement agree on. */
export const inFlight = 16;

export interface RoundResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Milliseconds of this process's processor time a request. */
  readonly cpu: number;
}
