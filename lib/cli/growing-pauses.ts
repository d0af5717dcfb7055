/**
 * The pauses between looks at what may be over at once, or only after minutes: short at first, and twice as long each time, up to
 * a bound. A few looks more cost little; a person who waits sees the end sooner.
 */
import { setTimeout as wait } from 'node:timers/promises';

const firstMilliseconds = 100;

export function growingPauses(
  mostMilliseconds: number,
  sleep: (milliseconds: number) => Promise<unknown> = wait,
): () => Promise<unknown> {
  let next = firstMilliseconds;
  return () => {
    const now = Math.min(next, mostMilliseconds);
    next = now * 2;
    return sleep(now);
  };
}
