/**
 * Waits between attempts, for what the SDK does not retry: conflicting writes to one row, and single statements or keys
 * of a batch. Bounded, and jittered, so that writers that collided once do not collide again.
 */

/** Six attempts take about a second: longer than any genuine conflict, shorter than any function's timeout. */
export const maximumTries = 6;
const firstPauseMilliseconds = 30;

/** Before attempt `n`, counted from 1. */
export function pause(n: number): Promise<void> {
  const ceiling = firstPauseMilliseconds * 2 ** (n - 1);
  return new Promise((resolve) => setTimeout(resolve, ceiling * (0.5 + Math.random() / 2)));
}
