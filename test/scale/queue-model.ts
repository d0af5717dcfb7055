/**
 * A queue with the function behind it, as Lambda runs them: up to so many copies at once, each with up to ten of the
 * oldest messages, and what fails is delivered again, for an hour. The order within a tenant is the order of sending.
 */
import type { Delivery } from '../../lib/app/common/batch.ts';
import { receivesBeforeDeadLetter, visibilitySeconds } from '../../lib/contract/redelivery.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface QueueModel {
  send(message: unknown, delaySeconds?: number): void;
  readonly deepest: () => number;
  readonly failures: () => number;
}

const batchSize = 10;
const mostReceives = receivesBeforeDeadLetter('scale-up');
const retryMilliseconds = visibilitySeconds('scale-up') * 1000;
/** From SendMessage's answer to the start of the function. */
const pickUpMilliseconds = 25;

export function createQueueModel(world: {
  time: VirtualTime;
  copies: number;
  handle: (deliveries: readonly Delivery[]) => Promise<readonly string[]>;
}): QueueModel {
  const { time, copies, handle } = world;
  const visible: Delivery[] = [];
  const received = new Map<string, number>();
  let head = 0;
  let busy = 0;
  let sent = 0;
  let deepest = 0;
  let failures = 0;

  const put = (delivery: Delivery) => {
    visible.push(delivery);
    deepest = Math.max(deepest, visible.length - head);
    start();
  };
  const again = (delivery: Delivery) => {
    const receives = (received.get(delivery.id) ?? 1) + 1;
    received.set(delivery.id, receives);
    if (receives <= mostReceives) time.after(retryMilliseconds, () => put(delivery));
  };
  const start = () => {
    if (busy >= copies || head >= visible.length) return;
    const batch = visible.slice(head, head + batchSize);
    head += batch.length;
    if (head > 10_000) {
      visible.splice(0, head);
      head = 0;
    }
    busy += 1;
    void handle(batch).then((failed) => {
      busy -= 1;
      failures += failed.length;
      for (const delivery of batch.filter(({ id }) => failed.includes(id))) again(delivery);
      start();
    });
  };
  return {
    deepest: () => deepest,
    failures: () => failures,
    send(message, delaySeconds = 0) {
      const delivery = { id: `m-${++sent}`, body: JSON.stringify(message) };
      time.after(pickUpMilliseconds + delaySeconds * 1000, () => put(delivery));
    },
  };
}
