/** How the sweep goes through many entries of a kind: some at a time, and whoever comes first is left to chance. */
import type { SweepDeps } from '../common/deps.ts';

/** Some at a time, until all are done. */
export async function inTurn<Entry>(
  entries: readonly Entry[],
  atOnce: number,
  step: (entry: Entry) => Promise<void>,
): Promise<void> {
  const left = entries.values();
  const work = async () => {
    for (const entry of left) await step(entry);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, entries.length) }, work));
}

export function fromAnywhere<Entry>(
  entries: readonly Entry[],
  { chance }: Pick<SweepDeps, 'chance'>,
): Entry[] {
  const start = Math.floor(chance.fraction() * entries.length);
  return [...entries.slice(start), ...entries.slice(0, start)];
}
