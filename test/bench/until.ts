/** Waits for a condition, with a time limit. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * By default longer than until the reconciler's next run: on a busy machine a webhook may be lost.
 * @throws Error that says what did not happen
 */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  { withinSeconds = 400, everyMilliseconds = 10 } = {},
): Promise<void> {
  const deadline = performance.now() + withinSeconds * 1000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Timed out after ${withinSeconds} s: ${what}.`);
    await sleep(everyMilliseconds);
  }
}
