/** No runner starts for a time, and people are told why. */
import type { Situation } from './situation.ts';

export function hold({ deps, memory }: Situation, reason: string, milliseconds: number): false {
  memory.holdUntil = deps.clock.now() + milliseconds;
  memory.holdReason = reason;
  memory.trouble = reason;
  deps.tell(reason);
  return false;
}
