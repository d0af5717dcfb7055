/** Stops new runners for a while, and tells people why. */
import type { Situation } from './situation.ts';

/** Shorter pauses are those between first retries, which may well succeed. */
const longMs = 30_000;

export function hold({ deps, memory }: Situation, reason: string, milliseconds: number): false {
  memory.holdUntil = deps.clock.now() + milliseconds;
  memory.holdReason = reason;
  memory.isHeld = milliseconds >= longMs;
  memory.trouble = reason;
  deps.log(reason);
  return false;
}
