/**
 * What one key of a table takes in a second. DynamoDB gives a partition 1,000 write and 3,000 read units a second, and a
 * key is in one partition, at best alone. Unused capacity does not add to that: burst capacity serves a table's own
 * throughput, within what its partitions take. Here, too, at most one second's worth is saved up.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
export type UnitKind = 'read' | 'write';

export interface KeyRates {
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
}

export const partitionRates: KeyRates = { writesPerSecond: 1_000, readsPerSecond: 3_000 };

interface Bucket {
  units: number;
  filledAt: number;
}

/** Keys that were not used for long are full again, and need no bucket. */
const mostBuckets = 10_000;

export class KeyLimits {
  readonly #rates: KeyRates;
  readonly #buckets = new Map<string, Bucket>();
  /** How many calls, items or statements were throttled. */
  throttled = 0;

  constructor(rates: KeyRates = partitionRates) {
    this.#rates = rates;
  }

  /** @param now milliseconds of a clock that never goes back */
  isUsedUp(key: string, kind: UnitKind, now: number): boolean {
    if (this.#bucket(key, kind, now).units > 0) return false;
    this.throttled += 1;
    return true;
  }

  /** A call that is let through may use more than is left; the next ones then wait longer. */
  use(key: string, kind: UnitKind, { units, now }: { units: number; now: number }): void {
    this.#bucket(key, kind, now).units -= units;
  }

  #bucket(key: string, kind: UnitKind, now: number): Bucket {
    const rate = kind === 'write' ? this.#rates.writesPerSecond : this.#rates.readsPerSecond;
    const name = `${kind} ${key}`;
    const known = this.#buckets.get(name);
    if (known) {
      known.units = Math.min(rate, known.units + (rate * (now - known.filledAt)) / 1000);
      known.filledAt = now;
      return known;
    }
    if (this.#buckets.size >= mostBuckets) this.#buckets.clear();
    const made = { units: rate, filledAt: now };
    this.#buckets.set(name, made);
    return made;
  }
}
