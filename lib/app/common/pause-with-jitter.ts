/**
 * Copies that conflicted on a row or note would conflict again if all retried at once. So each waits for a different
 * time, as long as a call or two to DynamoDB take.
 */
import type { Chance, Clock } from '../../ports/clock.ts';

const leastMilliseconds = 5;
const mostMilliseconds = 50;

interface JitterDeps {
  readonly clock: Clock;
  readonly chance: Chance;
}

export const pauseWithJitter = ({ clock, chance }: JitterDeps): Promise<void> =>
  clock.sleep(leastMilliseconds + chance.fraction() * (mostMilliseconds - leastMilliseconds));
