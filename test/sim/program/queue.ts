/**
 * SQS: delivers each message at least once, in no particular order, to several copies of a function at once. What a run
 * did not confirm comes again after the visibility timeout, twenty times in all.
 */
import type { Delivery } from '../../../lib/app/common/batch.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Story } from '../story.ts';

interface Message extends Delivery {
  receives: number;
}

export interface QueueOptions {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly slowestPollMilliseconds: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly story: Story;
  /** Hands a batch to a run of the function; never settles where the run dies. Answers with what failed. */
  readonly handle: (deliveries: readonly Delivery[]) => Promise<readonly string[]>;
}

export interface SimulatedQueue {
  send(message: unknown, delaySeconds?: number): void;
  /** Messages that are neither handled nor set aside. */
  left(): number;
}

const mostReceives = 20;

export function createSimulatedQueue(options: QueueOptions): SimulatedQueue {
  const { random, scheduler, faults, story } = options;
  const visible: Message[] = [];
  let sent = 0;
  let left = 0;

  function show(message: Message, milliseconds: number) {
    scheduler.after(milliseconds, () => {
      visible.push(message);
      scheduler.after(random.between(5, options.slowestPollMilliseconds), poll);
    });
  }

  function poll() {
    if (visible.length === 0) return;
    const batch: Message[] = [];
    const size = random.between(1, 4);
    while (batch.length < size && visible.length > 0) {
      batch.push(...visible.splice(random.between(0, visible.length - 1), 1));
    }
    receive(batch);
  }

  function receive(batch: readonly Message[]) {
    const open = new Set(batch);
    for (const message of batch) message.receives += 1;
    scheduler.after(options.visibilitySeconds * 1000, () => open.forEach(again));
    void options.handle(batch).then((failed) => {
      for (const message of [...open]) {
        if (failed.includes(message.id)) continue;
        open.delete(message);
        left -= 1;
        if (faults.strikes('messageTwice')) repeat(message);
      }
    });
  }

  function again(message: Message) {
    if (message.receives < mostReceives) return show(message, 0);
    left -= 1;
    story.tell(() => `${options.name} sets a message aside: ${message.body}`);
  }

  function repeat(message: Message) {
    left += 1;
    show({ ...message, receives: 0 }, random.between(100, 120_000));
  }

  return {
    left: () => left,
    send(message, delaySeconds = 0) {
      left += 1;
      sent += 1;
      const delivery = { id: `${options.name}-${sent}`, body: JSON.stringify(message), receives: 0 };
      show(delivery, delaySeconds * 1000 + random.between(1, 50));
    },
  };
}
