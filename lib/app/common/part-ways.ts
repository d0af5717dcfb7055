/**
 * Copies that met at one row or note would meet again if all came back at once. So each waits for another time: for a call or two to
 * DynamoDB.
 */
import type { Chance, Clock } from '../../ports/clock.ts';

const leastMilliseconds = 5;
const mostMilliseconds = 50;

interface PartingDeps {
  readonly clock: Clock;
  readonly chance: Chance;
}

export const partWays = ({ clock, chance }: PartingDeps): Promise<void> =>
  clock.sleep(leastMilliseconds + chance.fraction() * (mostMilliseconds - leastMilliseconds));
