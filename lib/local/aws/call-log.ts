/**
 * The calls: the latest ones one by one, and counts by caller, service and action that are never dropped. Recording a
 * call is cheap; listeners are called synchronously and must not throw.
 */
import type { CallRecord } from './service.ts';

export interface CallCount {
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly calls: number;
  readonly denied: number;
  /** Answered with a status of 400 or more, denied calls included. */
  readonly failed: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Enough for a person to look back over a burst; the counts cover the rest. */
const rememberedCalls = 2000;

export class CallLog {
  #recent: CallRecord[] = [];
  readonly #counts = new Map<string, Mutable<CallCount>>();
  readonly #listeners = new Set<(record: CallRecord) => void>();

  add(record: CallRecord): void {
    this.#recent.push(record);
    // Trimmed in batches: removing one entry for each call would move the whole list each time.
    if (this.#recent.length >= 2 * rememberedCalls) this.#recent = this.#recent.slice(-rememberedCalls);
    this.#count(record);
    for (const listener of this.#listeners) listener(record);
  }

  /** Newest last. */
  recent(limit = rememberedCalls): readonly CallRecord[] {
    return limit <= 0 ? [] : this.#recent.slice(-Math.min(limit, rememberedCalls));
  }

  counts(): readonly CallCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  reset(): void {
    this.#recent = [];
    this.#counts.clear();
  }

  /** Returns a function that stops listening. */
  onCall(listener: (record: CallRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #count({ caller, service, action, outcome, status, readUnits = 0, writeUnits = 0 }: CallRecord): void {
    const key = `${caller} ${service} ${action}`;
    let count = this.#counts.get(key);
    if (!count) {
      count = { caller, service, action, calls: 0, denied: 0, failed: 0, readUnits: 0, writeUnits: 0 };
      this.#counts.set(key, count);
    }
    count.calls += 1;
    count.denied += outcome === 'denied' ? 1 : 0;
    count.failed += status >= 400 ? 1 : 0;
    count.readUnits += readUnits;
    count.writeUnits += writeUnits;
  }
}
