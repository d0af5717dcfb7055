/**
 * Whether a controller behind a URL is worth a call now. One that let several calls in a row run out of their time is left
 * alone for a while, and then tried with one call: whatever ends that call in time has all calls made again. A refused
 * connection or a wrong answer comes at once and costs nobody time, so such failures do not count.
 */
export interface Circuit {
  /** Calls in a row that ended without an answer in time. */
  readonly timeouts: number;
  /** Epoch milliseconds. Until then it is not called. */
  readonly restsUntil: number;
}

/** Two may be chance, such as a deploy of the controller. */
const mostTimeouts = 3;
/** Shorter than the first wait of a job whose controller failed: when it asks again, it or another one has made a call since. */
const restMilliseconds = 20_000;

/** What becomes of a call, and what is known from now on. rests: it is not made. */
export function beginCall(
  known: Circuit | undefined,
  now: number,
): { readonly rests: boolean; readonly next: Circuit | undefined } {
  if (!known || known.timeouts < mostTimeouts) return { rests: false, next: known };
  if (now < known.restsUntil) return { rests: true, next: known };
  // This one tries; the others wait for what comes of it.
  return { rests: false, next: { ...known, restsUntil: now + restMilliseconds } };
}

export function endCall(known: Circuit | undefined, isTimeout: boolean, now: number): Circuit | undefined {
  if (!isTimeout) return undefined;
  return { timeouts: (known?.timeouts ?? 0) + 1, restsUntil: now + restMilliseconds };
}
