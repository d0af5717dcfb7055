/** Pauses of `node:timers/promises` that end at once, for code that waits without a clock that a test could hand in. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/**
 * @param most with this pause the work ends, if it has not ended before
 * @returns how long each pause would have been, in milliseconds
 */
export async function pausesOf(work: () => Promise<unknown>, most: number): Promise<number[]> {
  const { setTimeout: start } = timers;
  const pauses: number[] = [];
  const enough = new Error(`It paused ${most} times.`);
  // Those who imported it by name get the other one, too.
  const use = (setTimeout: typeof start) => {
    timers.setTimeout = setTimeout;
    syncBuiltinESMExports();
  };
  use(async <Value>(milliseconds = 0, value?: Value) => {
    pauses.push(milliseconds);
    if (pauses.length === most) throw enough;
    return start(0, value as Value);
  });
  try {
    await work();
  } catch (error) {
    if (error !== enough) throw error;
  } finally {
    use(start);
  }
  return pauses;
}
