/**
 * A circuit breaker: whether to call a controller behind a URL now. After several timeouts in a row it is skipped for a while,
 * and then gets one trial call: a call that ends in time resumes all calls. A refused connection or a wrong
 * answer arrives at once and delays nobody, so such failures do not count.
 */
export interface Circuit {
  /** Calls in a row that ended without an answer in time. */
  readonly timeouts: number;
  /** Epoch milliseconds. It is not called before then. */
  readonly restsUntil: number;
}

/** Two may be a coincidence, such as a deployment of the controller. */
const mostTimeouts = 3;
/** Shorter than the first wait of a job whose controller failed: when the job asks again, some call has been made since. */
const restMilliseconds = 20_000;

/** What to do with a call, and the state from now on. rests: the call is skipped. */
export function beginCall(
  known: Circuit | undefined,
  now: number,
): { readonly rests: boolean; readonly next: Circuit | undefined } {
  if (!known || known.timeouts < mostTimeouts) return { rests: false, next: known };
  if (now < known.restsUntil) return { rests: true, next: known };
  // This one tries; the others wait for its outcome.
  return { rests: false, next: { ...known, restsUntil: now + restMilliseconds } };
}

export function endCall(known: Circuit | undefined, isTimeout: boolean, now: number): Circuit | undefined {
  if (!isTimeout) return undefined;
  return { timeouts: (known?.timeouts ?? 0) + 1, restsUntil: now + restMilliseconds };
}
