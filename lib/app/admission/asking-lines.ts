/**
 * The messages that one run holds: each tenant has a few places for jobs that are asked about at the same time, and
 * its other messages wait in line. So a tenant whose controllers are slow delays only its own jobs.
 */
import type { Delivery } from '../common/batch.ts';

export interface AskingBounds {
  readonly ofTenant: number;
  readonly inAll: number;
}

export interface AskingLines<Message extends Delivery> {
  /** Handles it when there is a place, and then reports whether that failed. */
  add(message: Message, done: (failed: boolean) => void): void;
  /** How many it has, including those in line. */
  held(): number;
  /** Resolves when everything that was started has ended, and nothing is in line. */
  idle(): Promise<void>;
  /** Starts nothing more. @returns what was in line */
  close(): readonly Message[];
}

interface Waiting<Message> {
  readonly message: Message;
  readonly tenant: string;
  readonly done: (failed: boolean) => void;
}

export function createAskingLines<Message extends Delivery>(
  bounds: AskingBounds,
  handle: (message: Message) => Promise<boolean>,
): AskingLines<Message> {
  let line: Waiting<Message>[] = [];
  const places = new Map<string, number>();
  let taken = 0;
  let whenIdle: (() => void)[] = [];

  function begin(next: Waiting<Message>) {
    const { message, tenant, done } = next;
    taken += 1;
    places.set(tenant, (places.get(tenant) ?? 0) + 1);
    void handle(message).then((failed) => {
      taken -= 1;
      places.set(tenant, (places.get(tenant) ?? 1) - 1);
      done(failed);
      beginMore();
    });
  }
  function beginMore() {
    const left: Waiting<Message>[] = [];
    for (const next of line) {
      const hasPlace = taken < bounds.inAll && (places.get(next.tenant) ?? 0) < bounds.ofTenant;
      if (hasPlace) begin(next);
      else left.push(next);
    }
    line = left;
    if (taken > 0 || line.length > 0) return;
    for (const wake of whenIdle) wake();
    whenIdle = [];
  }
  return {
    add(message, done) {
      line.push({ message, tenant: tenantOf(message), done });
      beginMore();
    },
    held: () => taken + line.length,
    async idle() {
      if (taken + line.length === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      whenIdle.push(resolve);
      await promise;
    },
    close() {
      const left = line.map(({ message }) => message);
      line = [];
      return left;
    },
  };
}

/** The parser reports a body that is not valid. */
const tenantOf = ({ body }: Delivery) => /"installationId":\d+/.exec(body)?.[0] ?? '';
