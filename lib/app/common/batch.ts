/**
 * A batch of queue messages, each of which succeeds or fails independently. An error of a step is logged with its messages
 * and fails only those; nothing is swallowed.
 */
import { MalformedMessage } from '../../contract/messages.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** A message as a queue delivered it. */
export interface Delivery {
  readonly id: string;
  readonly body: string;
}

export class Batch {
  readonly #failed = new Set<string>();
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** Runs a step for some of the messages. Undefined: it threw, and they failed. */
  async attempt<Result>(ids: readonly string[], step: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await step();
    } catch (error) {
      this.fail(ids, error);
      return undefined;
    }
  }

  attemptNow(id: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail([id], error);
    }
  }

  /** The messages that failed, each once. */
  failed(): string[] {
    return [...this.#failed];
  }

  fail(ids: readonly string[], error: unknown): void {
    for (const id of ids) this.#failed.add(id);
    this.giveUp(ids, error);
  }

  /** These messages are not delivered again; the failure is still logged. */
  giveUp(ids: readonly string[], error: unknown): void {
    if (ids.length === 0) return;
    const reason =
      error instanceof OperationalError ? error.code : error instanceof MalformedMessage ? error.name : 'Bug';
    this.#telemetry.event(
      'error',
      'message-failed',
      { messages: ids, reason, error: describe(error) },
      { MessagesFailed: ids.length },
    );
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof OperationalError || error instanceof MalformedMessage
    ? error.message
    : (error.stack ?? error.message);
}
