/**
 * One event source mapping: receives messages from a queue in batches, as its settings say, and deletes those that the
 * function has completed. Failed messages stay in the queue until their visibility timeout ends; nothing is retried here.
 */
import type { InvokeResult } from './function-host.ts';
import { type ReceivedMessage, sqsEvent, succeeded } from './sqs-event.ts';

/** What a mapping needs of the queues. */
export interface QueueSource {
  receive(
    queueArn: string,
    options: { max: number; waitSeconds: number; signal: AbortSignal },
  ): Promise<readonly ReceivedMessage[]>;
  delete(queueArn: string, receiptHandles: readonly string[]): Promise<void>;
}

export interface EventSourceOptions {
  readonly queueArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly concurrency: number;
  readonly reportsItemFailures: boolean;
  readonly queues: QueueSource;
  invoke(event: unknown): Promise<InvokeResult>;
  /** A failed poll or delete. */
  onFault(error: unknown): void;
}

export interface EventSource {
  /** Stops polling, and waits for what is in progress. */
  close(): Promise<void>;
}

/** SQS returns at most ten messages in a call, and lets a caller wait for at most 20 s. */
const largestReceive = 10;
const longestWaitSeconds = 20;

export function startEventSource(options: EventSourceOptions): EventSource {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      if (underWay.size >= options.concurrency) {
        await Promise.race(underWay);
        continue;
      }
      const messages = await gather(options, stop.signal).catch(async (error) => {
        if (!stop.signal.aborted) options.onFault(error);
        await pause(200);
        return [];
      });
      if (messages.length === 0) continue;
      const batch = process(options, messages).catch(options.onFault);
      underWay.add(batch);
      void batch.finally(() => underWay.delete(batch));
    }
  })();
  return {
    async close() {
      stop.abort();
      await loop;
      await Promise.all(underWay);
    },
  };
}

/** Collects a batch: the messages there are now and, with a batching window, those that arrive until it ends. */
async function gather(options: EventSourceOptions, signal: AbortSignal): Promise<ReceivedMessage[]> {
  const { queues, queueArn, batchSize, batchingWindowSeconds } = options;
  const messages: ReceivedMessage[] = [];
  let deadline = Number.POSITIVE_INFINITY;
  while (messages.length < batchSize && !signal.aborted) {
    const left = (deadline - Date.now()) / 1000;
    const received = await queues.receive(queueArn, {
      max: Math.min(largestReceive, batchSize - messages.length),
      waitSeconds: Math.max(0, Math.min(longestWaitSeconds, left)),
      signal,
    });
    if (messages.length === 0) deadline = Date.now() + batchingWindowSeconds * 1000;
    messages.push(...received);
    const mayHoldMore = received.length === largestReceive;
    if (messages.length === 0 || (Date.now() >= deadline && !mayHoldMore)) break;
  }
  return messages;
}

async function process(options: EventSourceOptions, messages: readonly ReceivedMessage[]): Promise<void> {
  const { queues, queueArn, region, reportsItemFailures } = options;
  const result = await options.invoke(sqsEvent(messages, { queueArn, region }));
  const done = succeeded(messages, result, reportsItemFailures);
  if (done.length === 0) return;
  await queues.delete(
    queueArn,
    done.map(({ receiptHandle }) => receiptHandle),
  );
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
