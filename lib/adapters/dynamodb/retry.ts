/**
 * Waits between attempts, for what the SDK does not retry: conflicting writes to one row, and single statements or keys
 * of a batch. Bounded, and jittered, so that writers that collided once do not collide again.
 */
import { isConflict } from './errors.ts';

/** Six attempts take about a second: as long as a partition needs to take more, shorter than any function's timeout. */
export const maximumTries = 6;
const firstPauseMilliseconds = 30;

/**
 * A row is free again as soon as the other transaction ends, after 10 to 30 ms. While machines of a tenant come and go, the
 * next one has begun by then, and whoever waited longer each time would lose to all newcomers. About two seconds.
 */
const conflictTries = 25;
const conflictPauseMilliseconds = { least: 10, most: 100 };

/** Before attempt `n`, counted from 1. */
export function pause(n: number): Promise<void> {
  const ceiling = firstPauseMilliseconds * 2 ** (n - 1);
  return wait(ceiling * (0.5 + Math.random() / 2));
}

/**
 * For the attempts of one write. After one failed with this code: waits as long as that suggests; false: it was the last one.
 * Conflicts and throttles count separately: a write that lost to others for a while has not met a throttle yet.
 */
export function countTries(): (code: string) => Promise<boolean> {
  const failed = { conflicts: 0, throttles: 0 };
  return async (code) => {
    if (!isConflict(code)) {
      failed.throttles += 1;
      if (failed.throttles >= maximumTries) return false;
      await pause(failed.throttles);
      return true;
    }
    failed.conflicts += 1;
    if (failed.conflicts >= conflictTries) return false;
    const { least, most } = conflictPauseMilliseconds;
    await wait(least + Math.random() * (most - least));
    return true;
  };
}

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
