/** No runner starts for a time, and people are told why. */
import type { Situation } from './situation.ts';

/** A shorter pause is one of the first between tries, which may well succeed. */
const longMs = 30_000;

export function hold({ deps, memory }: Situation, reason: string, milliseconds: number): false {
  memory.holdUntil = deps.clock.now() + milliseconds;
  memory.holdReason = reason;
  memory.isHeld = milliseconds >= longMs;
  memory.trouble = reason;
  deps.tell(reason);
  return false;
}
