/**
 * A secret that can be rotated. It keeps the bounds of the real one: cached for five minutes, read early at
 * most once a minute. Dial: `fail` makes each read fail until `recover`.
 */
import type { Clock } from '../../lib/ports/clock.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Secret } from '../../lib/ports/secrets.ts';

export interface MemorySecret extends Secret {
  /** The current value becomes the previous one. Seen at the next read. */
  rotate(value: string): void;
  fail(): void;
  recover(): void;
  /** How often it was read. */
  reads(): number;
}

export function createMemorySecret(options: { value: string; clock: Clock }): MemorySecret {
  const { clock } = options;
  let stored: readonly string[] = [options.value];
  let cached: readonly string[] | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failing = false;
  let reads = 0;

  const olderThan = (milliseconds: number) => clock.now() - triedAt >= milliseconds;
  function read() {
    reads += 1;
    triedAt = clock.now();
    if (failing) {
      throw new OperationalError('The secret was told to fail.', {
        code: 'InternalServiceError',
        retryable: true,
      });
    }
    cached = stored;
    return stored;
  }
  return {
    async values() {
      if (!cached) return read();
      if (!olderThan(300_000)) return cached;
      try {
        return read();
      } catch {
        return cached;
      }
    },
    async refresh() {
      if (!olderThan(60_000)) return false;
      read();
      return true;
    },
    rotate: (value) => {
      stored = [value, ...stored.slice(0, 1)];
    },
    fail: () => {
      failing = true;
    },
    recover: () => {
      failing = false;
    },
    reads: () => reads,
  };
}
