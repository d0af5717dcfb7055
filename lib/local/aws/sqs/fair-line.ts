/**
 * The messages of one queue that are ready to be received, in AWS's fair order: oldest first, but a message
 * group that holds more than its share of what is in flight comes after the quiet ones. So a tenant with a
 * thousand jobs does not delay the one with a single job.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
import type { Message } from './message.ts';

/** AWS does not say from how many in flight on a group can be noisy; below this, order of arrival is kept. */
const leastInFlightOfNoisy = 10;

interface Group {
  /** Ready messages by sequence; the oldest first. */
  readonly ready: Message[];
  inFlight: number;
}

export class FairLine {
  /** Messages without a group count as one group. */
  readonly #groups = new Map<string, Group>();
  #ready = 0;
  #inFlight = 0;

  get ready(): number {
    return this.#ready;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A message that comes back takes its old place in its group. */
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
    return message;
  }

  /** No longer in flight: deleted, visible again or a dead letter. */
  land(message: Message): void {
    const group = this.#group(message);
    group.inFlight -= 1;
    this.#inFlight -= 1;
    this.#forgetIfEmpty(message, group);
  }

  /** Takes a ready message out, wherever it stands. */
  remove(message: Message): void {
    const group = this.#group(message);
    const place = group.ready.indexOf(message);
    if (place < 0) return;
    group.ready.splice(place, 1);
    this.#ready -= 1;
    this.#forgetIfEmpty(message, group);
  }

  #next(): Group | undefined {
    let quiet: Group | undefined;
    let noisy: Group | undefined;
    const share = this.#inFlight / this.#groups.size;
    for (const group of this.#groups.values()) {
      if (group.ready.length === 0) continue;
      if (group.inFlight >= leastInFlightOfNoisy && group.inFlight > share) noisy = older(noisy, group);
      else quiet = older(quiet, group);
    }
    return quiet ?? noisy;
  }

  #group({ messageGroupId = '' }: Message): Group {
    let group = this.#groups.get(messageGroupId);
    if (!group) {
      group = { ready: [], inFlight: 0 };
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
