/**
 * One standard queue, in memory. A message is received by one receiver at a time and comes back when its visibility
 * timeout ends; once it was received as often as the redrive policy allows, it goes to the dead-letter queue instead. A
 * waiting receiver gets a message in the same turn of the event loop in which it arrives.
 */
import { randomUUID } from 'node:crypto';
import { AwsError } from '../service.ts';
import { FairLine } from './fair-line.ts';
import {
  asReceived,
  type Message,
  md5,
  messageIdOf,
  type ReceivedMessage,
  receiptHandle,
} from './message.ts';

export interface Receiving {
  readonly max: number;
  /** Absent: the queue's own. */
  readonly visibilityTimeoutSeconds?: number | undefined;
  readonly waitSeconds: number;
  /** Ends the wait without messages. */
  readonly signal?: AbortSignal | undefined;
}

export interface Sending {
  readonly body: string;
  readonly senderId: string;
  readonly messageGroupId?: string | undefined;
  readonly messageAttributes?: Readonly<Record<string, unknown>> | undefined;
  /** Absent: the queue's own. */
  readonly delaySeconds?: number | undefined;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Attributes that a queue reads when it needs them, since they may change. */
export interface QueueRules {
  readonly visibilityTimeoutSeconds: () => number;
  readonly delaySeconds: () => number;
  readonly retentionSeconds: () => number;
  /** Infinity: no redrive policy. */
  readonly maxReceiveCount: () => number;
  readonly bury: (message: Message) => void;
  /** Of messages that were received and not yet deleted. A short poll beyond it fails; a long poll gets nothing. */
  readonly mostInFlight: number;
}

interface Waiter {
  readonly receiving: Receiving;
  readonly resolve: (messages: ReceivedMessage[]) => void;
}

export class Queue {
  readonly #rules: QueueRules;
  readonly #messages = new Map<string, Message>();
  readonly #line = new FairLine();
  readonly #waiters = new Set<Waiter>();
  #lastSequence = 0;
  #wakePlanned = false;

  constructor(rules: QueueRules) {
    this.#rules = rules;
  }

  send(sending: Sending): Message {
    const delaySeconds = sending.delaySeconds ?? this.#rules.delaySeconds();
    const message = this.#put({
      messageId: randomUUID(),
      body: sending.body,
      md5OfBody: md5(sending.body),
      messageAttributes: sending.messageAttributes ?? {},
      messageGroupId: sending.messageGroupId,
      senderId: sending.senderId,
      sentAt: Date.now(),
      deadLetterSourceArn: undefined,
    });
    if (delaySeconds > 0) this.#after(message, delaySeconds, () => this.#appear(message));
    else this.#appear(message);
    return message;
  }

  /** Takes over a message from another queue: a dead letter, or one that is moved back. */
  adopt(message: Message, deadLetterSourceArn: string | undefined): void {
    this.#appear(this.#put({ ...message, deadLetterSourceArn }));
  }

  async receive(receiving: Receiving): Promise<ReceivedMessage[]> {
    if (receiving.signal?.aborted) return [];
    if (this.#line.inFlight >= this.#rules.mostInFlight && receiving.waitSeconds <= 0)
      throw new AwsError('OverLimit', `${this.#rules.mostInFlight} messages of the queue are in flight.`);
    const taken = this.#take(receiving);
    if (taken.length > 0 || receiving.waitSeconds <= 0) return taken;
    return this.#wait(receiving);
  }

  /** False: the receipt is from an earlier receive, or its message is gone. */
  delete(handle: string): boolean {
    const message = this.#find(handle);
    if (!message) return false;
    this.#remove(message);
    return true;
  }

  /** False: the message is not in flight under this receipt. */
  changeVisibility(handle: string, seconds: number): boolean {
    const message = this.#find(handle);
    if (message?.state !== 'inFlight') return false;
    this.#hide(message, seconds);
    return true;
  }

  counts(): QueueCounts {
    this.#dropExpired();
    const { ready: visible, inFlight } = this.#line;
    return { visible, inFlight, delayed: this.#messages.size - visible - inFlight };
  }

  purge(): void {
    for (const message of this.#messages.values()) this.#remove(message);
  }

  /** Takes out everything that is visible, to move it to another queue. */
  drain(): Message[] {
    const drained = [...this.#messages.values()].filter((message) => message.state === 'ready');
    for (const message of drained) this.#remove(message);
    return drained;
  }

  /** Drops all messages and ends all waits. */
  close(): void {
    this.purge();
    for (const waiter of this.#waiters) waiter.resolve([]);
  }

  #put(fields: Omit<Message, 'sequence' | 'state' | 'receiveCount' | 'firstReceivedAt' | 'timer'>): Message {
    this.#lastSequence += 1;
    const message: Message = {
      ...fields,
      sequence: this.#lastSequence,
      state: 'delayed',
      receiveCount: 0,
      firstReceivedAt: undefined,
      timer: undefined,
    };
    this.#messages.set(message.messageId, message);
    return message;
  }

  #appear(message: Message): void {
    message.state = 'ready';
    this.#line.add(message);
    this.#planWake();
  }

  #reappear(message: Message): void {
    this.#line.land(message);
    if (message.receiveCount < this.#rules.maxReceiveCount()) {
      this.#appear(message);
      return;
    }
    this.#messages.delete(message.messageId);
    this.#rules.bury(message);
  }

  #take({ max, visibilityTimeoutSeconds }: Receiving): ReceivedMessage[] {
    this.#dropExpired();
    const seconds = visibilityTimeoutSeconds ?? this.#rules.visibilityTimeoutSeconds();
    const taken: Message[] = [];
    const most = Math.min(max, this.#rules.mostInFlight - this.#line.inFlight);
    while (taken.length < most) {
      const message = this.#line.takeOff();
      if (!message) break;
      message.state = 'inFlight';
      message.receiveCount += 1;
      message.firstReceivedAt ??= Date.now();
      taken.push(message);
    }
    const received = taken.map(asReceived);
    // Only now: with a timeout of 0 they come back at once, and must not be received twice.
    for (const message of taken) this.#hide(message, seconds);
    return received;
  }

  #hide(message: Message, seconds: number): void {
    clearTimeout(message.timer);
    if (seconds <= 0) this.#reappear(message);
    else this.#after(message, seconds, () => this.#reappear(message));
  }

  #after(message: Message, seconds: number, act: () => void): void {
    message.timer = setTimeout(act, seconds * 1000).unref();
  }

  #wait(receiving: Receiving): Promise<ReceivedMessage[]> {
    return new Promise((settle) => {
      const end = (messages: ReceivedMessage[]) => {
        clearTimeout(timer);
        receiving.signal?.removeEventListener('abort', giveUp);
        this.#waiters.delete(waiter);
        settle(messages);
      };
      const giveUp = () => end([]);
      const timer = setTimeout(giveUp, receiving.waitSeconds * 1000);
      const waiter: Waiter = { receiving, resolve: end };
      receiving.signal?.addEventListener('abort', giveUp);
      this.#waiters.add(waiter);
    });
  }

  /** Once for everything that is sent together, so that a batch is received as a batch. */
  #planWake(): void {
    if (this.#wakePlanned || this.#waiters.size === 0) return;
    this.#wakePlanned = true;
    queueMicrotask(() => {
      this.#wakePlanned = false;
      for (const waiter of this.#waiters) {
        if (this.#line.ready === 0) return;
        const taken = this.#take(waiter.receiving);
        if (taken.length > 0) waiter.resolve(taken);
      }
    });
  }

  #find(handle: string): Message | undefined {
    const message = this.#messages.get(messageIdOf(handle) ?? '');
    return message && receiptHandle(message) === handle ? message : undefined;
  }

  #remove(message: Message): void {
    clearTimeout(message.timer);
    if (message.state === 'ready') this.#line.remove(message);
    if (message.state === 'inFlight') this.#line.land(message);
    this.#messages.delete(message.messageId);
  }

  /** The map is in order of arrival, so the expired messages come first. Messages in flight are left to their receiver. */
  #dropExpired(): void {
    const oldest = Date.now() - this.#rules.retentionSeconds() * 1000;
    for (const message of this.#messages.values()) {
      if (message.sentAt > oldest) return;
      if (message.state !== 'inFlight') this.#remove(message);
    }
  }
}
