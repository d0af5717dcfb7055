/**
 * The messages of one queue that are ready to be received, in AWS's fair order: oldest first, but noisy message groups
 * come after the quiet ones, and of several noisy groups the one with the least in flight goes first. AWS also detects
 * noisy neighbours by their share of processing time over an undocumented period; that help is left out here, so that
 * nothing relies on it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 */
import type { Message } from './message.ts';

/** "more than 10% of the queue's in-flight messages, and at least 30 messages of its own in flight" */
const noisyShare = 0.1;
const leastInFlightOfNoisy = 30;

interface Group {
  /** Ready messages by sequence; the oldest first. */
  readonly ready: Message[];
  inFlight: number;
  /** A noisy group stays noisy until nothing of it is left. */
  isNoisy: boolean;
}

export class FairLine {
  readonly #groups = new Map<string, Group>();
  /** Each message without a group counts as a tenant of its own, and so as a quiet one. */
  readonly #alone: Group = { ready: [], inFlight: 0, isNoisy: false };
  #ready = 0;
  #inFlight = 0;

  get ready(): number {
    return this.#ready;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A message that comes back returns to its old place in its group. */
  add(message: Message): void {
    const { ready } = this.#group(message);
    let place = ready.length;
    while (place > 0 && ready[place - 1]!.sequence > message.sequence) place -= 1;
    ready.splice(place, 0, message);
    this.#ready += 1;
  }

  /** The next message, now in flight until `land`. */
  takeOff(): Message | undefined {
    const group = this.#next();
    const message = group?.ready.shift();
    if (!group || !message) return undefined;
    group.inFlight += 1;
    this.#ready -= 1;
    this.#inFlight += 1;
    if (group !== this.#alone) {
      const isLarge = group.inFlight >= leastInFlightOfNoisy && group.inFlight > this.#inFlight * noisyShare;
      group.isNoisy ||= isLarge;
    }
    return message;
  }

  /** No longer in flight: deleted, visible again or a dead letter. */
  land(message: Message): void {
    const group = this.#group(message);
    group.inFlight -= 1;
    this.#inFlight -= 1;
    this.#forgetIfEmpty(message, group);
  }

  /** Takes a ready message out, wherever it is. */
  remove(message: Message): void {
    const group = this.#group(message);
    const place = group.ready.indexOf(message);
    if (place < 0) return;
    group.ready.splice(place, 1);
    this.#ready -= 1;
    this.#forgetIfEmpty(message, group);
  }

  #next(): Group | undefined {
    let quiet: Group | undefined = this.#alone.ready.length > 0 ? this.#alone : undefined;
    let noisy: Group | undefined;
    for (const group of this.#groups.values()) {
      if (group.ready.length === 0) continue;
      if (!group.isNoisy) quiet = older(quiet, group);
      else if (!noisy || group.inFlight < noisy.inFlight) noisy = group;
    }
    return quiet ?? noisy;
  }

  #group({ messageGroupId }: Message): Group {
    if (messageGroupId === undefined) return this.#alone;
    let group = this.#groups.get(messageGroupId);
    if (!group) {
      group = { ready: [], inFlight: 0, isNoisy: false };
      this.#groups.set(messageGroupId, group);
    }
    return group;
  }

  #forgetIfEmpty({ messageGroupId = '' }: Message, group: Group): void {
    if (group.inFlight === 0 && group.ready.length === 0) this.#groups.delete(messageGroupId);
  }
}

function older(one: Group | undefined, other: Group): Group {
  return one && one.ready[0]!.sequence < other.ready[0]!.sequence ? one : other;
}
