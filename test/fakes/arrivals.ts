/**
 * The tiers' queues of the memory queues, as their function takes from them. What is taken is hidden until `showAgain`. Dials:
 * `failNext` makes the next calls fail, with nothing done.
 */
import type { Arrival, Arrivals, QueueArrivals } from '../../lib/ports/arrivals.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { MemoryQueues, SentToTier } from './queues.ts';

export interface MemoryArrivals extends Arrivals {
  /** These are not done with in time: they come again, and their receipts count no more. */
  showAgain(arrivals: readonly Arrival[]): void;
  /** How many are taken, and not done with. */
  hidden(): number;
  failNext(calls: number): void;
}

const mostMessages = 10;

export function createMemoryArrivals(queues: MemoryQueues): MemoryArrivals {
  const taken = new Map<string, SentToTier>();
  let receipts = 0;
  let failing = 0;
  const mayFail = () => {
    if (failing <= 0) return;
    failing -= 1;
    throw new OperationalError('The queue was told to fail.', {
      code: 'ServiceUnavailable',
      retryable: true,
    });
  };
  return {
    async take(tier) {
      mayFail();
      const there = queues.tiers.filter((sent) => sent.tier === tier && sent.delaySeconds === 0);
      return there.slice(0, mostMessages).map((sent) => {
        queues.tiers.splice(queues.tiers.indexOf(sent), 1);
        const receipt = `receipt-${++receipts}`;
        taken.set(receipt, sent);
        return { id: `taken-${receipts}`, body: JSON.stringify(sent.message), receipt };
      });
    },
    async done(_, arrivals) {
      mayFail();
      for (const { receipt } of arrivals) taken.delete(receipt);
    },
    showAgain(arrivals) {
      for (const { receipt } of arrivals) {
        const sent = taken.get(receipt);
        taken.delete(receipt);
        if (sent) queues.tiers.push(sent);
      }
    },
    hidden: () => taken.size,
    failNext: (calls) => {
      failing = calls;
    },
  };
}

/** One queue's messages, taken from its list. */
export function createMemoryQueueArrivals(line: unknown[]): QueueArrivals & { hidden(): number } {
  const taken = new Set<string>();
  let receipts = 0;
  return {
    take: async () =>
      line.splice(0, mostMessages).map((message) => {
        const receipt = `receipt-${++receipts}`;
        taken.add(receipt);
        return { id: `taken-${receipts}`, body: JSON.stringify(message), receipt };
      }),
    done: async (arrivals) => {
      for (const { receipt } of arrivals) taken.delete(receipt);
    },
    hidden: () => taken.size,
  };
}
