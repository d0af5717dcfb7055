/** Starts at a random entry, so that the entries that a sweep has no time for are not always the same. */
import type { SweepDeps } from '../common/deps.ts';

export function rotateRandomly<Entry>(
  entries: readonly Entry[],
  { chance }: Pick<SweepDeps, 'chance'>,
): Entry[] {
  const start = Math.floor(chance.fraction() * entries.length);
  return [...entries.slice(start), ...entries.slice(0, start)];
}
