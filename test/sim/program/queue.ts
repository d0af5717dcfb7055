/**
 * SQS and Lambda's poller: each message is delivered at least once, in no particular order, to several copies of a
 * function at once. A function may get its batch late if Lambda has no free copy: the visibility timeout counts from
 * the receive, so a second copy may get the same messages while the first still processes them. Messages that no run
 * confirmed in time are delivered again.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import type { Delivery } from '../../../lib/app/common/batch.ts';
import type { Arrival } from '../../../lib/ports/arrivals.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

interface Message extends Delivery {
  receives: number;
}

export interface QueueOptions {
  readonly name: string;
  readonly visibilitySeconds: number;
  /** After this many receives it is a dead letter. */
  readonly mostReceives: number;
  readonly slowestPollMilliseconds: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly log: EventLog;
  /** Called with each confirmed message. */
  readonly onDone?: (body: string) => void;
  /** Gives a batch to a run of the function; never settles if the run dies. Returns the failed messages. */
  readonly handle: (deliveries: readonly Delivery[]) => Promise<readonly string[]>;
}

export interface SimulatedQueue {
  send(message: unknown, delaySeconds?: number): void;
  /** A short poll: it may return only some of the messages, or none although there are some. */
  take(): Arrival[];
  /** A receipt is valid until its message becomes visible again. */
  done(arrivals: readonly Arrival[]): void;
  /** Messages that are neither handled nor dead letters. */
  left(): number;
}

/** SQS's maximum delay. */
const longestDelaySeconds = 900;

export function createSimulatedQueue(options: QueueOptions): SimulatedQueue {
  const { random, scheduler, faults, log } = options;
  const visible: Message[] = [];
  /** Messages that were received and are neither confirmed nor visible again, by receipt. */
  const receipts = new Map<string, { message: Message; open: Set<Message> }>();
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
    const batch = pick(random.between(1, 4));
    const open = receive(batch);
    if (!faults.strikes('throttled')) return handOver(batch, open);
    scheduler.after(random.between(1_000, options.visibilitySeconds * 1000 - 1), () => handOver(batch, open));
  }

  function pick(size: number): Message[] {
    const batch: Message[] = [];
    while (batch.length < size && visible.length > 0) {
      batch.push(...visible.splice(random.between(0, visible.length - 1), 1));
    }
    return batch;
  }

  /** @returns the messages that are not confirmed yet */
  function receive(batch: readonly Message[]): Set<Message> {
    const open = new Set(batch);
    for (const message of batch) message.receives += 1;
    const visibleAgain = options.visibilitySeconds * 1000;
    scheduler.after(visibleAgain, () => {
      const left = [...open];
      // A late confirmation has an invalid receipt.
      open.clear();
      left.forEach(again);
    });
    return open;
  }

  function handOver(batch: readonly Message[], open: Set<Message>) {
    void options.handle(batch).then((failed) => {
      for (const message of [...open]) if (!failed.includes(message.id)) confirm(message, open);
    });
  }

  function confirm(message: Message, open: Set<Message>) {
    if (!open.delete(message)) return;
    left -= 1;
    options.onDone?.(message.body);
    if (faults.strikes('messageTwice')) repeat(message);
  }

  function again(message: Message) {
    if (message.receives < options.mostReceives) return show(message, 0);
    left -= 1;
    log.add(() => `${options.name} moves a message to its dead-letter queue: ${message.body}`);
  }

  function repeat(message: Message) {
    left += 1;
    show({ ...message, receives: 0 }, random.between(100, 120_000));
  }

  return {
    left: () => left,
    take() {
      const batch = pick(random.between(0, 4));
      const open = receive(batch);
      return batch.map((message) => {
        const receipt = `${message.id}/${message.receives}`;
        receipts.set(receipt, { message, open });
        return { id: message.id, body: message.body, receipt };
      });
    },
    done(arrivals) {
      for (const { receipt } of arrivals) {
        const taken = receipts.get(receipt);
        if (taken) confirm(taken.message, taken.open);
      }
    },
    send(message, delaySeconds = 0) {
      left += 1;
      sent += 1;
      const delivery = { id: `${options.name}-${sent}`, body: JSON.stringify(message), receives: 0 };
      show(delivery, Math.min(delaySeconds, longestDelaySeconds) * 1000 + random.between(1, 50));
    },
  };
}
