/**
 * Whether a controller behind a URL is worth a call now. After several calls in a row that ran into their timeout it
 * rests for a while, and then gets one trial call: a call that ends in time resumes all calls. A refused connection or a
 * wrong answer comes at once and costs nobody time, so such failures do not count.
 */
export interface Circuit {
  /** Calls in a row that ended without an answer in time. */
  readonly timeouts: number;
  /** Epoch milliseconds. It is not called before then. */
  readonly restsUntil: number;
}

/** Two may be chance, such as a deployment of the controller. */
const mostTimeouts = 3;
/** Shorter than the first wait of a job whose controller failed: when the job asks again, some call has been made since. */
const restMilliseconds = 20_000;

/** What to do with a call, and the state from now on. rests: it is not made. */
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
