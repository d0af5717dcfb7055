/** Jobs at random: whose, of which tier, how long; some are cancelled while they wait or run. It ends when it is told to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, tierLabels, type World } from '../e2e/support/world.ts';

const meanPauseMilliseconds = 700;
const cancelledShare = 0.1;
const longestJobMilliseconds = 1500;

/** @returns the way to end it, which resolves when no cancellation is outstanding */
export function startLoad(world: World, accounts: readonly Account[]): () => Promise<void> {
  let isOver = false;
  const cancelling = new Set<Promise<void>>();
  const loop = (async () => {
    while (!isOver) {
      const account = oneOf(accounts);
      const tier = oneOf(['small', 'small', 'medium']);
      // Whole milliseconds, as the laptop's runner counts: it fails a job of another length.
      const milliseconds = 100 + Math.round(Math.random() * longestJobMilliseconds);
      const jobId = world.queue(account, tierLabels(tier), milliseconds);
      if (Math.random() < cancelledShare) {
        const cancelled = sleep(Math.random() * 2500).then(() => world.laptop.github.cancelJob(jobId));
        cancelling.add(cancelled);
      }
      await sleep(Math.random() * 2 * meanPauseMilliseconds);
    }
  })();
  return async () => {
    isOver = true;
    await loop;
    await Promise.all(cancelling);
  };
}

export const oneOf = <Entry>(entries: readonly Entry[]): Entry =>
  entries[Math.floor(Math.random() * entries.length)] as Entry;
