/**
 * Waits between tries, for what the SDK does not retry by itself: conflicts between writes to one row, and single
 * statements or keys out of a batch. Bounded, and jittered, so that writers who met once do not meet again.
 */

/** Six tries take about a second in all: longer than any honest conflict, shorter than any function's timeout. */
export const maximumTries = 6;
const firstPauseMilliseconds = 30;

/** Before try `n`, counted from 1. */
export function pause(n: number): Promise<void> {
  const ceiling = firstPauseMilliseconds * 2 ** (n - 1);
  return new Promise((resolve) => setTimeout(resolve, ceiling * (0.5 + Math.random() / 2)));
}
