/**
 * Pauses for polling something that may be over at once or only after minutes: short at first, then doubling up to a
 * bound. A few extra polls cost little, and a waiting person sees the end sooner.
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
